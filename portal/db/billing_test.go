package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

func line(user, key string, amount int64) db.BillingLine {
	return db.BillingLine{
		Month: "2026-10", Number: 1, OfMonth: "2026-10", UserID: pierre.UserID(user), Email: user + "@example.com", KeyID: pierre.KeyID(key), KeyName: "N",
		Tier: "pro", Currency: "EUR", Base: 1, Included: 2, Used: 3, Overage: 4, Price: 5, PriceCalls: 6, Amount: amount,
	}
}

func TestBillingIsKept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		price := db.Price{Tier: "pro", Currency: "EUR", Base: 1, Included: 2, Overage: 3, OverageCalls: 4, Public: true}
		for _, p := range []db.Price{{Tier: "pro", Currency: "USD", OverageCalls: 1}, price} { // the second takes the place of the first
			if err := d.SetPrice(ctx, by("a"), p); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := d.Prices(ctx); err != nil || !reflect.DeepEqual(list, []db.Price{price}) {
			t.Errorf("prices: %+v, %v", list, err)
		}
		if err := d.SetPrice(ctx, by("a"), db.Price{Tier: "pro", Currency: "EUR"}); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a price for no calls: %v", err)
		}
		if err := errors.Join(d.SetPrice(ctx, by("a"), db.Price{Tier: "free", Currency: "EUR", OverageCalls: 1}), d.DeletePrice(ctx, by("a"), "free")); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Prices(ctx); err != nil || !reflect.DeepEqual(list, []db.Price{price}) {
			t.Errorf("prices after one was taken away: %+v, %v", list, err)
		}
		if log, err := d.AuditLog(ctx, db.AuditQuery{Action: "price.delete", Limit: 9}); err != nil || len(log) != 1 || log[0].Target != "free" {
			t.Errorf("a price that was taken away is noted as %+v, %v", log, err)
		}
		customer := db.BillingCustomer{UserID: "u1", Company: "C", Address: "A\nB", TaxID: "T", Stripe: "cus_1", Tax: db.TaxOwn, TaxRate: 1950}
		for _, c := range []db.BillingCustomer{{UserID: "u1"}, customer} {
			if err := d.SetBillingCustomer(ctx, by("a"), c); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := d.BillingCustomers(ctx); err != nil || len(all) != 1 || all["u1"] != customer {
			t.Errorf("customers: %+v, %v", all, err)
		}

		var mailed []int64
		closing := db.Closing{
			Month: "2026-10", Calls: 6, Lines: []db.BillingLine{line("u1", "k1", 7), line("u2", "k2", 8)},
			Invoices: []db.Invoice{{UserID: "u1", Email: "u1@example.com", Company: "C", Address: "A", TaxID: "T", Currency: "EUR", Net: 7, TaxName: "Tax", TaxNote: "E", Amount: 7, Operator: "O", Letterhead: "L\nM", Note: "N"}, {UserID: "u2", Email: "u2@example.com", Currency: "EUR", Net: 80, TaxName: "Tax", TaxRate: 810, Tax: 6, Amount: 86}},
			Prefix:   "P-", Prices: []db.Price{price},
			Events: []db.MeterEvent{{Identifier: "i1", UserID: "u1", Customer: "cus_1", Meter: "m", Value: 3, Next: noon()}},
			More: func(_ context.Context, _ *db.Tx, i db.Invoice) error {
				mailed = append(mailed, i.Number)
				return nil
			},
		}
		failing := closing
		failing.More = func(context.Context, *db.Tx, db.Invoice) error { return errors.New("no mail") }
		if _, err := d.CloseMonth(ctx, by("a"), failing); err == nil {
			t.Error("a month was closed without its mails")
		}
		m, err := d.CloseMonth(ctx, by("a"), closing)
		if err != nil || m.Place != 1 || m.Lines != 2 || len(mailed) != 2 || mailed[1] != 2 {
			t.Fatalf("closed: %+v, mailed %v: %v", m, mailed, err)
		}
		for month, text := range map[db.Month]string{"2026-10": "a closed October 2026 already, on 1 November 2026, 12:00 UTC.", "2026-09": "A month after September 2026 is closed already, so it cannot be closed any more."} {
			if _, err := d.CloseMonth(ctx, by("b"), db.Closing{Month: month}); pierre.KindOf(err) != pierre.KindConflict || pierre.MessageOf(err, "") != text {
				t.Errorf("closing %v: %v", month, err)
			}
		}
		late := line("u1", "k1", 1)
		late.OfMonth = "2026-10"
		if m, err = d.CloseMonth(ctx, by("a"), db.Closing{Month: "2026-11", Lines: []db.BillingLine{late}, Invoices: closing.Invoices[:1]}); err != nil || m.Place != 2 {
			t.Fatalf("the next month: %+v, %v", m, err)
		}
		if list, err := d.BillingMonths(ctx); err != nil || len(list) != 2 || list[0].Month != "2026-11" || list[1].Calls != 6 || !reflect.DeepEqual(list[1].Prices, closing.Prices) || !list[1].Closed.Equal(noon()) {
			t.Errorf("months: %+v, %v", list, err)
		}
		if list, err := d.BilledFor(ctx, "2026-10"); err != nil || len(list) != 3 || !list[2].Correction() || list[1].Number != 2 {
			t.Errorf("lines of October: %+v, %v", list, err)
		}
		i, lines, err := d.InvoiceByNumber(ctx, 1)
		if want := (db.Invoice{Number: 1, Printed: "P-00001", Month: "2026-10", UserID: "u1", Email: "u1@example.com", Company: "C", Address: "A", TaxID: "T", Currency: "EUR", Net: 7, TaxName: "Tax", TaxNote: "E", Amount: 7, Operator: "O", Letterhead: "L\nM", Note: "N"}); err != nil || i != want || len(lines) != 1 || lines[0] != line("u1", "k1", 7) {
			t.Errorf("invoice 1: %+v with %+v, %v", i, lines, err)
		}
		if _, _, err := d.InvoiceByNumber(ctx, 4); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("invoice 4: %v", err)
		}
		if list, err := d.InvoicesOf(ctx, "u1"); err != nil || len(list) != 2 || list[0].Number != 3 {
			t.Errorf("invoices of u1: %+v, %v", list, err)
		}
		if list, err := d.InvoicesTo(ctx, "u2@example.com"); err != nil || len(list) != 1 || list[0].Number != 2 || list[0].Tax != 6 || list[0].Amount != 86 || list[0].TaxRate != 810 || list[0].TaxNote != "" {
			t.Errorf("invoices to u2: %+v, %v", list, err)
		}
		if n, err := d.VerifyBilling(ctx); n != 2 || err != nil {
			t.Errorf("the chain of %d months: %v", n, err)
		}
	})
}

// TestMeterEventsAreClaimedOnce: an event that one replica has is not another's.
func TestMeterEventsAreClaimedOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		if _, err := d.CloseMonth(ctx, by("a"), db.Closing{Month: "2026-10", Events: []db.MeterEvent{{Identifier: "i1", Next: noon()}, {Identifier: "i2", Next: noon()}}}); err != nil {
			t.Fatal(err)
		}
		claim := func(n int, at time.Time) int {
			t.Helper()
			list, err := replicas[n].ClaimEvents(ctx, at, at.Add(time.Minute), 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if got := [3]int{claim(0, noon().Add(-1)), claim(0, noon()), claim(1, noon())}; got != [3]int{0, 2, 0} {
			t.Errorf("claimed: %v", got)
		}
		events, err := d.MeterEvents(ctx, "2026-10", 99)
		if err != nil || len(events) != 2 || events[0].Tries != 1 || !events[0].Next.Equal(noon().Add(time.Minute)) {
			t.Fatalf("events: %+v, %v", events, err)
		}
		events[0].State, events[0].Delivered = db.EventDelivered, noon()
		events[1].State, events[1].Problem = db.EventRefused, "No."
		for _, e := range events {
			if err := d.SetEvent(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		if got := claim(1, noon().Add(time.Hour)); got != 0 {
			t.Errorf("%d events that are done were claimed", got)
		}
		if n, left, err := d.RetryEvents(ctx, by("a"), "2026-10"); n != 1 || left != 0 || err != nil {
			t.Errorf("%d events wait again, %d do not: %v", n, left, err)
		}
		again, err := d.MeterEvents(ctx, "2026-10", 99)
		if err != nil || again[1] != events[0] || again[0].State != db.EventWaiting || again[0].Problem != "No." { // what waits comes first
			t.Errorf("events: %+v, %v", again, err)
		}
		if got := claim(1, noon()); got != 1 {
			t.Errorf("%d events were claimed", got)
		}
	})
}

// TestRefusedEventsGetTheIDOfNow: they are sent for the ids that their customers have at Stripe by then, whatever became of
// the others.
func TestRefusedEventsGetTheIDOfNow(t *testing.T) {
	const told = "Stripe is told of cus_%s in this month already, as of another customer."
	for name, c := range map[string]struct {
		state map[string]string // of the events of cus_1, cus_2, …; refused if it is not here
		now   string            // what of cus_ users 1, 2, … have at Stripe by then
		want  []string          // events by then, with their user, state and problem
	}{
		"a new id":     {map[string]string{"1": db.EventDelivered}, "14", []string{"1 of u1, delivered: No.", "4 of u2, waiting: No."}},
		"no id":        {nil, "1 ", []string{"1 of u1, waiting: No.", "2 of u2, waiting: No."}},
		"swapped":      {nil, "21", []string{"1 of u2, waiting: No.", "2 of u1, waiting: No."}},
		"in a circle":  {nil, "312", []string{"1 of u2, waiting: No.", "2 of u3, waiting: No.", "3 of u1, waiting: No."}},
		"another's":    {map[string]string{"1": db.EventDelivered}, "41", []string{"1 of u1, delivered: No.", "2 of u2, refused: " + fmt.Sprintf(told, "1")}},
		"of one gone":  {nil, " 14", []string{"1 of u1, waiting: No.", "2 of u2, refused: " + fmt.Sprintf(told, "1"), "4 of u3, waiting: No."}},
		"behind those": {map[string]string{"1": db.EventDelivered}, "412", []string{"1 of u1, delivered: No.", "2 of u2, refused: " + fmt.Sprintf(told, "1"), "3 of u3, refused: " + fmt.Sprintf(told, "2")}},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				ctx, closing := t.Context(), db.Closing{Month: "2026-10"}
				for n := range c.now {
					id := strconv.Itoa(n + 1)
					closing.Events = append(closing.Events, db.MeterEvent{
						Identifier: db.MeterIdentifier("cus_"+id, "m", "2026-10"), UserID: pierre.UserID("u" + id), Customer: "cus_" + id, Meter: "m", Month: "2026-10",
					})
				}
				_, err := d.CloseMonth(ctx, by("a"), closing)
				left := int64(len(closing.Events))
				for n, e := range closing.Events {
					id := strings.TrimPrefix(e.Customer, "cus_")
					e.State, e.Problem = cmp.Or(c.state[id], db.EventRefused), "No."
					err = errors.Join(err, d.SetEvent(ctx, e))
					if now := c.now[n : n+1]; now != " " {
						err = errors.Join(err, d.SetBillingCustomer(ctx, by("a"), db.BillingCustomer{UserID: e.UserID, Stripe: "cus_" + now}))
					}
				}
				sent, stay, retried := d.RetryEvents(ctx, by("a"), "2026-10")
				list, read := d.MeterEvents(ctx, "2026-10", 99)
				if err := errors.Join(err, retried, read); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, e := range list {
					if got = append(got, fmt.Sprintf("%s of %s, %s: %s", strings.TrimPrefix(e.Customer, "cus_"), e.UserID, e.State, e.Problem)); e.Identifier != e.Customer+":m:2026-10" {
						t.Errorf("%s is of %s", e.Identifier, e.Customer)
					}
					if e.State == db.EventWaiting {
						sent, left = sent-1, left-1
					}
				}
				slices.Sort(got)
				if left -= int64(len(c.state)); !slices.Equal(got, c.want) || sent != 0 || stay != left {
					t.Errorf("events: %q, want %q; %d more were said to be sent, %d to be refused", got, c.want, sent, stay)
				}
			})
		})
	}
	d := dbtest.New(t)
	set := func(user pierre.UserID) error {
		return d.SetBillingCustomer(t.Context(), by("a"), db.BillingCustomer{UserID: user, Stripe: "cus_1"})
	}
	if err := set("u1"); err != nil {
		t.Fatal(err)
	}
	if err := set("u2"); pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("two customers with one id: %v", err)
	}
}

// TestPartsOfAMonth: lines and invoices are read from a number on, and amounts are added up by currencies.
func TestPartsOfAMonth(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		closing := db.Closing{Month: "2026-10"}
		for n := range 5 {
			l, i := line("u1", fmt.Sprint("k", n), int64(n)), db.Invoice{UserID: "u1", Currency: "EUR", Net: 1, Amount: 1}
			l.Currency = []db.Currency{"EUR", "USD", ""}[n%3]
			closing.Lines, closing.Invoices = append(closing.Lines, l), append(closing.Invoices, i)
		}
		if _, err := d.CloseMonth(ctx, by("a"), closing); err != nil {
			t.Fatal(err)
		}
		sums, err := d.BillingSums(ctx, "2026-10")
		if want := []db.Money{{Minor: 3, Currency: "EUR"}, {Minor: 5, Currency: "USD"}}; err != nil || !slices.Equal(sums, want) {
			t.Errorf("sums %v, want %v: %v", sums, want, err)
		}
		if sums, err := d.BillingSums(ctx, "2026-11"); err != nil || len(sums) != 0 {
			t.Errorf("of another month: %v, %v", sums, err)
		}
		for from, want := range map[int64]int{1: 2, 4: 2, 5: 1, 6: 0, 1 << 62: 0} {
			lines, err := d.BillingLinesFrom(ctx, "2026-10", from, 2)
			list, err2 := d.InvoicesFrom(ctx, "2026-10", from, 2)
			if err := errors.Join(err, err2); err != nil || len(lines) != want || len(list) != want || want > 0 && (lines[0].Number != from || list[0].Number != from) {
				t.Errorf("from %d: %+v, %+v, want %d: %v", from, lines, list, want, err)
			}
		}
	})
}
