package billing

import (
	"net/url"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

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
	if err != nil {
		wrong["tax_rate"] = pierre.MessageOf(err, "")
	}
	return kind, rate
}
