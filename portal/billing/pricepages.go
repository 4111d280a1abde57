package billing

import (
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
	tiers, err := s.server.Tiers(r.Context())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tiers, func(t adminapi.Tier) bool { return t.Name == tier }) {
		return pierre.NotFound("This tier")
	}
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
