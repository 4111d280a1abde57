package billing

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// monthData is what the page billing/month shows: the lines and invoices of one page of each.
type monthData struct {
	Month     db.Month
	Closed    *db.BillingMonth // nil: it is open
	Read      time.Time        // when an open month was read
	Calls     int64
	Customers []customerLines
	Lines     ui.Pages
	Sums      []db.Money
	Invoices  []db.Invoice
	Numbers   ui.Pages // of invoices
	Events    []db.MeterEvent
	Told      db.EventCount // Stripe of events
	Ready     bool          // it can be closed now
	Next      bool          // it is the next one to be closed
	MayClose  bool
}

// More returns how many events are not shown.
func (d monthData) More() int64 {
	return d.Told.Delivered + d.Told.Waiting + d.Told.Refused - int64(len(d.Events))
}

// A customerLines has the lines of one customer.
type customerLines struct {
	UserID pierre.UserID
	Email  string
	Lines  []db.BillingLine
	Sums   []db.Money
}

// byCustomer groups lines, and adds up what they cost in each currency.
func byCustomer(lines []db.BillingLine) []customerLines {
	var list []customerLines
	place := map[pierre.UserID]int{}
	for _, l := range lines {
		at, known := place[l.UserID]
		if !known {
			at = len(list)
			place[l.UserID] = at
			list = append(list, customerLines{UserID: l.UserID, Email: l.Email})
		}
		list[at].Lines = append(list[at].Lines, l)
	}
	for n := range list {
		list[n].Sums = sumsOf(list[n].Lines)
	}
	return list
}

// sumsOf adds amounts up, by currencies. Lines that cost nothing may have none.
func sumsOf(lines []db.BillingLine) []db.Money {
	sums := map[db.Currency]int64{}
	for _, l := range lines {
		if l.Currency != "" {
			sums[l.Currency] += l.Amount
		}
	}
	list := make([]db.Money, 0, len(sums))
	for c, n := range sums {
		list = append(list, db.Money{Minor: n, Currency: c})
	}
	slices.SortFunc(list, func(a, b db.Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return list
}

// closed returns a closed month, nil if it is open.
func (s *Service) closed(r *http.Request, month db.Month) (*db.BillingMonth, error) {
	months, err := s.db.BillingMonths(r.Context())
	for n := range months {
		if months[n].Month == month {
			return &months[n], err
		}
	}
	return nil, err
}

const (
	linesOnPage    = 100
	invoicesOnPage = 50
	eventsOnPage   = 50
)

// from returns the number that a list of the page begins with.
func from(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// pageOf returns as many of the lines as a page has, without the beginning of a customer's who does not fit.
func pageOf(lines []db.BillingLine) []db.BillingLine {
	if len(lines) <= linesOnPage {
		return lines
	}
	for n := linesOnPage; n > 0; n-- {
		if lines[n].UserID != lines[n-1].UserID {
			return lines[:n]
		}
	}
	return lines[:linesOnPage]
}
