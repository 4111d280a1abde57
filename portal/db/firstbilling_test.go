package db_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

// firstBilling is what the first version that had billing kept: two months that it closed, and customers with the same id at
// Stripe.
var firstBilling = []string{
	`UPDATE portal_settings SET content = '{"operator":"O","letterhead":"L\nM","invoice_prefix":"P-","invoice_note":"N"}'`,
	`INSERT INTO portal_billing_customers (user_id, company, address, tax_id, stripe) VALUES
		('u0', '', '', '', 'cus_1'), ('u1', 'C', '', '', 'cus_1'), ('u2', '', '', '', 'cus_2'), ('u3', '', '', '', 'cus_2'), ('u4', '', '', '', 'cus_3'), ('u5', '', '', '', '')`,
	`INSERT INTO portal_billing_months (month, place, closed_us, closed_by, calls, lines, hash) VALUES
		('2026-09', 1, 1793534400000000, 'a', 3, 1, ''),
		('2026-10', 2, 1793534400000000, 'a', 3, 1, '')`,
	`INSERT INTO portal_billing_lines (month, number, of_month, user_id, email, key_id, key_name, tier, currency, base, included, used, overage, price, price_calls, amount) VALUES
		('2026-09', 1, '2026-10', 'u1', 'u1@example.com', 'k1', 'N', 'pro', 'EUR', 1, 2, 3, 4, 5, 6, 7),
		('2026-10', 1, '2026-10', 'u1', 'u1@example.com', 'k1', 'N', 'pro', 'EUR', 1, 2, 3, 4, 5, 6, 8)`,
	`INSERT INTO portal_invoices (number, month, user_id, email, company, address, tax_id, currency, amount) VALUES
		(1, '2026-09', 'u1', 'u1@example.com', 'C', 'A
B', 'T', 'EUR', 7),
		(2, '2026-10', 'u1', 'u1@example.com', 'C', 'A
B', 'T', 'EUR', 8)`,
	`INSERT INTO portal_meter_events (identifier, month, user_id, customer, meter, value, state, tries, next_us, problem) VALUES
		('cus_1:m:2026-09', '2026-09', 'u0', 'cus_1', 'm', 3, 'delivered', 1, 1, ''), ('cus_1:m:2026-10', '2026-10', 'u1', 'cus_1', 'm', 3, 'waiting', 0, 1, '')`,
}

// inBetween made the tables of those who began between two versions, with columns that were then a later one's, and which the
// hashes of months were over.
var inBetween = []string{
	`ALTER TABLE portal_invoices ADD COLUMN printed TEXT NOT NULL DEFAULT 'X-7'`,
	`ALTER TABLE portal_invoices ADD COLUMN operator TEXT NOT NULL DEFAULT 'Before'`,
	`ALTER TABLE portal_invoices ADD COLUMN letterhead TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE portal_invoices ADD COLUMN note TEXT NOT NULL DEFAULT 'Paid'`,
}

// Invoices of the first version are shown as they were, the chain of months goes on, and an id at Stripe is one customer's.
func TestTheFirstBillingIsBroughtUpToDate(t *testing.T) {
	first := db.Invoice{
		Number: 2, Printed: "P-00002", Month: "2026-10", UserID: "u1", Email: "u1@example.com", Company: "C", Address: "A\nB", TaxID: "T",
		Currency: "EUR", Net: 8, Amount: 8, Operator: "O", Letterhead: "L\nM", Note: "N",
	}
	between := first
	between.Printed, between.Operator, between.Letterhead, between.Note = "X-7", "Before", "", "Paid"
	for name, c := range map[string]struct {
		more   []string
		hashes []string // of the months, as they were computed then
		want   db.Invoice
	}{
		"first":      {nil, []string{"d945207afb086c87a45e900e7fbe7457d88e3dcee51b4a894e07479d83240ddb", "58dfdaf66d67dbde359ad79a64ef398f66a0068c21fc75d5df99b49355884b9a"}, first},
		"in between": {inBetween, []string{"583c0da9871c8968c7c268c98cded91ad0e0ad98cac2225670652bb485ac5431", "83b9165257c9a6c7fdecae7008ddbd349ee8d192203aacbf9292bbbc29a962e6"}, between},
	} {
		for kind, url := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "admin.db"), "postgres": pgtest.URL(t)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				d, err := db.Open(url, "")
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				if err := d.MigrateTo(t.Context(), 32); err != nil {
					t.Fatal(err)
				}
				for _, q := range append(firstBilling, c.more...) {
					if _, err := d.Writer().ExecContext(t.Context(), q); err != nil {
						t.Fatalf("%s: %v", q, err)
					}
				}
				for n, hash := range c.hashes {
					tamper(t, d, "portal_billing_months", fmt.Sprintf(`UPDATE portal_billing_months SET hash = '%s' WHERE place = %d`, hash, n+1))
				}
				if _, err := d.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				upToDate(t, d, c.want)
			})
		}
	}
}

func upToDate(t *testing.T, d *db.DB, want db.Invoice) {
	t.Helper()
	ctx := t.Context()
	if i, lines, err := d.InvoiceByNumber(ctx, 2); err != nil || i != want || len(lines) != 1 {
		t.Errorf("invoice 2: %+v, want %+v; %d lines, %v", i, want, len(lines), err)
	}
	all, err := d.BillingCustomers(ctx)
	for user, want := range map[pierre.UserID]string{"u0": "", "u1": "cus_1", "u2": "cus_2", "u3": "", "u4": "cus_3", "u5": ""} {
		if err != nil || all[user].Stripe != want {
			t.Errorf("%s has %q at Stripe, want %q: %v", user, all[user].Stripe, want, err)
		}
	}
	if _, err := d.Writer().ExecContext(ctx, `UPDATE portal_billing_customers SET stripe = 'cus_2' WHERE user_id = 'u0'`); err == nil {
		t.Error("an id at Stripe is two customers'")
	}
	for _, q := range []string{`UPDATE portal_invoices SET note = ''`, `DELETE FROM portal_invoices`} {
		if _, err := d.Writer().ExecContext(ctx, q); err == nil {
			t.Errorf("%s: invoices can be changed", q)
		}
	}
	if _, err := d.CloseMonth(ctx, by("a"), db.Closing{Month: "2026-11", Invoices: []db.Invoice{{UserID: "u1", Currency: "EUR", Net: 8, Amount: 8}}}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.VerifyBilling(ctx); n != 3 || err != nil {
		t.Errorf("the chain of %d months: %v", n, err)
	}
	for _, c := range []string{`amount = amount - 1, net = net - 1`, `tax_note = 'X'`, `email = 'x'`, `net = net - 1`} {
		tamper(t, d, "portal_invoices", `UPDATE portal_invoices SET `+c+` WHERE number = 1`)
		if n, err := d.VerifyBilling(ctx); n != 1 || pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("with %s: %d, %v", c, n, err)
		}
		tamper(t, d, "portal_invoices", `UPDATE portal_invoices SET amount = 7, net = 7, tax_note = '', email = 'u1@example.com' WHERE number = 1`)
	}
	if n, err := d.VerifyBilling(ctx); n != 3 || err != nil {
		t.Errorf("the chain of %d months as they were: %v", n, err)
	}
}
