package landing_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/landing"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

type priceList []db.Price

func (p priceList) Prices(context.Context) ([]db.Price, error) { return p, nil }

type failing struct{ asked int }

func (f *failing) Tiers(context.Context) ([]adminapi.Tier, error) {
	f.asked++
	return nil, errors.New("no server")
}

func prices() priceList {
	return priceList{
		{Tier: pierre.TierTrial, Currency: "EUR", OverageCalls: 1, Public: true},
		{Tier: pierre.TierStarter, Currency: "EUR", Base: 1900, Included: 10_000, Overage: 10, OverageCalls: 100, Public: true},
		{Tier: pierre.TierProfessional, Currency: "EUR", Base: 1234500, Included: 100_000, OverageCalls: 1, Public: true},
		{Tier: pierre.TierEnterprise, Currency: "EUR", Base: 99999, OverageCalls: 1},
	}
}

func site(t *testing.T, p priceList, server interface {
	Tiers(ctx context.Context) ([]adminapi.Tier, error)
},
) http.Handler {
	t.Helper()
	own, err := landing.Templates()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"landing": own}, ui.Options{})
	if err != nil {
		t.Fatal(err)
	}
	routes := append(landing.New(pages, p, server, time.Now).Routes(), pages.Routes()...)
	return route.Mux(routes, route.Fallback{Fail: pages.Fail})
}

func page(t *testing.T, h http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestPublicTiersAreShownWithTheirPrices(t *testing.T) {
	server := adminapitest.Start(t, time.Now())
	body := page(t, site(t, prices(), server.Client))
	for _, part := range []string{"19.00 EUR", "12,345.00 EUR", "10,000 calls included", "0.10 EUR for 100 more", "Free", "/request?tier=starter"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	for _, part := range []string{"999.99", "enterprise", "http://", "https://"} {
		if strings.Contains(body, part) {
			t.Errorf("the page has %q", part)
		}
	}
}

// A new site shows what there is to ask for, and says of nothing that it is free.
func TestPlansAreShownBeforeAnyIsMadePublic(t *testing.T) {
	server := adminapitest.Start(t, time.Now())
	body := page(t, site(t, nil, server.Client))
	for _, part := range []string{"10,000 tool calls a month", "No limit of tool calls", "Keys last 14 days", "/request?tier=enterprise"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(body, "Free") {
		t.Error("a plan without a price is called free")
	}
	private := prices()
	for n := range private {
		private[n].Public = false
	}
	body = page(t, site(t, private, server.Client))
	if !strings.Contains(body, "/request?tier=starter") || strings.Contains(body, "EUR") || strings.Contains(body, "Free") {
		t.Errorf("prices that are not public:\n%s", body)
	}
}

func TestThePageNeedsNoServer(t *testing.T) {
	none := &failing{}
	h := site(t, prices(), none)
	for range 3 {
		if body := page(t, h); !strings.Contains(body, "Ask for the plan that fits") {
			t.Errorf("without a server:\n%s", body)
		}
	}
	if none.asked != 1 {
		t.Errorf("the server was asked %d times in a minute, want once", none.asked)
	}
}

// TestAVisitorWhoLeaves: the tiers are there for the next one.
func TestAVisitorWhoLeaves(t *testing.T) {
	server := adminapitest.Start(t, time.Now())
	h := site(t, prices(), server.Client)
	gone, leave := context.WithCancel(t.Context())
	leave()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodGet, "/", nil))
	if body := page(t, h); !strings.Contains(body, "/request?tier=starter") {
		t.Errorf("the page lacks the tiers:\n%s", body)
	}
}
