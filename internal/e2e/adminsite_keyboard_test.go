//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
)

// TestGuideAdminServiceWithTheKeyboard goes from the request to the key without a mouse: what is needed can be reached with the
// tabulator, in both browsers, and pressed with the keys for it.
func TestGuideAdminServiceWithTheKeyboard(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	site := startSite(t, s, s.url)
	const who = "ana@example.com"
	press := func(tab *browser.Tab, selector, then string) {
		t.Helper()
		tab.TabTo(selector)
		tab.Keys("{Enter}")
		tab.SeeText(then)
	}
	fill := func(tab *browser.Tab, fields ...string) {
		t.Helper()
		for n := 0; n < len(fields); n += 2 {
			tab.TabTo(fields[n])
			tab.Keys(fields[n+1])
		}
	}

	visitor := browser.New(t, browser.Options{})
	visitor.Open(site.url + "/")
	visitor.TabTo(`a[href^="/request"]`)
	visitor.Keys("{Enter}")
	visitor.See("#f-email")
	fill(visitor, "#f-email", who, "#f-company", "Alpine Club", "#f-use_case", "Our coaches look at the week of each athlete.", "[name=tier]", "{Down}")
	press(visitor, "main button.button", "Check your mail")
	visitor.Open(site.url + site.link(who, "verify"))
	press(visitor, "main button.button", "Your request is with us")

	olivia := browser.New(t, browser.Options{})
	olivia.Open(site.run("create-owner", "--email", "olivia@example.com"))
	fill(olivia, "#f-name", "Olivia", "#f-password", "seven quiet otters paint maps")
	olivia.TabTo("main button.button")
	olivia.Keys("{Enter}")
	olivia.SeeText("Overview")
	press(olivia, `nav a[href="/admin/requests"]`, "1 waits for a decision")
	press(olivia, `td a[href^="/admin/requests/"]`, "Our coaches look at the week")
	press(olivia, `form[action$="/approve"] button.button`, "Approved. The mail is on its way.")

	visitor.Open(site.url + site.link(who, "claim"))
	visitor.TabTo("main button.button")
	visitor.Keys("{Enter}")
	key := shownKey.FindString(visitor.See("#key"))
	if key == "" || len(site.keys(who, true)) != 1 {
		t.Fatalf("the page shows %q", visitor.Text())
	}
	visitor.TabTo(`button[data-copy]`)
	for _, tab := range []*browser.Tab{visitor, olivia} {
		if found := tab.Faults(); len(found) > 0 {
			t.Errorf("faults: %s", strings.Join(found, "\n"))
		}
	}
}
