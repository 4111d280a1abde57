package billing

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// overviewData is what the page billing/overview shows.
type overviewData struct {
	Closed  []closedRow
	Events  bool       // Stripe is told of one of the months
	Open    []db.Month // not closed yet, the last one first
	Ready   db.Month   // can be closed now; "": none
	Stripe  bool
	Priced  int
	MayEdit bool
}

// A closedRow is a closed month in the list.
type closedRow struct {
	db.BillingMonth

	Stripe ui.Badge // without a text: Stripe is told nothing of it
}

// stripeBadge says how far Stripe has been told of a month: what needs somebody comes first.
func stripeBadge(n db.EventCount) ui.Badge {
	switch {
	case n.Refused > 0:
		return ui.Badge{Text: human.Count(n.Refused) + " refused", Tone: "bad"}
	case n.Waiting > 0:
		return ui.Badge{Text: human.Count(n.Waiting) + " waiting", Tone: "info"}
	case n.Delivered > 0:
		return ui.Badge{Text: "Delivered", Tone: "good"}
	}
	return ui.Badge{}
}

// closedRows returns the closed months, the last one first.
func (s *Service) closedRows(ctx context.Context) (list []closedRow, err error) {
	months, err := s.db.BillingMonths(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.db.CountEvents(ctx)
	badges := map[db.Month]ui.Badge{}
	for _, n := range counts {
		badges[n.Month] = stripeBadge(n)
	}
	for _, m := range months {
		list = append(list, closedRow{m, badges[m.Month]})
	}
	return list, err
}

func (s *Service) overviewPage(w http.ResponseWriter, r *http.Request) error {
	var d overviewData
	var err error
	if d.Closed, err = s.closedRows(r.Context()); err != nil {
		return err
	}
	d.Events = slices.ContainsFunc(d.Closed, func(row closedRow) bool { return row.Stripe.Text != "" })
	prices, err := s.db.Prices(r.Context())
	if err != nil {
		return err
	}
	next, err := s.openMonth(r.Context())
	if err != nil {
		return err
	}
	for month := next; month <= db.MonthOf(s.now()); month = month.Next() {
		d.Open = append(d.Open, month)
	}
	slices.Reverse(d.Open)
	if s.ended(next) {
		d.Ready = next
	}
	p, _ := route.PersonFrom(r.Context())
	d.Stripe, d.Priced, d.MayEdit = s.opts.Stripe != nil, len(prices), p.May(route.Admin)
	return s.pages.Page(w, r, http.StatusOK, "billing/overview", d)
}

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

func (s *Service) monthPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.monthOf(r)
	if err != nil {
		return err
	}
	begin := from(r, "lines")
	var lines []db.BillingLine
	if d.Closed == nil {
		open, err := s.recent(r.Context(), d.Month)
		if err != nil {
			return err
		}
		d.Read, d.Calls, d.Sums = open.at, open.Calls, sumsOf(open.Lines)
		lines = open.Lines[min(begin-1, int64(len(open.Lines))):]
	} else if lines, err = s.fillClosed(r, &d, begin); err != nil {
		return err
	}
	shown, next := pageOf(lines), ""
	if len(shown) < len(lines) {
		next = strconv.FormatInt(begin+int64(len(shown)), 10)
	}
	d.Customers, d.Lines = byCustomer(shown), ui.PagesIn(r, "lines", next, "")
	p, _ := route.PersonFrom(r.Context())
	d.MayClose = p.May(route.Admin)
	return s.pages.Page(w, r, http.StatusOK, "billing/month", d)
}

// fillClosed adds what the page of a closed month has, and returns its lines from a number on.
func (s *Service) fillClosed(r *http.Request, d *monthData, begin int64) (lines []db.BillingLine, err error) {
	ctx := r.Context()
	d.Calls = d.Closed.Calls
	if d.Sums, err = s.db.BillingSums(ctx, d.Month); err != nil {
		return nil, err
	}
	if d.Invoices, err = s.db.InvoicesFrom(ctx, d.Month, from(r, "invoices"), invoicesOnPage+1); err != nil {
		return nil, err
	}
	next := ""
	if len(d.Invoices) > invoicesOnPage {
		next = strconv.FormatInt(d.Invoices[invoicesOnPage].Number, 10)
		d.Invoices = d.Invoices[:invoicesOnPage]
	}
	d.Numbers = ui.PagesIn(r, "invoices", next, "")
	if d.Events, err = s.db.MeterEvents(ctx, d.Month, eventsOnPage); err != nil {
		return nil, err
	}
	counts, err := s.db.CountEvents(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range counts {
		if n.Month == d.Month {
			d.Told = n
		}
	}
	return s.db.BillingLinesFrom(ctx, d.Month, begin, linesOnPage+1)
}

// monthOf returns the month that the path names.
func (s *Service) monthOf(r *http.Request) (d monthData, err error) {
	if d.Month, err = db.ParseMonth(r.PathValue("month")); err != nil || d.Month > db.MonthOf(s.now()) {
		return d, pierre.NotFound("This month")
	}
	if d.Closed, err = s.closed(r, d.Month); err != nil || d.Closed != nil {
		return d, err
	}
	next, err := s.openMonth(r.Context())
	d.Next = d.Month == next
	d.Ready = d.Next && s.ended(d.Month)
	return d, err
}

// allLines returns the lines of a month: those that it was closed with, or as it would be closed now.
func (s *Service) allLines(ctx context.Context, d *monthData) ([]db.BillingLine, error) {
	if d.Closed == nil {
		open, err := s.recent(ctx, d.Month)
		d.Calls = open.Calls
		return open.Lines, err
	}
	d.Calls = d.Closed.Calls
	return s.db.BillingLines(ctx, d.Month)
}

// closeMonth closes a month, which its typed name confirms.
func (s *Service) closeMonth(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r); err != nil {
		return err
	}
	month, err := db.ParseMonth(r.PathValue("month"))
	if err != nil {
		return pierre.NotFound("This month")
	}
	if r.PostForm.Get("confirm") != string(month) {
		return pierre.Invalid("confirm", "Type %s to confirm.", string(month))
	}
	p, _ := route.PersonFrom(r.Context())
	m, err := s.Close(r.Context(), p, month)
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: month.String() + " is closed, with " + human.Count(m.Lines) + " lines. The sums are those of the server."})
	return goTo(w, r, billingPath+"/months/"+string(month))
}

func (s *Service) retry(w http.ResponseWriter, r *http.Request) error {
	month, err := db.ParseMonth(r.PathValue("month"))
	if err != nil {
		return pierre.NotFound("This month")
	}
	sent, left, err := s.db.RetryEvents(r.Context(), s.act(r), month)
	if err != nil {
		return err
	}
	note := ui.Note{Text: "Sent again: " + human.Plural(sent, "event") + "."}
	if left > 0 {
		note = ui.Note{Text: note.Text + " Still refused: " + human.Plural(left, "event") + ", see why below.", Bad: true}
	}
	ui.Leave(w, r, note)
	return goTo(w, r, billingPath+"/months/"+string(month))
}
