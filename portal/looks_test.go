//go:build !race

package portal

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// TestLooks shows every page in a real browser, in all its important states: see [browser.Look].
func TestLooks(t *testing.T) {
	t.Parallel()
	browser.Path(t)
	s := fillSample(t)
	pages := append(s.publicPages(), slices.Concat(s.customerPages(), s.staffPages(), s.rotated())...)
	none := newSample(t, sampleNow(), Options{})
	link, _, err := none.p.team.OwnerLink(t.Context(), "new@alpine-data.example")
	if err != nil {
		t.Fatal(err)
	}
	none.halfWay()
	for name, path := range map[string]string{
		"overview": "/admin", "requests": "/admin/requests", "keys": "/admin/keys", "customers": "/admin/customers", "alerts": "/admin/alerts",
		"billing": "/admin/billing", "team": "/admin/team", "audit": "/admin/audit", "tiers": "/admin/tiers",
	} {
		pages = append(pages, none.page(name+"-empty", "owner", path))
	}
	pages = append(pages, none.page("landing-empty", "", "/"), none.page("staff-invitation", "", strings.TrimPrefix(link, none.url)), none.page("staff-code", "half", "/admin/sign-in/code"))
	pages = append(pages, hostileSample(t).page("landing-long-names", "", "/"))
	dev := newSample(t, sampleNow(), Options{Development: true})
	pages = append(pages, dev.page("components", "", "/components"), dev.page("development", "owner", "/admin/requests"))
	pages = append(pages, append(dev.mailPages(), elsewhereSample(t).page("staff-sign-in-elsewhere", "", "/admin/sign-in"))...)
	if browser.Pictures() { // which take half a minute to prepare
		pages = append(pages, crowd(t).manyPages()...)
	}
	everyRoute(t, append(s.p.routes(), dev.p.routes()...), pages)
	browser.Look(t, pages)
}

// On a site where everything has happened, every link of every page leads to a page, and every form to a route, for whoever
// sees it.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	fillSample(t).everyLink(t, map[string]string{"": "/", "ana": "/account", "viewer": "/admin", "approver": "/admin", "owner": "/admin"})
}

// elsewhereSample is a site whose staff have accounts at another one.
func elsewhereSample(t *testing.T) *sample {
	t.Helper()
	return newSample(t, sampleNow(), Options{OIDC: staff.NewOIDC(staff.OIDCConfig{Name: "Alpine SSO", Issuer: "https://sso.alpine-data.example", Client: "site"}, nil)})
}

// mailPages are all mails, as they look in HTML.
func (s *sample) mailPages() (pages []browser.Page) {
	s.t.Helper()
	list, err := mail.Previews(s.p.texts(s.t.Context()), sampleNow())
	if err != nil || len(list) == 0 {
		s.t.Fatalf("%d mails: %v", len(list), err)
	}
	for _, m := range list {
		pages = append(pages, s.page("mail-"+m.Name, "", "/mails/"+m.Name+".html"))
	}
	return pages
}

// manyPages are the lists of a site with ten thousand of everything.
func (s *crowdedSample) manyPages() (pages []browser.Page) {
	for name, path := range map[string]string{
		"overview": "/admin", "keys": "/admin/keys?sort=-use", "customers": "/admin/customers", "requests": "/admin/requests", "audit": "/admin/audit",
		"billing-month": "/admin/billing/months/2026-10", "billing-open": "/admin/billing/months/2026-11",
	} {
		pages = append(pages, s.page(name+"-many", "owner", path))
	}
	return append(pages, s.page("account-many", "customer", "/account"))
}

// rotated are the pages that show the key that rotation made, to its holder and to the staff.
func (s *filledSample) rotated() []browser.Page {
	account, key := s.page("account-rotated", "rita", "/account/settings"), s.page("key-rotated", "owner", "/admin/me")
	account.After = func(tab *browser.Tab) {
		tab.Open(s.url + "/account/keys/" + string(<-s.spare))
		tab.Follow("form[action$='/rotate'] button")
		tab.See("pre")
	}
	key.After = func(tab *browser.Tab) {
		tab.Open(s.url + "/admin/keys/" + string(<-s.spare))
		tab.Click("[popovertarget=rotate]")
		tab.Follow("#rotate button:not([type])")
		tab.See("pre")
	}
	return []browser.Page{account, key}
}

// everyRoute demands that each page of the site is among those that are looked at.
func everyRoute(t *testing.T, routes []route.Route, pages []browser.Page) {
	t.Helper()
	mux, looked := http.NewServeMux(), map[string]bool{}
	for _, rt := range routes {
		if !looked[rt.Pattern] {
			mux.Handle(rt.Pattern, http.NotFoundHandler())
		}
		looked[rt.Pattern] = true
	}
	clear(looked)
	for _, p := range pages {
		_, pattern := mux.Handler(httptest.NewRequestWithContext(t.Context(), http.MethodGet, p.URL, nil))
		looked[pattern] = true
	}
	for _, rt := range routes {
		if strings.HasPrefix(rt.Pattern, "GET ") && !looked[rt.Pattern] && !noPage(rt.Pattern) {
			t.Errorf("nobody looks at %s", rt.Pattern)
		}
	}
}

// noPage reports whether a route answers with a file, a stream, a redirect, a word for machines, or a mail.
func noPage(pattern string) bool {
	return slices.ContainsFunc([]string{
		"/health", "/ready", "/static/", "/brand/", "/logo.png", "/mails/", "/account/usage.", "/account/export", "/admin/{$}", "/admin/keys.csv",
		"/admin/live/events", "/admin/audit/export", "/admin/billing/months/{month}/export",
	}, func(prefix string) bool { return strings.HasPrefix(pattern, "GET "+prefix) })
}

// page is a page of the site as somebody sees it.
func (s *sample) page(name, as, path string) browser.Page {
	return browser.Page{Name: name, URL: s.url + path, Before: func(tab *browser.Tab) { tab.SetCookie(s.url, "as", as) }}
}

// drawn waits for a chart.
func drawn(tab *browser.Tab) { tab.See("figure canvas") }

func (s *filledSample) publicPages() []browser.Page {
	missing := s.page("not-found", "", "/nowhere")
	missing.Status = http.StatusNotFound
	wrong := s.page("request-wrong", "", "/request")
	wrong.Status, wrong.After = 0, func(tab *browser.Tab) { tab.Follow("main button.large") }
	landing, request, claim := s.page("landing", "", "/"), s.page("request", "", "/request?tier=starter"), s.page("claim-key", "", "/")
	claim.Before = nil
	claim.After = func(tab *browser.Tab) { // a link shows its key once
		tab.Open(s.url + <-s.ready)
		tab.Follow("main form button")
	}
	claim.Document = true
	return []browser.Page{
		landing, request, wrong, missing, s.page("request-sent", "", s.links["sent"]),
		s.page("verify", "", s.links["confirm"]), s.page("verify-late", "", s.links["late"]), s.page("verify-waiting", "", s.links["waiting"]),
		s.page("answer", "", s.links["question"]), claim, s.page("claim-shown", "", s.links["shown"]), s.page("claim", "", s.links["ready"]),
		s.page("legal", "", "/legal/privacy"), s.page("account-sign-in", "", "/account/sign-in"), s.page("account-link", "", "/account/sign-in/none"),
		s.page("staff-sign-in", "", "/admin/sign-in"),
	}
}

func (s *filledSample) customerPages() []browser.Page {
	account := s.page("account", "ana", "/account")
	account.Document, account.After = true, drawn
	return []browser.Page{
		account, s.page("account-revoked", "bob", "/account"), s.page("account-key", "ana", "/account/keys/"+string(s.busy.APIKeyID)),
		s.page("account-settings", "ana", "/account/settings"), s.page("account-invoices", "ana", "/account/invoices"), s.page("account-invoice", "ana", "/account/invoices/"+strconv.FormatInt(s.invoice, 10)),
	}
}

func (s *filledSample) staffPages() []browser.Page {
	request := func(email string) string { return "/admin/requests/" + s.latest(email).ID }
	key, customer := "/admin/keys/"+string(s.busy.APIKeyID), "/admin/customers/"+string(s.busy.UserID)
	revoke := s.page("key-revoke", "owner", key)
	revoke.After = func(tab *browser.Tab) { tab.Click("[popovertarget=revoke]"); tab.See("#revoke") }
	live := s.page("live", "viewer", "/admin/live")
	live.After = func(tab *browser.Tab) { tab.SeeText("Connected"); tab.See(".plot canvas") }
	overview, toDecide := s.page("overview", "owner", "/admin"), s.page("request-waiting", "approver", request("kai@hyrox.example"))
	overview.Document, toDecide.Document, overview.After = true, true, drawn
	missing := s.page("staff-not-found", "owner", "/admin/keys/none")
	missing.Status = http.StatusNotFound
	codes := s.page("recovery-codes", "owner", "/admin/me")
	codes.After = func(tab *browser.Tab) {
		tab.Follow("form[action='/admin/me/recovery'] button")
		tab.SeeText("Your recovery codes")
	}
	return []browser.Page{
		codes,
		overview, s.page("requests", "approver", "/admin/requests"), s.page("requests-all", "viewer", "/admin/requests?state=all"), toDecide,
		s.page("request-question", "approver", request("amelie")), s.page("request-viewer", "viewer", request("priya@endurance.example")), s.page("request-claimed", "approver", request("claire@velo.example")),
		s.page("keys", "owner", "/admin/keys?sort=-use"), s.page("keys-none", "owner", "/admin/keys?q=nobody"), s.page("key", "owner", key), revoke,
		s.page("key-long", "viewer", "/admin/keys/"+string(s.long.APIKeyID)), s.page("key-revoked", "owner", "/admin/keys/"+string(s.gone.APIKeyID)), missing,
		s.page("customers", "owner", "/admin/customers"), s.page("customer", "owner", customer), s.page("customer-tier", "owner", customer+"/tier?tier=trial"),
		s.page("tiers", "owner", "/admin/tiers"), s.page("tier", "owner", "/admin/tiers/starter"), live,
		s.page("alerts", "approver", "/admin/alerts"), s.page("alert-rule", "owner", "/admin/alerts/rule?id="+s.rule), s.page("alert-rule-new", "owner", "/admin/alerts/rule"),
		s.page("alert-channel", "owner", "/admin/alerts/channel?id="+s.channel), s.page("alert-channel-new", "owner", "/admin/alerts/channel"), s.page("alert-mail", "owner", "/admin/alerts/mail"),
		s.page("billing", "owner", "/admin/billing"), s.page("billing-month", "owner", "/admin/billing/months/2026-10"), s.page("billing-open", "owner", "/admin/billing/months/2026-11"),
		s.page("invoice", "owner", "/admin/billing/invoices/1"), s.page("billing-customer", "owner", "/admin/billing/customers/"+string(s.busy.UserID)),
		s.page("team", "owner", "/admin/team"), s.page("me", "owner", "/admin/me"), s.page("audit", "owner", "/admin/audit"), s.page("settings", "owner", "/admin/settings"),
		s.page("second-factor", "owner", "/admin/second-factor"),
	}
}

// TestLighthouse: see [browser.CheckScores].
func TestLighthouse(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	t.Parallel()
	browser.Path(t)
	s := newSample(t, sampleNow(), Options{})
	key := s.key("ana@alpine-club.example", "Club app", pierre.TierStarter, 0)
	s.server.Record(t, adminapitest.Calls{Key: key.APIKeyID, At: sampleNow().Add(-time.Hour), N: 20, Status: pierre.CallSucceeded})
	s.signInCustomer("ana", "ana@alpine-club.example")
	for name, page := range map[string][2]string{"landing": {"", "/"}, "request": {"", "/request"}, "account": {"ana", "/account"}, "overview": {"owner", "/admin"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			browser.CheckScores(t, s.url+page[1], map[string]string{"Cookie": "as=" + page[0]})
		})
	}
}
