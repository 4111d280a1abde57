package billing

import (
	"context"
	"net/http"
	"slices"
	"strconv"

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
