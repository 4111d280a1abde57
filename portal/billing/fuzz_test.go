package billing

import (
	"net/url"
	"testing"

	"github.com/pierre-mcp/pierre/portal/db"
)

// FuzzPriceOf: a form that nothing is wrong with is a price, and its amounts are what was typed.
func FuzzPriceOf(f *testing.F) {
	f.Add("EUR", "20.00", "1000", "0.5", "100")
	f.Add("JPY", "1500", "0", "0", "1")
	f.Add("KWD", "1.234", "1", "0", "0")
	f.Add("", "-1", "9999999999999999999", "1e3", "x")
	f.Fuzz(func(t *testing.T, currency, base, included, overage, calls string) {
		p, wrong := priceOf("trial", url.Values{"currency": {currency}, "base": {base}, "included": {included}, "overage": {overage}, "overage_calls": {calls}})
		if err := p.Validate(); len(wrong) == 0 && err != nil {
			t.Errorf("%+v was taken: %v", p, err)
		}
		if len(wrong) > 0 {
			return
		}
		again, err := db.ParseMoney("base", db.Money{Minor: p.Base, Currency: p.Currency}.Decimal(), p.Currency)
		if err != nil || again.Minor != p.Base {
			t.Errorf("%q is %d, and read again %d: %v", base, p.Base, again.Minor, err)
		}
	})
}
