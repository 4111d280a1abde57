package account_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	chromium "github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// A page with a chart brings the scripts that draw it.
func TestChartsAreDrawn(t *testing.T) {
	h := open(t, dbtest.New(t))
	key := h.server.Provision(t, "ana@example.com", "trial")
	b := h.signIn()
	for _, path := range []string{"/account", "/account/keys/" + string(key.APIKeyID)} {
		body := b.want(200, "GET", path, nil)
		if !strings.Contains(body, "data-chart=") {
			t.Errorf("%s has no chart", path)
		}
		for _, script := range []string{"/vendor/uplot.", "/charts."} {
			if !strings.Contains(body, script) {
				t.Errorf("%s lacks the script %s…", path, script)
			}
		}
	}
}

// TestLooks signs in and looks at the pages in a real browser: wide and narrow, light and dark.
func TestLooks(t *testing.T) {
	chromium.Path(t)
	h := open(t, dbtest.New(t))
	srv := httptest.NewServer(h.pages)
	t.Cleanup(srv.Close)
	origin := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	customers := 0
	for name, path := range map[string]string{"account": "/account", "account-settings": "/account/settings"} {
		chromium.Look(t, name, origin+path, func(tab *chromium.Tab) {
			customers++ // an address gets few links
			email := fmt.Sprintf("ana%d@example.com", customers)
			key := h.server.Provision(t, email, "trial")
			h.browser().want(200, "POST", "/account/sign-in", url.Values{"email": {email}})
			h.mail()
			tab.Open(origin + linkInMail.FindStringSubmatch(h.post.to(email)[0])[1])
			tab.Click("main button")
			tab.See("dl.stats")
			tab.See("figure canvas") // the chart is drawn
			tab.Open(origin + "/account/keys/" + string(key.APIKeyID))
			tab.See("figure canvas")
		})
	}
}
