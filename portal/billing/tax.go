package billing

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// What stands on invoices, unless the settings have something else.
const (
	taxName     = "Tax"
	exemptNote  = "Exempt from tax."
	reverseNote = "Reverse charge: the tax is owed by the recipient."
)

// taxed adds to an invoice of which Net is known what is owed with the customer's tax.
func taxed(i *db.Invoice, s *db.Settings, c db.BillingCustomer) {
	i.TaxName = cmp.Or(s.TaxName, taxName)
	switch c.Tax {
	case db.TaxExempt:
		i.TaxNote = cmp.Or(s.ExemptNote, exemptNote)
	case db.TaxReverse:
		i.TaxNote = cmp.Or(s.ReverseNote, reverseNote)
	case db.TaxOwn:
		i.TaxRate = c.TaxRate
	default:
		i.TaxRate, _ = db.ParseRate("", s.TaxRate) // settings are valid
	}
	i.Tax = i.TaxRate.Of(i.Net)
	i.Amount = i.Net + i.Tax
}

// taxes are the ways in which a customer's invoices can be taxed.
func taxes() []ui.Choice {
	return []ui.Choice{
		{Value: db.TaxUsual, Text: "The usual rate"},
		{Value: db.TaxOwn, Text: "A rate of its own"},
		{Value: db.TaxExempt, Text: "Exempt"},
		{Value: db.TaxReverse, Text: "Reverse charge: the customer owes it"},
	}
}

// taxOf reads how a customer's invoices are taxed from a form, and notes what is wrong.
func taxOf(f url.Values, c db.BillingCustomer, wrong map[string]string) (kind string, rate db.Rate) {
	kind = f.Get("tax")
	if !slices.ContainsFunc(taxes(), func(t ui.Choice) bool { return t.Value == kind }) {
		wrong["tax"] = "Choose one."
	}
	if kind == db.TaxReverse && c.TaxID == "" {
		wrong["tax_id"] = "Reverse charge needs the customer's tax number."
	}
	if kind != db.TaxOwn {
		return kind, 0
	}
	rate, err := db.ParseRate("tax_rate", f.Get("tax_rate"))
	switch {
	case err != nil:
		wrong["tax_rate"] = pierre.MessageOf(err, "")
	case rate == 0:
		wrong["tax_rate"] = "Write the rate. A customer who pays no tax is exempt, or owes it by reverse charge."
	}
	return kind, rate
}
