package account_test

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// The export has what is written on invoices, the invoices themselves, and what staff wrote down, of its customer alone.
func TestTheExportHasInvoices(t *testing.T) {
	h := open(t, dbtest.New(t))
	ana, bob := h.server.Provision(t, "ana@example.com", "trial"), h.server.Provision(t, "bob@example.com", "trial")
	b := h.signIn()
	if export := b.want(200, "GET", "/account/export", nil); !strings.Contains(export, `"invoices":[]`) || !strings.Contains(export, `"billing":{"company":"","address"`) {
		t.Errorf("the export of who has none: %s", export)
	}
	h.bill(ana, "Ana AG", db.BillingCustomer{UserID: bob.UserID, Company: "BOBS"})
	export := b.want(200, "GET", "/account/export", nil)
	for _, want := range []string{
		`"billing":{"company":"Ana AG","address":"A\nB","tax_id":"T1","tax":"own","tax_rate":"19.5","stripe_customer":"cus_1"}`,
		`"contacts":{"company":"Ana","contacts":"by phone"}`, `"key_countries":{"` + string(ana.APIKeyID) + `":["PT"]}`,
		`"invoices":[{"number":"00001","month":"2026-10","email":"ana@example.com","company":"Ana AG","address":"A\nB","tax_id":"T1","currency":"EUR",`,
		`"net":"10.00","tax_name":"VAT","tax_rate":"19.5","tax":"1.95","tax_note":"","amount":"11.95"`,
		`"lines":[{"of_month":"2026-10","api_key_id":"` + string(ana.APIKeyID) + `","name":"N","tier":"trial","base":"9.00","included":2,"used":3,"overage":1,"amount":"10.00"}]`,
	} {
		if !strings.Contains(export, want) {
			t.Errorf("the export lacks %s: %s", want, export)
		}
	}
	if strings.Contains(export, "BOBS") || strings.Contains(export, "bob@") || strings.Contains(export, string(bob.APIKeyID)) {
		t.Errorf("the export has another's: %s", export)
	}
}

// bill gives k what a customer has who gets invoices, and another customer an invoice of the same month.
func (h *harness) bill(k adminapi.FreshKey, company string, other db.BillingCustomer) {
	h.Helper()
	ctx, act := h.Context(), db.Act{Person: "olivia@example.com", At: noon}
	_, err := h.db.CloseMonth(ctx, act, db.Closing{
		Month: "2026-10", Calls: 3,
		Lines: []db.BillingLine{{
			Month: "2026-10", OfMonth: "2026-10", UserID: k.UserID, Email: "ana@example.com", KeyID: k.APIKeyID, KeyName: "N", Tier: "trial", Currency: "EUR",
			Base: 900, Included: 2, Used: 3, Overage: 1, Price: 100, PriceCalls: 1, Amount: 1000,
		}},
		Invoices: []db.Invoice{
			{UserID: k.UserID, Email: "ana@example.com", Company: company, Address: "A\nB", TaxID: "T1", Currency: "EUR", Net: 1000, TaxName: "VAT", TaxRate: 1950, Tax: 195, Amount: 1195},
			{UserID: other.UserID, Email: "bob@example.com", Company: other.Company, Currency: "EUR", Net: 1, Amount: 1},
		},
	})
	err = errors.Join(err,
		h.db.SetBillingCustomer(ctx, act, db.BillingCustomer{UserID: k.UserID, Company: company, Address: "A\nB", TaxID: "T1", Stripe: "cus_1", Tax: db.TaxOwn, TaxRate: 1950}),
		h.db.SetBillingCustomer(ctx, act, other),
		h.db.SetCustomer(ctx, act, db.Customer{User: k.UserID, Company: "Ana", Contacts: "by phone"}),
		h.db.SetCustomer(ctx, act, db.Customer{User: other.UserID, Company: "BOBS"}),
		h.db.Update(ctx, "noting", func(t *db.Tx) error { _, err := h.db.NewCountry(ctx, t, k.APIKeyID, "PT", noon); return err }))
	if err != nil {
		h.Fatal(err)
	}
}

// Who needs more is offered the plan above their own first, one more key of it last, and none below it.
func TestWhoNeedsMoreIsOfferedMore(t *testing.T) {
	for tier, want := range map[pierre.Tier][]string{
		"":             {"trial", "starter", "professional", "enterprise"},
		"trial":        {"starter", "professional", "enterprise", "trial"},
		"professional": {"enterprise", "professional"},
		"enterprise":   {"enterprise"},
	} {
		h := open(t, dbtest.New(t))
		ended := h.server.Provision(t, "ana@example.com", "enterprise")
		if _, err := h.server.Client.Revoke(t.Context(), ended.APIKeyID); err != nil {
			t.Fatal(err)
		}
		if tier != "" {
			h.server.Provision(t, "ana@example.com", tier)
		}
		b := h.signIn()
		var got []string
		body := b.want(200, "GET", "/account", nil)
		for _, m := range regexp.MustCompile(`name="tier" value="(\w+)"`).FindAllStringSubmatch(body, -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, want) || !strings.Contains(body, `value="`+want[0]+`" required checked`) || strings.Count(body, " checked") != 1 {
			t.Errorf("with a key of %q: %q, want %q: %s", tier, got, want, body)
		}
		if tier != "" && tier != "trial" {
			b.want(422, "POST", "/account/upgrade", url.Values{"tier": {"trial"}, "why": {"Less."}})
		}
	}
}
