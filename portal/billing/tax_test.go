package billing_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
)

// TestTaxOnInvoices: by the settings and by customer, from the form to what is printed and mailed, and as it was when the
// month was closed.
func TestTaxOnInvoices(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := newSite(t, newDB(t), s.client, billing.Options{Now: s.clock})
	price := pro()
	price.Base = 1995
	if err := b.db.SetPrice(t.Context(), db.Act{Person: "x", At: s.clock()}, price); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for _, name := range []string{"exempt", "own", "reverse", "usual"} { // the order of their invoices
		k := s.key(name+"@example.com", "professional", "k")
		s.calls(k, "professional", noon(10, 6), 1)
		paths[name] = "/admin/billing/customers/" + string(k.UserID)
	}
	set := func(now *db.Settings) error {
		*now = db.Settings{TaxName: "VAT", TaxRate: "8.1", ReverseNote: "Bezugsteuer <b>"}
		return nil
	}
	if err := b.db.ChangeSettings(t.Context(), db.Act{Person: "x", At: s.clock()}, "invoice", set); err != nil {
		t.Fatal(err)
	}
	b.want(t, "admin", "POST "+paths["exempt"], http.StatusSeeOther, nil, "tax", "exempt")
	b.want(t, "admin", "POST "+paths["own"], http.StatusSeeOther, nil, "tax", "own", "tax_rate", "2.50")
	b.want(t, "admin", "POST "+paths["own"], http.StatusUnprocessableEntity, []string{"Write a percentage"}, "tax", "own", "tax_rate", "101")
	for _, none := range []string{"", "0", "0.00 %"} {
		b.want(t, "admin", "POST "+paths["own"], http.StatusUnprocessableEntity, []string{"Write the rate."}, "tax", "own", "tax_rate", none)
	}
	b.want(t, "admin", "POST "+paths["own"], http.StatusUnprocessableEntity, []string{"Choose one."}, "tax", "none")
	b.want(t, "admin", "POST "+paths["reverse"], http.StatusUnprocessableEntity, []string{"needs the customer&#39;s tax number"}, "tax", "reverse")
	b.want(t, "admin", "POST "+paths["reverse"], http.StatusSeeOther, nil, "tax", "reverse", "tax_id", "CHE-1")
	b.want(t, "viewer", "GET "+paths["own"], http.StatusOK, []string{"A rate of its own: 2.5 %"})
	b.want(t, "admin", "GET "+paths["own"], http.StatusOK, []string{`value="2.5"`})
	if body := b.want(t, "admin", "GET "+paths["usual"], http.StatusOK, []string{"Rate of its own"}); strings.Contains(body, `value="0"`) {
		t.Error("the form of a customer at the usual rate has a rate of its own")
	}
	s.at(noon(11, 2))
	if _, err := b.Close(t.Context(), admin(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	set = func(now *db.Settings) error { *now = db.Settings{TaxRate: "19"}; return nil }
	if err := b.db.ChangeSettings(t.Context(), db.Act{Person: "x", At: s.clock()}, "invoice", set); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string][]string{
		"1": {"19.95 EUR", "Exempt from tax.", "<b>19.95 EUR</b>"},
		"2": {"VAT 2.5 %", "0.50 EUR", "<b>20.45 EUR</b>"},
		"3": {"Bezugsteuer &lt;b&gt;", "Tax number CHE-1", "<b>19.95 EUR</b>"},
		"4": {"VAT 8.1 %", "1.62 EUR", "<b>21.57 EUR</b>"},
	} {
		if body := b.want(t, "viewer", "GET /admin/billing/invoices/"+number, http.StatusOK, want); number == "1" && strings.Contains(body, "VAT") {
			t.Error("an exempt customer's invoice has a rate")
		}
	}
	if sent := strings.Join(b.mail.sent, "; "); !strings.Contains(sent, "00004 to usual@example.com over 21.57 EUR") {
		t.Errorf("mailed: %s", sent)
	}
	if n, err := b.db.VerifyBilling(t.Context()); n != 1 || err != nil {
		t.Errorf("the chain of %d months: %v", n, err)
	}
}
