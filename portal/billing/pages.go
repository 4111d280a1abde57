package billing

import (
	"cmp"
	"context"
	"net/http"
	"slices"

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

// monthData is what the page billing/month shows.
type monthData struct {
	Month     db.Month
	Closed    *db.BillingMonth // nil: it is open
	Calls     int64
	Customers []customerLines
	Sums      []db.Money
	Invoices  []db.Invoice
	Events    []db.MeterEvent
	Ready     bool // it can be closed now
	Next      bool // it is the next one to be closed
	MayClose  bool
}

// Refused counts the events that Stripe does not take.
func (d monthData) Refused() (n int) {
	for _, e := range d.Events {
		if e.State == db.EventRefused {
			n++
		}
	}
	return n
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

func (s *Service) monthPage(w http.ResponseWriter, r *http.Request) error {
	d, lines, err := s.monthOf(r)
	if err != nil {
		return err
	}
	d.Customers, d.Sums = byCustomer(lines), sumsOf(lines)
	p, _ := route.PersonFrom(r.Context())
	d.MayClose = p.May(route.Admin)
	return s.pages.Page(w, r, http.StatusOK, "billing/month", d)
}

// monthOf returns the month of the request and its lines: those that it was closed with, or as it would be closed now.
func (s *Service) monthOf(r *http.Request) (d monthData, lines []db.BillingLine, err error) {
	if d.Month, err = db.ParseMonth(r.PathValue("month")); err != nil || d.Month > db.MonthOf(s.now()) {
		return d, nil, pierre.NotFound("This month")
	}
	if d.Closed, err = s.closed(r, d.Month); err != nil {
		return d, nil, err
	}
	if d.Closed == nil {
		next, err := s.openMonth(r.Context())
		if err != nil {
			return d, nil, err
		}
		open, err := s.draft(r.Context(), d.Month)
		d.Calls, d.Next = open.Calls, d.Month == next
		d.Ready = d.Next && s.ended(d.Month)
		return d, open.Lines, err
	}
	d.Calls = d.Closed.Calls
	if d.Invoices, err = s.db.Invoices(r.Context(), d.Month); err != nil {
		return d, nil, err
	}
	if d.Events, err = s.db.MeterEvents(r.Context(), d.Month); err != nil {
		return d, nil, err
	}
	lines, err = s.db.BillingLines(r.Context(), d.Month)
	return d, lines, err
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
