package console_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
)

// TestConsoleLooksRight: every page, filled and empty, in both colour schemes and widths.
func TestConsoleLooksRight(t *testing.T) {
	s, busy := filled(t)
	key, customer := "/admin/keys/"+string(busy.APIKeyID), "/admin/customers/"+string(busy.UserID)
	for name, path := range map[string]string{
		"overview": "/admin", "keys": "/admin/keys", "key": key, "customers": "/admin/customers", "customer": customer,
		"customer-tier": customer + "/tier?tier=trial", "tiers": "/admin/tiers", "tier": "/admin/tiers/starter",
	} {
		browser.Look(t, name, s.url+path, asRole("owner", s.url))
	}
	none := start(t)
	for name, path := range map[string]string{"overview-empty": "/admin", "keys-empty": "/admin/keys", "customers-empty": "/admin/customers"} {
		browser.Look(t, name, none.url+path, asRole("viewer", none.url))
	}
}

// TestLiveView: numbers arrive, can be paused and filtered.
func TestLiveView(t *testing.T) {
	s, _ := filled(t)
	tab := browser.New(t, browser.Options{})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/live")
	tab.SeeText("Connected")
	tab.See(".plot canvas")
	tab.Click("[data-pause]")
	tab.SeeText("Paused")
	tab.Click("[data-pause]")
	tab.Type("#live-filter", "nothing")
	if wrong := tab.Axe(); len(wrong) > 0 {
		t.Error(wrong)
	}
}

// TestARevocationByDialog: the dialog opens without scripts, and its button works only with the word.
func TestARevocationByDialog(t *testing.T) {
	s, busy := filled(t)
	tab := browser.New(t, browser.Options{NoScripts: true})
	asRole("admin", s.url)(tab)
	tab.Open(s.url + "/admin/keys/" + string(busy.APIKeyID))
	tab.TabTo("[popovertarget=revoke]")
	tab.Keys("{Enter}")
	tab.See("#revoke")
	tab.TabTo("#f-word")
	tab.Keys("REVOKE")
	tab.Keys("{Enter}")
	tab.SeeText("The key was revoked.")
}

// TestOverviewByLighthouse: see TestLandingByLighthouse.
func TestOverviewByLighthouse(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	s, _ := filled(t)
	browser.CheckScores(t, s.url+"/admin", map[string]string{"Cookie": "role=owner"})
}

// TestPagesAreLight: without the files that browsers keep, no page has 100 KB.
func TestPagesAreLight(t *testing.T) {
	s, busy := filled(t)
	tab := browser.New(t, browser.Options{})
	asRole("owner", s.url)(tab)
	for _, path := range []string{"/admin/keys", "/admin", "/admin/keys/" + string(busy.APIKeyID), "/admin/customers", "/admin/tiers"} {
		tab.Open(s.url + path)
		tab.See("h1")
		n := tab.Loaded()
		t.Logf("%s: %d bytes over the network", path, n)
		if path == "/admin/keys" && n > 100_000 { // the first page, with all files that it needs
			t.Errorf("the first page has %d bytes", n)
		}
	}
}

// TestKeysAreFoundWhileOneTypes: with scripts the list follows what is typed, without another page.
func TestKeysAreFoundWhileOneTypes(t *testing.T) {
	s, _ := filled(t)
	tab := browser.New(t, browser.Options{})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/keys")
	browser.Eval[bool](tab, "window.same = true")
	tab.Type("#q", "bob@")
	tab.SeeText("1 key on this page")
	if !browser.Eval[bool](tab, "window.same === true") || !strings.Contains(tab.URL(), "q=bob%40") || !strings.Contains(tab.Text(), "Old watch") {
		t.Errorf("at %s:\n%s", tab.URL(), tab.Text())
	}
}
