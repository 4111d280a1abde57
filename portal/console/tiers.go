package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A tierRow is a tier with what it costs.
type tierRow struct {
	adminapi.Tier

	Priced  bool
	Public  bool
	Base    string
	Overage string
	Per     int64 // calls, of Overage
	In      int64 // calls included
}

type tiersPage struct {
	Rows      []tierRow
	MayChange bool
}

func (s *Service) prices(ctx context.Context) (map[pierre.Tier]db.Price, error) {
	by := map[pierre.Tier]db.Price{}
	if s.opts.Prices == nil {
		return by, nil
	}
	all, err := s.opts.Prices.Prices(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		by[p.Tier] = p
	}
	return by, nil
}

func (s *Service) tiers(w http.ResponseWriter, r *http.Request) error {
	list, err := s.as(r).Tiers(r.Context())
	if err != nil {
		return of(err)
	}
	prices, err := s.prices(r.Context())
	if err != nil {
		return err
	}
	page := tiersPage{MayChange: may(r, route.Admin)}
	for _, t := range list {
		row := tierRow{Tier: t}
		if p, ok := prices[t.Name]; ok {
			row.Priced, row.Public, row.In, row.Per = true, p.Public, p.Included, p.OverageCalls
			row.Base = db.Money{Minor: p.Base, Currency: p.Currency}.String()
			if p.Overage > 0 {
				row.Overage = db.Money{Minor: p.Overage, Currency: p.Currency}.String()
			}
		}
		page.Rows = append(page.Rows, row)
	}
	return s.pages.Page(w, r, http.StatusOK, "console/tiers", page)
}

type tierPage struct {
	Tier    adminapi.Tier
	Form    ui.Form
	Periods []ui.Choice
	Prices  bool
}

func periodChoices(none string) (choices []ui.Choice) {
	if none != "" {
		choices = append(choices, ui.Choice{Text: none})
	}
	for _, p := range pierre.Periods() {
		choices = append(choices, ui.Choice{Value: string(p), Text: "a " + string(p)})
	}
	return choices
}

func (s *Service) tier(w http.ResponseWriter, r *http.Request) error {
	t, err := s.as(r).Tier(r.Context(), pierre.Tier(r.PathValue("name")))
	if err != nil {
		return of(err)
	}
	prices, err := s.prices(r.Context())
	if err != nil {
		return err
	}
	v := url.Values{"currency": {"EUR"}, "overage_calls": {"1000"}}
	if t.RateLimit != nil {
		v.Set("rate_limit_requests", strconv.FormatInt(t.RateLimit.Requests, 10))
		v.Set("rate_limit_period", string(t.RateLimit.Period))
	}
	if t.LifetimeDays != nil {
		v.Set("lifetime_days", strconv.FormatInt(*t.LifetimeDays, 10))
	}
	if p, ok := prices[t.Name]; ok {
		v.Set("currency", string(p.Currency))
		v.Set("base", db.Money{Minor: p.Base, Currency: p.Currency}.Decimal())
		v.Set("included", strconv.FormatInt(p.Included, 10))
		v.Set("overage", db.Money{Minor: p.Overage, Currency: p.Currency}.Decimal())
		v.Set("overage_calls", strconv.FormatInt(p.OverageCalls, 10))
		if p.Public {
			v.Set("public", "yes")
		}
	}
	return s.showTier(w, r, http.StatusOK, t, ui.Form{Values: v})
}

func (s *Service) showTier(w http.ResponseWriter, r *http.Request, status int, t adminapi.Tier, f ui.Form) error {
	return s.pages.Page(w, r, status, "console/tier", tierPage{t, f, periodChoices(""), s.opts.Prices != nil})
}

// putTier changes the tier at the server, and then what it costs.
func (s *Service) putTier(w http.ResponseWriter, r *http.Request) error {
	v, err := form(w, r)
	if err != nil {
		return err
	}
	name := pierre.Tier(r.PathValue("name"))
	t, err := s.as(r).Tier(r.Context(), name)
	if err != nil {
		return of(err)
	}
	req, err := tierRequest(t, v)
	var price *db.Price
	if err == nil && pricedIn(v) {
		price, err = priceOf(name, v)
	}
	if err == nil {
		_, err = s.as(r).PutTier(r.Context(), name, req)
		err = of(err)
	}
	if err == nil {
		err = s.setPrice(r, name, price)
	}
	if problems := wrong(err); problems != nil {
		return s.showTier(w, r, http.StatusUnprocessableEntity, t, ui.Form{Values: v, Errors: problems})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/admin/tiers", "The tier "+string(name)+" was changed. Keys that follow it do so from their next call on.")
}

// setPrice keeps what keys of a tier cost; nil takes the price away.
func (s *Service) setPrice(r *http.Request, name pierre.Tier, price *db.Price) error {
	switch {
	case s.opts.Prices == nil:
		return nil
	case price == nil:
		return s.opts.Prices.DeletePrice(r.Context(), s.act(r), name)
	}
	return s.opts.Prices.SetPrice(r.Context(), s.act(r), *price)
}

// tierRequest says all of the tier, with the limit and lifetime of the form: what a request leaves out, the tier has not.
func tierRequest(t adminapi.Tier, v url.Values) (adminapi.TierRequest, error) {
	req := adminapi.TierRequest{Mode: t.Mode}
	req.Burst, req.ToolProfile = given(t.Burst), given(t.ToolProfile)
	req.CustomerLimit = adminapi.Nullable[pierre.Limit]{Given: true}
	if l := t.CustomerLimit; l != nil {
		req.CustomerLimit.Value = &pierre.Limit{Requests: l.Requests, Period: l.Period}
	}
	req.LimitScope = given(&t.LimitScope)
	if t.ToolLimits != nil {
		req.ToolLimits = given(&t.ToolLimits)
	}
	if t.AllowedTools != nil {
		req.AllowedTools = given(&t.AllowedTools)
	}
	if t.AllowedNetworks != nil {
		networks := make([]string, len(t.AllowedNetworks))
		for i, n := range t.AllowedNetworks {
			networks[i] = n.String()
		}
		req.AllowedNetworks = given(&networks)
	}
	requests, limited, err := wholeNumber(v, "rate_limit_requests")
	if err != nil {
		return req, err
	}
	if req.RateLimitRequests.Given = true; limited {
		req.RateLimitRequests.Value, req.RateLimitPeriod = &requests, new(pierre.Period(v.Get("rate_limit_period")))
	}
	days, ends, err := wholeNumber(v, "lifetime_days")
	if req.LifetimeDays.Given = true; ends {
		req.LifetimeDays.Value = &days
	}
	return req, err
}

func given[T any](v *T) adminapi.Nullable[T] { return adminapi.Nullable[T]{Given: true, Value: v} }

// wholeNumber returns the number in a field; given is false if it is empty.
func wholeNumber(v url.Values, field string) (n int64, given bool, err error) {
	text := strings.NewReplacer(",", "", " ", "").Replace(v.Get(field))
	if text == "" {
		return 0, false, nil
	}
	if n, err = strconv.ParseInt(text, 10, 64); err != nil || n < 0 {
		return 0, false, pierre.Invalid(field, "Write a whole number, or nothing.")
	}
	return n, true, nil
}

// pricedIn reports whether a form says anything of a price: one that does not leaves the tier without.
func pricedIn(v url.Values) bool {
	return v.Has("public") || v.Get("base") != "" || v.Get("included") != "" || v.Get("overage") != ""
}

func priceOf(tier pierre.Tier, v url.Values) (*db.Price, error) {
	p := &db.Price{Tier: tier, Currency: db.Currency(strings.ToUpper(v.Get("currency"))), Public: v.Has("public"), OverageCalls: 1}
	if err := p.Currency.Validate(); err != nil {
		return p, err
	}
	for field, into := range map[string]*int64{"base": &p.Base, "overage": &p.Overage} {
		if text := v.Get(field); text != "" {
			m, err := db.ParseMoney(field, text, p.Currency)
			if err != nil {
				return p, err
			}
			*into = m.Minor
		}
	}
	for field, into := range map[string]*int64{"included": &p.Included, "overage_calls": &p.OverageCalls} {
		n, written, err := wholeNumber(v, field)
		if err != nil {
			return p, err
		}
		if written {
			*into = n
		}
	}
	return p, p.Validate()
}
