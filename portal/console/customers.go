package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

type customerRow struct {
	adminapi.User

	Company string
}

type customersPage struct {
	Rows   []customerRow
	Search string
	Pages  ui.Pages
}

func (s *Service) customers(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := customersPage{Search: strings.TrimSpace(q.Get("q"))}
	list, err := s.as(r).Users(r.Context(), adminapi.UserFilter{EmailPart: page.Search, Limit: pageSize, Cursor: q.Get("cursor")})
	if err != nil {
		return of(err)
	}
	ids := make([]pierre.UserID, len(list.Users))
	for i, u := range list.Users {
		ids[i] = u.UserID
	}
	companies, err := s.db.Companies(r.Context(), ids)
	if err != nil {
		return err
	}
	for _, u := range list.Users {
		page.Rows = append(page.Rows, customerRow{u, companies[u.UserID]})
	}
	next := ""
	if list.NextCursor != nil {
		next = *list.NextCursor
	}
	page.Pages = ui.PagesOf(r, next, human.Plural(len(page.Rows), "customer")+" on this page")
	return s.pages.Page(w, r, http.StatusOK, "console/customers", page)
}

const maxKeysShown = 200

type customerPage struct {
	User      adminapi.User
	Known     db.Customer
	Rows      []keyRow
	More      bool // there are keys that are not shown
	Requests  []db.Request
	Tiers     []ui.Choice
	Form      ui.Form
	MayChange bool
}

// Title is the customer's company, or else the address.
func (p customerPage) Title() string { return cmp.Or(p.Known.Company, p.User.UserEmail) }

// tier is that of the newest key in use, which the form begins with: nobody should move a customer by accident.
func (p customerPage) tier() string {
	for _, row := range p.Rows {
		if row.Status == pierre.KeyActive {
			return string(row.Tier)
		}
	}
	return ""
}

func (s *Service) customer(w http.ResponseWriter, r *http.Request) error {
	return s.showCustomer(w, r, http.StatusOK, ui.Form{})
}

func (s *Service) showCustomer(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	id := pierre.UserID(r.PathValue("id"))
	page := customerPage{Form: f, MayChange: may(r, route.Admin)}
	var keys adminapi.KeyList
	var tiers []adminapi.Tier
	server := s.as(r)
	err := together(r.Context(),
		func(ctx context.Context) (err error) { page.User, err = server.User(ctx, id); return err },
		func(ctx context.Context) (err error) {
			keys, err = server.Keys(ctx, adminapi.KeyFilter{User: id, Limit: maxKeysShown})
			return err
		},
		func(ctx context.Context) (err error) { tiers, err = server.Tiers(ctx); return err },
	)
	if err != nil {
		return of(err)
	}
	if page.Known, err = s.db.Customer(r.Context(), id); err != nil {
		return err
	}
	asked, err := s.db.Requests(r.Context(), db.RequestFilter{Text: page.User.UserEmail, Newest: true, Limit: 10})
	if err != nil {
		return err
	}
	for _, q := range asked.Requests {
		if q.Email == page.User.UserEmail {
			page.Requests = append(page.Requests, q)
		}
	}
	if page.Known.Company == "" && len(page.Requests) > 0 {
		page.Known.Company = page.Requests[0].Company
	}
	page.Rows, page.More, page.Tiers = rowsOf(keys.APIKeys, s.opts.Now()), keys.NextCursor != nil, tierChoices(tiers, "")
	if f.Values == nil {
		page.Form.Values = url.Values{"company": {page.Known.Company}, "contacts": {page.Known.Contacts}, "notes": {page.User.Notes}}
	}
	page.Form.Values.Set("tier", page.tier())
	return s.pages.Page(w, r, status, "console/customer", page)
}

func customerPath(r *http.Request) string {
	return "/admin/customers/" + url.PathEscape(r.PathValue("id"))
}

// changeCustomer keeps company and contacts here, and notes at the server.
func (s *Service) changeCustomer(w http.ResponseWriter, r *http.Request) error {
	v, err := form(w, r)
	if err != nil {
		return err
	}
	c := db.Customer{User: pierre.UserID(r.PathValue("id")), Company: v.Get("company"), Contacts: v.Get("contacts")}
	if err = c.Validate(); err == nil { // before the server keeps its part
		_, err = s.as(r).UpdateUser(r.Context(), c.User, adminapi.UserUpdate{Notes: new(v.Get("notes"))})
		err = of(err)
	}
	if err == nil {
		err = s.db.SetCustomer(r.Context(), s.act(r), c)
	}
	if problems := wrong(err); problems != nil {
		return s.showCustomer(w, r, http.StatusUnprocessableEntity, ui.Form{Values: v, Errors: problems})
	}
	if err != nil {
		return err
	}
	return done(w, r, customerPath(r), "The customer was changed.")
}

// A move is what a change of the customer's tier does to a key.
type move struct {
	keyRow

	Limit   *adminapi.RateLimit // after it
	Expires *time.Time          // after it
	Same    bool                // nothing changes
	Own     bool                // it keeps a limit of its own
}

type tierPreview struct {
	User  adminapi.User
	Tier  adminapi.Tier
	Moves []move
	Back  string
}

// tierPreview shows what happens to each active key before the customer's tier is changed.
func (s *Service) tierPreview(w http.ResponseWriter, r *http.Request) error {
	id, name := pierre.UserID(r.PathValue("id")), pierre.Tier(r.URL.Query().Get("tier"))
	var keys adminapi.KeyList
	var tiers []adminapi.Tier
	page := tierPreview{Back: customerPath(r)}
	server := s.as(r)
	err := together(r.Context(),
		func(ctx context.Context) (err error) { page.User, err = server.User(ctx, id); return err },
		func(ctx context.Context) (err error) {
			keys, err = server.Keys(ctx, adminapi.KeyFilter{User: id, Status: pierre.KeyActive, Limit: maxKeysShown})
			return err
		},
		func(ctx context.Context) (err error) { tiers, err = server.Tiers(ctx); return err },
	)
	if err != nil {
		return of(err)
	}
	by := map[pierre.Tier]adminapi.Tier{}
	for _, t := range tiers {
		by[t.Name] = t
	}
	var ok bool
	if page.Tier, ok = by[name]; !ok {
		return pierre.Invalid("tier", "There is no tier of this name any more. Choose another one.")
	}
	for _, k := range keys.APIKeys {
		if k.ReplacedBy == nil {
			page.Moves = append(page.Moves, moveOf(k, by[k.Tier], page.Tier, s.opts.Now()))
		}
	}
	return s.pages.Page(w, r, http.StatusOK, "console/customer-tier", page)
}

// moveOf says what becomes of a key, by the rules that the server moves keys by.
func moveOf(k adminapi.Key, from, to adminapi.Tier, now time.Time) move {
	m := move{keyRow: rowOf(k, now), Limit: to.RateLimit, Own: slices.Contains(k.OwnRules, "rate_limit")}
	if m.Own {
		m.Limit = k.RateLimit
	}
	plan := func(t adminapi.Tier) pierre.Plan {
		p := pierre.Plan{Tier: t.Name}
		if t.LifetimeDays != nil {
			p.LifetimeDays = *t.LifetimeDays
		}
		return p
	}
	moved := pierre.APIKey{Tier: k.Tier, Plan: plan(from)}
	if k.ExpiresAt != nil {
		moved.Expires = *k.ExpiresAt
	}
	moved.Move(plan(to), now)
	if !moved.Expires.IsZero() {
		m.Expires = &moved.Expires
	}
	sameLimit := m.Limit == nil && k.RateLimit == nil || m.Limit != nil && k.RateLimit != nil && *m.Limit == *k.RateLimit
	sameEnd := m.Expires == nil && k.ExpiresAt == nil || m.Expires != nil && k.ExpiresAt != nil && m.Expires.Equal(*k.ExpiresAt)
	m.Same = k.Tier == to.Name || sameLimit && sameEnd
	return m
}

func (s *Service) changeTier(w http.ResponseWriter, r *http.Request) error {
	v, err := form(w, r)
	if err != nil {
		return err
	}
	tier := pierre.Tier(v.Get("tier"))
	if _, err := s.as(r).UpdateUser(r.Context(), pierre.UserID(r.PathValue("id")), adminapi.UserUpdate{Tier: &tier}); err != nil {
		return of(err)
	}
	return done(w, r, customerPath(r), "All active keys are of the tier "+string(tier)+" now.")
}
