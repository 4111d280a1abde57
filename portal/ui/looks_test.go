package ui_test

import (
	"net/http/httptest"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// TestComponentsLookRight: all components in a browser, in both colour schemes and widths.
func TestComponentsLookRight(t *testing.T) {
	u := renderer(t, ui.Brand{}, pages())
	srv := httptest.NewServer(route.Mux(u.Routes(), route.Doors{Fail: u.Fail}))
	t.Cleanup(srv.Close)
	browser.Look(t, "components", srv.URL+"/components", nil)
	browser.Look(t, "not-found", srv.URL+"/nowhere", nil)
}
