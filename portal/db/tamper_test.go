package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// tamper runs statements as somebody would who has the database, and first takes away what guards a table.
func tamper(t *testing.T, d *db.DB, table string, statements ...string) {
	t.Helper()
	if d.Postgres() {
		statements = append([]string{`ALTER TABLE ` + table + ` DISABLE TRIGGER USER`}, statements...)
	} else {
		statements = append([]string{`DROP TRIGGER IF EXISTS ` + table + `_no_update`, `DROP TRIGGER IF EXISTS ` + table + `_no_delete`}, statements...)
	}
	for _, q := range statements {
		if _, err := d.Writer().ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestAuditWithoutItsEnd: an entry that was taken away at the end is missed, and so is a head that was set back.
func TestAuditWithoutItsEnd(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if n, err := d.VerifyAudit(t.Context()); n != 0 || err != nil {
			t.Errorf("an empty log: %d, %v", n, err)
		}
		for n := range 4 {
			update(t, d, func(tx *db.Tx) error { return db.Audit(t.Context(), tx, by("<script>"), "=cmd", fmt.Sprint(n), nil) })
		}
		failed := errors.New("the change failed")
		err := d.Update(t.Context(), "testing", func(tx *db.Tx) error {
			return errors.Join(db.Audit(t.Context(), tx, by("x"), "a", "b", nil), failed)
		})
		if n, verified := d.VerifyAudit(t.Context()); !errors.Is(err, failed) || n != 4 || verified != nil {
			t.Errorf("after a change that failed there are %d entries: %v, %v", n, err, verified)
		}
		err = d.Update(t.Context(), "testing", func(tx *db.Tx) error { return db.Audit(t.Context(), tx, by("x"), "a", "b", func() {}) })
		if err == nil {
			t.Error("details that are no JSON were noted")
		}
		wrong := func(what, says string, entries int64) {
			t.Helper()
			n, err := d.VerifyAudit(t.Context())
			if n != entries || pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(pierre.MessageOf(err, ""), says) {
				t.Errorf("%s: %d, %v", what, n, err)
			}
		}
		tamper(t, d, "portal_audit", `DELETE FROM portal_audit WHERE seq = 4`)
		wrong("without the last entry", "ends after 3 entries, but there were 4", 3)
		tamper(t, d, "portal_audit", `UPDATE portal_audit_head SET seq = 3`)
		wrong("with a head that was set back", "The end of the audit log was replaced.", 3)
		tamper(t, d, "portal_audit", `UPDATE portal_audit_head SET seq = 2`)
		wrong("with a head before the end", "The end of the audit log was replaced.", 3)
		tamper(t, d, "portal_audit", `UPDATE portal_audit SET person = '', action = '<script>=cmd' WHERE seq = 2`) // the same letters in other fields
		wrong("with an entry whose fields were moved", "Entry 2", 2)
		tamper(t, d, "portal_audit", `DELETE FROM portal_audit WHERE seq = 1`)
		wrong("without the first entry", "Entry 1", 1)
	})
}

// TestNothingGetsAroundTheTriggers: a table that is emptied at once, and a row that is put in the place of another, are
// changes as well.
func TestNothingGetsAroundTheTriggers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, err := d.CloseMonth(t.Context(), by("a"), db.Closing{
			Month: "2026-10", Lines: []db.BillingLine{line("u1", "k1", 7)}, Invoices: []db.Invoice{{UserID: "u1", Currency: "EUR", Net: 7}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"portal_audit", "portal_billing_months", "portal_billing_lines", "portal_invoices"} {
			around := `INSERT OR REPLACE INTO ` + table + ` SELECT * FROM ` + table //nolint:unqueryvet // whatever is in it
			if d.Postgres() {
				around = `TRUNCATE ` + table + ` CASCADE`
			}
			if _, err := d.Writer().ExecContext(t.Context(), around); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", around, err)
			}
		}
		if !d.Postgres() {
			byRowid(t, d)
		}
		if n, err := d.VerifyBilling(t.Context()); n != 1 || err != nil {
			t.Errorf("%d months: %v", n, err)
		}
		if n, err := d.VerifyAudit(t.Context()); n != 1 || err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
	})
}

// byRowid puts rows with keys of their own in the places of others.
func byRowid(t *testing.T, d *db.DB) {
	t.Helper()
	for table, key := range map[string]string{"portal_audit": "seq", "portal_billing_months": "month, place", "portal_billing_lines": "number", "portal_invoices": "number"} {
		columns, values := tableColumns(t, d, table), ""
		for n, c := range columns {
			if n > 0 {
				values += ", "
			}
			if slices.Contains(strings.Split(key, ", "), c) {
				values += "77"
			} else {
				values += c
			}
		}
		for _, rowid := range []string{"rowid", "_rowid_", "oid"} {
			q := `INSERT OR REPLACE INTO ` + table + ` (` + rowid + `, ` + strings.Join(columns, ", ") + `) SELECT rowid, ` + values + ` FROM ` + table
			if _, err := d.Writer().ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}

func tableColumns(t *testing.T, d *db.DB, table string) (names []string) {
	t.Helper()
	rows, err := d.Query(t.Context(), `SELECT name FROM pragma_table_info($1) ORDER BY cid`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil || len(names) == 0 {
		t.Fatal(len(names), err)
	}
	return names
}

// TestAuditQueries: the edges of times and pages, and texts that stand for themselves.
func TestAuditQueries(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for n := range 4 {
			update(t, d, func(tx *db.Tx) error {
				return db.Audit(t.Context(), tx, db.Act{Person: "p%", At: noon().AddDate(0, 0, n)}, "a_b", fmt.Sprint(n), nil)
			})
		}
		day := noon().AddDate
		for name, c := range map[string]struct {
			q    db.AuditQuery
			want string
		}{
			"all":        {db.AuditQuery{Limit: 9}, "4321"},
			"some":       {db.AuditQuery{Limit: 2}, "43"},
			"none":       {db.AuditQuery{}, ""},
			"next page":  {db.AuditQuery{Before: 3, Limit: 9}, "21"},
			"from":       {db.AuditQuery{From: day(0, 0, 2), Limit: 9}, "43"},
			"from after": {db.AuditQuery{From: day(0, 0, 2).Add(1000), Limit: 9}, "4"},
			"to":         {db.AuditQuery{To: day(0, 0, 2), Limit: 9}, "21"},
			"between":    {db.AuditQuery{From: day(0, 0, 1), To: day(0, 0, 2), Limit: 9}, "2"},
			"backwards":  {db.AuditQuery{From: day(0, 0, 2), To: day(0, 0, 1), Limit: 9}, ""},
			"person":     {db.AuditQuery{Person: "p%", Action: "a_b", Target: "1", Limit: 9}, "2"},
			"a pattern":  {db.AuditQuery{Person: "p", Limit: 9}, ""},
			"wildcard":   {db.AuditQuery{Action: "a%", Limit: 9}, ""},
			"SQL":        {db.AuditQuery{Target: "' OR '1'='1", Limit: 9}, ""},
		} {
			list, err := d.AuditLog(t.Context(), c.q)
			var got string
			for _, e := range list {
				got += fmt.Sprint(e.Seq)
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %q, want %q: %v", name, got, c.want, err)
			}
		}
	})
}

// TestOneClosesAMonth: of several who do so at once, and the others are told who was first.
func TestOneClosesAMonth(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		invoices := []db.Invoice{{UserID: "u1", Email: "same@example.com", Currency: "EUR", Net: 7}, {UserID: "u1", Email: "same@example.com", Currency: "USD", Net: 1}, {UserID: "u2", Email: "same@example.com", Currency: "EUR"}}
		euro, dollar, other := line("u1", "k1", 7), line("u1", "k2", 1), line("u2", "k3", 0)
		dollar.Currency = "USD"
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() {
				_, errs[n] = replicas[n%2].CloseMonth(ctx, by(fmt.Sprintf("p%d", n)), db.Closing{Month: "2026-10", Calls: 1, Lines: []db.BillingLine{euro, dollar, other}, Invoices: invoices})
			})
		}
		wg.Wait()
		months, err := d.BillingMonths(ctx)
		if err != nil || len(months) != 1 {
			t.Fatalf("closed: %+v, %v", months, err)
		}
		refused := 0
		for n, err := range errs {
			if err == nil && months[0].By != fmt.Sprintf("p%d", n) || err != nil && !strings.HasPrefix(pierre.MessageOf(err, ""), months[0].By+" closed October 2026 already") {
				t.Errorf("p%d is told %v; %s was first", n, err, months[0].By)
			}
			if pierre.KindOf(err) == pierre.KindConflict {
				refused++
			}
		}
		list, err := d.Invoices(ctx, "2026-10")
		if err != nil || refused != 5 || len(list) != 3 || list[2].Number != 3 {
			t.Errorf("%d were refused; invoices %+v, %v", refused, list, err)
		}
		for number, key := range map[int64]pierre.KeyID{1: "k1", 2: "k2", 3: "k3"} { // of a customer and a currency
			if _, lines, err := d.InvoiceByNumber(ctx, number); err != nil || len(lines) != 1 || lines[0].KeyID != key {
				t.Errorf("lines of invoice %d: %+v, %v", number, lines, err)
			}
		}
		for _, number := range []int64{0, -1, 4, 1 << 62} {
			if _, _, err := d.InvoiceByNumber(ctx, number); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("invoice %d: %v", number, err)
			}
		}
		for name, n := range map[string]func() (int, error){
			"of nobody": func() (int, error) { list, err := d.InvoicesOf(ctx, ""); return len(list), err },
			"to nobody": func() (int, error) { list, err := d.InvoicesTo(ctx, "SAME@example.com"); return len(list), err },
			"open":      func() (int, error) { list, err := d.BillingLines(ctx, "2026-11"); return len(list), err },
		} {
			if n, err := n(); n != 0 || err != nil {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
	})
}

// TestClosedMonthsAreFinal: nothing of them can be changed, and what is changed in spite of it is found.
func TestClosedMonthsAreFinal(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for n, month := range []db.Month{"2026-09", "2026-10", "2026-11"} {
			_, err := d.CloseMonth(ctx, by("a"), db.Closing{
				Month: month, Calls: 3, Lines: []db.BillingLine{line("u1", "k1", int64(n)), line("u2", "k2", 5)},
				Invoices: []db.Invoice{{UserID: "u1", Currency: "EUR", Net: int64(n), Amount: int64(n)}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"portal_billing_months", "portal_billing_lines", "portal_invoices"} {
			for _, q := range []string{`UPDATE ` + table + ` SET month = '2026-09' WHERE month = '2026-10'`, `DELETE FROM ` + table + ` WHERE month = '2026-10'`} {
				if _, err := d.Writer().ExecContext(ctx, q); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("%s: %v", q, err)
				}
			}
		}
		for _, c := range []struct{ table, change, back string }{
			{"portal_billing_lines", `UPDATE portal_billing_lines SET amount = amount - 1 WHERE month = '2026-10' AND number = 1`, `UPDATE portal_billing_lines SET amount = amount + 1 WHERE month = '2026-10' AND number = 1`},
			{"portal_billing_lines", `UPDATE portal_billing_lines SET user_id = 'u2', email = 'u2@example.com' WHERE month = '2026-10' AND number = 1`, `UPDATE portal_billing_lines SET user_id = 'u1', email = 'u1@example.com' WHERE month = '2026-10' AND number = 1`},
			{"portal_invoices", `UPDATE portal_invoices SET amount = 0 WHERE month = '2026-10'`, `UPDATE portal_invoices SET amount = 1 WHERE month = '2026-10'`},
			{"portal_invoices", `UPDATE portal_invoices SET tax_rate = 1900 WHERE month = '2026-10'`, `UPDATE portal_invoices SET tax_rate = 0 WHERE month = '2026-10'`},
			{"portal_billing_months", `UPDATE portal_billing_months SET prices = '[{}]' WHERE month = '2026-10'`, `UPDATE portal_billing_months SET prices = '[]' WHERE month = '2026-10'`},
			{"portal_invoices", `UPDATE portal_invoices SET printed = 'X' WHERE month = '2026-10'`, `UPDATE portal_invoices SET printed = '00002' WHERE month = '2026-10'`},
			{"portal_invoices", `UPDATE portal_invoices SET note = operator, operator = 'X' WHERE month = '2026-10'`, `UPDATE portal_invoices SET operator = note WHERE month = '2026-10'`},
			{"portal_billing_months", `UPDATE portal_billing_months SET closed_by = 'b' WHERE month = '2026-10'`, `UPDATE portal_billing_months SET closed_by = 'a' WHERE month = '2026-10'`},
			{"portal_billing_months", `UPDATE portal_billing_months SET place = 9 WHERE month = '2026-10'`, `UPDATE portal_billing_months SET place = 2 WHERE month = '2026-10'`},
			{"portal_billing_lines", `DELETE FROM portal_billing_lines WHERE month = '2026-10' AND number = 2`, ``},
		} {
			tamper(t, d, c.table, c.change)
			if n, err := d.VerifyBilling(ctx); n > 3 || pierre.KindOf(err) != pierre.KindConflict {
				t.Errorf("after %s: %d, %v", c.change, n, err)
			}
			if c.back == "" {
				continue
			}
			tamper(t, d, c.table, c.back)
			if n, err := d.VerifyBilling(ctx); n != 3 || err != nil {
				t.Errorf("after %s: %d, %v", c.back, n, err)
			}
		}
	})
}

// TestPricesAtTheEdge: what is refused changes nothing and is not noted.
func TestPricesAtTheEdge(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		most := db.Price{Tier: "pro", Currency: "EUR", Base: db.MaxPrice, Included: db.MaxCalls, Overage: db.MaxPrice, OverageCalls: db.MaxCalls}
		if err := d.SetPrice(t.Context(), by("a"), most); err != nil {
			t.Error(err)
		}
		for field, change := range map[string]func(*db.Price){
			"base":          func(p *db.Price) { p.Base++ },
			"included":      func(p *db.Price) { p.Included++ },
			"overage":       func(p *db.Price) { p.Overage = -1 },
			"overage_calls": func(p *db.Price) { p.OverageCalls = 0 },
			"currency":      func(p *db.Price) { p.Currency = "eur" },
			"tier":          func(p *db.Price) { p.Tier = "<b>" },
		} {
			p := most
			change(&p)
			err := d.SetPrice(t.Context(), by("a"), p)
			if e, ok := errors.AsType[*pierre.Error](err); !ok || e.Kind != pierre.KindInvalid || e.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		for range 2 { // there is none, and so nothing to note
			if err := d.DeletePrice(t.Context(), by("a"), "none"); err != nil {
				t.Error(err)
			}
		}
		list, err := d.Prices(t.Context())
		log, logged := d.AuditLog(t.Context(), db.AuditQuery{Limit: 9})
		if err != nil || logged != nil || len(list) != 1 || list[0] != most || len(log) != 1 {
			t.Errorf("prices %+v, log %+v: %v, %v", list, log, err, logged)
		}
	})
	for _, bad := range []db.Currency{"", "EU", "EURO", "€", "E R", "EU\n"} {
		if err := bad.Validate(); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("the currency %q: %v", bad, err)
		}
	}
}
