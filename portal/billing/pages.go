package billing

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// overviewData is what the page billing/overview shows.
type overviewData struct {
	Closed  []db.BillingMonth
	Open    []db.Month // not closed yet, the last one first
	Ready   db.Month   // can be closed now; "": none
	Stripe  bool
	Priced  int
	MayEdit bool
}

func (s *Service) overviewPage(w http.ResponseWriter, r *http.Request) error {
	var d overviewData
	var err error
	if d.Closed, err = s.db.BillingMonths(r.Context()); err != nil {
		return err
	}
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
	Settings  db.Settings
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

// Number returns an invoice's number as it is printed.
func (d monthData) Number(i db.Invoice) string { return printed(d.Settings, i) }

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
	if d.Settings, err = s.db.Settings(r.Context()); err != nil {
		return err
	}
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
	ui.Leave(w, r, ui.Note{Text: month.String() + " is closed, with " + ui.Number(m.Lines) + " lines. The sums are those of the server."})
	return goTo(w, r, billingPath+"/months/"+string(month))
}

func (s *Service) retry(w http.ResponseWriter, r *http.Request) error {
	month, err := db.ParseMonth(r.PathValue("month"))
	if err != nil {
		return pierre.NotFound("This month")
	}
	n, err := s.db.RetryEvents(r.Context(), s.act(r), month)
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: ui.Number(n) + " events are sent again."})
	return goTo(w, r, billingPath+"/months/"+string(month))
}

// pricesData is what the page billing/prices shows.
type pricesData struct {
	Rows    []priceRow
	MayEdit bool
}

// A priceRow is a tier and what it costs.
type priceRow struct {
	Tier   adminapi.Tier
	Price  db.Price
	Priced bool // it has a price
	Form   ui.Form
}

// Base returns the price of a key, for pages.
func (r priceRow) Base() db.Money { return db.Money{Minor: r.Price.Base, Currency: r.Price.Currency} }

// Overage returns the price of calls above the included ones, for pages.
func (r priceRow) Overage() db.Money {
	return db.Money{Minor: r.Price.Overage, Currency: r.Price.Currency}
}

func (s *Service) pricesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPrices(w, r, http.StatusOK, "", ui.Form{})
}

// showPrices shows all tiers, and what was typed for one of them, "" for none.
func (s *Service) showPrices(w http.ResponseWriter, r *http.Request, status int, typed pierre.Tier, f ui.Form) error {
	tiers, err := s.server.Tiers(r.Context())
	if err != nil {
		return err
	}
	prices, err := s.db.Prices(r.Context())
	if err != nil {
		return err
	}
	p, _ := route.PersonFrom(r.Context())
	d := pricesData{MayEdit: p.May(route.Admin)}
	for _, t := range tiers {
		row := priceRow{Tier: t, Price: db.Price{Tier: t.Name, Currency: "EUR", OverageCalls: 1000}}
		for _, p := range prices {
			if p.Tier == t.Name {
				row.Price, row.Priced = p, true
			}
		}
		row.Form = ui.Form{Values: url.Values{
			"currency": {string(row.Price.Currency)}, "base": {row.Base().Decimal()}, "included": {strconv.FormatInt(row.Price.Included, 10)},
			"overage": {row.Overage().Decimal()}, "overage_calls": {strconv.FormatInt(row.Price.OverageCalls, 10)},
		}}
		if t.Name == typed {
			row.Form = f
		}
		d.Rows = append(d.Rows, row)
	}
	return s.pages.Page(w, r, status, "billing/prices", d)
}

func (s *Service) setPrice(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r); err != nil {
		return err
	}
	tier := pierre.Tier(r.PathValue("tier"))
	p, wrong := priceOf(tier, r.PostForm)
	if len(wrong) == 0 {
		if err := s.db.SetPrice(r.Context(), s.act(r), p); err != nil {
			return err
		}
		ui.Leave(w, r, ui.Note{Text: "The price of " + string(tier) + " was saved. It counts from the next closing on."})
		return goTo(w, r, billingPath+"/prices")
	}
	return s.showPrices(w, r, http.StatusUnprocessableEntity, tier, ui.Form{Values: r.PostForm, Errors: wrong})
}

// priceOf reads the form of a price.
func priceOf(tier pierre.Tier, f url.Values) (db.Price, map[string]string) {
	wrong := map[string]string{}
	note := func(field string, err error) {
		if err != nil {
			wrong[field] = pierre.MessageOf(err, "This cannot be read.")
		}
	}
	p := db.Price{Tier: tier, Currency: db.Currency(strings.ToUpper(strings.TrimSpace(f.Get("currency")))), Public: f.Has("public")}
	note("currency", p.Currency.Validate())
	for field, into := range map[string]*int64{"base": &p.Base, "overage": &p.Overage} {
		m, err := db.ParseMoney(field, f.Get(field), p.Currency)
		*into = m.Minor
		note(field, err)
	}
	for field, into := range map[string]*int64{"included": &p.Included, "overage_calls": &p.OverageCalls} {
		n, err := strconv.ParseInt(strings.TrimSpace(f.Get(field)), 10, 64)
		if err != nil || n < 0 || n > db.MaxCalls || field == "overage_calls" && n < 1 {
			wrong[field] = "Write a whole number, without commas."
		}
		*into = n
	}
	return p, wrong
}

// Fields returns the fields of the row's form. Their ids have the tier in them, since a page has many rows.
func (r priceRow) Fields() []ui.Field {
	c := string(r.Price.Currency)
	return []ui.Field{
		r.field("currency", "Currency", "A code such as EUR."),
		r.field("base", "A key a month", "In "+c+"."),
		r.field("included", "Calls in it", ""),
		r.field("overage", "Calls above them", "In "+c+"; 0 for none."),
		r.field("overage_calls", "For how many of those", ""),
	}
}

func (r priceRow) field(name, label, hint string) ui.Field {
	return r.Form.Field(name, label).Must().Help(hint)
}
