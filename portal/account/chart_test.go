package account_test

import (
	"strings"
	"testing"

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
