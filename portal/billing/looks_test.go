package billing_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
)

// TestLooks shows the pages in a real browser: wide and narrow, light and dark.
func TestLooks(t *testing.T) {
	browser.Path(t)
	s := newServer(t)
	d := newDB(t)
	fake := &stripe{events: map[string]int64{}}
	b := newSite(t, d, s.client, billing.Options{Now: s.clock, Stripe: stripeClient(t, fake)})
	act := db.Act{Person: "olivia@example.com", At: s.clock()}
	if err := d.SetPrice(t.Context(), act, pro()); err != nil {
		t.Fatal(err)
	}
	for email, calls := range map[string]int{"ana@club.example": 1250, "a-very-long-address-of-somebody@subdomain.of-a-company.example": 40} {
		k := s.key(email, "professional", "A key whose name is rather long, as names of keys may be")
		s.calls(k, "professional", noon(10, 6), calls)
		s.calls(k, "professional", noon(11, 1), calls/10)
		if err := d.SetBillingCustomer(t.Context(), act, db.BillingCustomer{UserID: k.UserID, Company: "Company of " + email, Address: "Street 1\n8000 Town", TaxID: "CHE-1", Stripe: "cus_" + email[:3]}); err != nil {
			t.Fatal(err)
		}
	}
	settings := db.Settings{Operator: "Club", Letterhead: "Road 2\n3000 City\nTax number 4711", InvoicePrefix: "C-2026-", InvoiceNote: "Payable within 30 days."}
	if err := d.ChangeSettings(t.Context(), act, "all", func(now *db.Settings) error { *now = settings; return nil }); err != nil {
		t.Fatal(err)
	}
	s.at(noon(11, 2))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a browser says nothing of roles
		r.Header.Set("As", "admin")
		r.Header.Set("Customer", "ana@club.example")
		b.http.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(shown.Close)
	for name, path := range map[string]string{
		"billing": "/admin/billing", "billing-month": "/admin/billing/months/2026-10", "billing-open": "/admin/billing/months/2026-11",
		"invoice": "/admin/billing/invoices/1", "prices": "/admin/billing/prices", "own-invoices": "/account/invoices",
	} {
		browser.Look(t, name, shown.URL+path, nil)
	}
}
