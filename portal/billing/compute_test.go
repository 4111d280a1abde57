package billing

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

const october = db.Month("2026-10")

func day(n int) time.Time { return october.Start().AddDate(0, 0, n-1) }

// prices are those of two tiers: pro costs 20.00 for 1000 calls, and 0.50 for each 100 above.
func prices() map[pierre.Tier]db.Price {
	return map[pierre.Tier]db.Price{
		"pro":  {Tier: "pro", Currency: "EUR", Base: 2000, Included: 1000, Overage: 50, OverageCalls: 100},
		"plus": {Tier: "plus", Currency: "EUR", Base: 5000, Included: 5000, Overage: 40, OverageCalls: 100},
	}
}

func made(id string, tier pierre.Tier, created time.Time) key {
	return key{ID: pierre.KeyID(id), UserID: "user_a", Email: "a@example.com", Name: id, Tier: tier, Created: created}
}

func keys(list ...key) map[pierre.KeyID]key {
	all := map[pierre.KeyID]key{}
	for _, k := range list {
		all[k.ID] = k
	}
	return all
}

// A short is what tests say of a line.
type short struct {
	Key                             pierre.KeyID
	Tier                            pierre.Tier
	Of                              db.Month
	Base, Included, Used, Over, Sum int64
}

func shorts(lines []db.BillingLine) (list []short) {
	for _, l := range lines {
		list = append(list, short{l.KeyID, l.Tier, l.OfMonth, l.Base, l.Included, l.Used, l.Overage, l.Amount})
	}
	return list
}

func TestLines(t *testing.T) {
	early := day(-20)
	rotated, successor := made("k1", "pro", early), made("k2", "pro", day(15))
	rotated.ReplacedBy, rotated.Ended = "k2", day(16)
	ended, over := made("k1", "pro", early), made("k1", "pro", early)
	ended.Ended, over.Ended = day(-1), day(1).Add(time.Second)
	for _, c := range []struct {
		name string
		keys map[pierre.KeyID]key
		use  monthUse
		want []short
	}{
		{"a key without calls", keys(made("k1", "pro", early)), nil, []short{{"k1", "pro", october, 2000, 1000, 0, 0, 2000}}},
		{"all included calls", keys(made("k1", "pro", early)), monthUse{{"k1", "pro"}: 1000}, []short{{"k1", "pro", october, 2000, 1000, 1000, 0, 2000}}},
		{"one call more", keys(made("k1", "pro", early)), monthUse{{"k1", "pro"}: 1001}, []short{{"k1", "pro", october, 2000, 1000, 1001, 1, 2000}}},
		{"two calls more", keys(made("k1", "pro", early)), monthUse{{"k1", "pro"}: 1002}, []short{{"k1", "pro", october, 2000, 1000, 1002, 2, 2001}}},
		{"many more", keys(made("k1", "pro", early)), monthUse{{"k1", "pro"}: 11_000}, []short{{"k1", "pro", october, 2000, 1000, 11_000, 10_000, 7000}}},
		{"a tier without a price", keys(made("k1", "free", early)), monthUse{{"k1", "free"}: 5}, []short{{"k1", "free", october, 0, db.MaxCalls, 5, 0, 0}}},
		{"a key without calls of a tier without a price", keys(made("k1", "free", early)), nil, nil},
		{"made after the month", keys(made("k1", "pro", october.End())), nil, nil},
		{"made in its last moment", keys(made("k1", "pro", october.End().Add(-1))), nil, []short{{"k1", "pro", october, 2000, 1000, 0, 0, 2000}}},
		{"ended before the month", keys(ended), nil, nil},
		{"ended in its first second", keys(over), nil, []short{{"k1", "pro", october, 2000, 1000, 0, 0, 2000}}},
		{
			"rotated: one price, one share of included calls, the older key's first", keys(rotated, successor),
			monthUse{{"k1", "pro"}: 600, {"k2", "pro"}: 600},
			[]short{{"k1", "pro", october, 0, 1000, 600, 0, 0}, {"k2", "pro", october, 2000, 400, 600, 200, 2100}},
		},
		{
			"another tier from the middle of the month", keys(made("k1", "plus", early)),
			monthUse{{"k1", "pro"}: 1200, {"k1", "plus"}: 10},
			[]short{{"k1", "plus", october, 5000, 5000, 10, 0, 5000}, {"k1", "pro", october, 0, 1000, 1200, 200, 100}},
		},
		{"a key that is gone", keys(), monthUse{{"k9", "pro"}: 1200}, []short{{"k9", "pro", october, 0, 1000, 1200, 200, 100}}},
	} {
		in := input{Month: october, Keys: c.keys, Use: c.use, Prices: prices()}
		lines, err := in.lines()
		if err != nil || !slices.Equal(shorts(lines), c.want) {
			t.Errorf("%s:\n%+v, want\n%+v: %v", c.name, shorts(lines), c.want, err)
		}
	}
}

// TestCorrections: calls that came after their month was closed cost what they would have cost in it.
func TestCorrections(t *testing.T) {
	k := keys(made("k1", "pro", day(-20)), made("k2", "pro", day(-20)))
	first := input{Month: october, Keys: k, Prices: prices(), Use: monthUse{{"k1", "pro"}: 990, {"k2", "pro"}: 1001}}
	billed, err := first.lines()
	if err != nil {
		t.Fatal(err)
	}
	now := prices()
	now["pro"] = db.Price{Tier: "pro", Currency: "EUR", Base: 9000, Included: 1, Overage: 9999, OverageCalls: 1} // later prices are for later months
	next := input{Month: "2026-11", Prices: now, Keys: k, Late: map[db.Month]late{
		october: {Use: monthUse{{"k1", "pro"}: 1110, {"k2", "pro"}: 1003, {"k3", "pro"}: 0}, Billed: billed, Prices: prices()},
	}}
	corrections, err := next.corrections()
	want := []short{
		{"k1", "pro", october, 0, 10, 120, 110, 55},
		{"k2", "pro", october, 0, 0, 2, 2, 1}, // three calls above cost 1, of which nothing was paid
	}
	if err != nil || !slices.Equal(shorts(corrections), want) {
		t.Errorf("corrections: %+v, want %+v: %v", shorts(corrections), want, err)
	}
	next.Late = map[db.Month]late{october: {Use: monthUse{{"k1", "pro"}: 1110, {"k2", "pro"}: 900}, Billed: append(billed, corrections...), Prices: prices()}}
	if again, err := next.corrections(); err != nil || len(again) > 0 {
		t.Errorf("corrected again: %+v, %v", shorts(again), err)
	}
}

// TestCorrectionsOfRotatedKeys: keys that rotation put in each other's place share the included calls, late ones too.
func TestCorrectionsOfRotatedKeys(t *testing.T) {
	before, after := made("k1", "pro", day(-20)), made("k2", "pro", day(15))
	before.ReplacedBy, before.Ended = "k2", day(16)
	k := keys(before, after)
	billed, err := input{Month: october, Keys: k, Prices: prices(), Use: monthUse{{"k1", "pro"}: 600, {"k2", "pro"}: 600}}.lines()
	if err != nil {
		t.Fatal(err)
	}
	next := input{Month: "2026-11", Prices: map[pierre.Tier]db.Price{}, Keys: k, Late: map[db.Month]late{
		october: {Use: monthUse{{"k1", "pro"}: 700, {"k2", "pro"}: 600}, Billed: billed, Prices: prices()},
	}}
	if got, err := next.corrections(); err != nil || !slices.Equal(shorts(got), []short{{"k1", "pro", october, 0, 0, 100, 100, 50}}) {
		t.Errorf("corrections: %+v, %v", shorts(got), err)
	}
}

// TestCorrectionsAtThePricesOfTheirMonth: a tier that had no line in its month, or no price, has those that it had then.
func TestCorrectionsAtThePricesOfTheirMonth(t *testing.T) {
	k := keys(made("k1", "pro", day(-20)), made("k2", "plus", day(-20)))
	next := input{Month: "2026-11", Prices: prices(), Keys: k, Late: map[db.Month]late{october: {
		Use:    monthUse{{"k1", "pro"}: 2000, {"k2", "plus"}: 6000},
		Prices: map[pierre.Tier]db.Price{"plus": {Tier: "plus", Currency: "USD", Included: 1000, Overage: 1, OverageCalls: 1}},
	}}}
	got, err := next.corrections()
	if err != nil || !slices.Equal(shorts(got), []short{{"k1", "pro", october, 0, db.MaxCalls, 2000, 0, 0}, {"k2", "plus", october, 0, 1000, 6000, 5000, 5000}}) || got[1].Currency != "USD" {
		t.Errorf("corrections: %+v, %v", shorts(got), err)
	}
}

// TestSumsAddUp: whatever the keys did, lines and the corrections after them have each call once.
func TestSumsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // the same in each run
	for range 300 {
		k, all := randomKeys(random)
		in := input{Month: october, Keys: k, Use: all, Prices: prices()}
		whole, err := in.lines()
		if err != nil {
			t.Fatal(err)
		}
		if used := usedOf(whole); used != all.total() {
			t.Fatalf("lines have %d calls, the keys had %d", used, all.total())
		}
		in.Use = monthUse{}
		for u, n := range all {
			in.Use[u] = random.Int64N(n + 1)
		}
		inTime, err := in.lines()
		if err != nil {
			t.Fatal(err)
		}
		next := input{Month: october.Next(), Keys: k, Prices: prices(), Late: map[db.Month]late{october: {Use: all, Billed: inTime, Prices: prices()}}}
		afterwards, err := next.corrections()
		if err != nil {
			t.Fatal(err)
		}
		for u, more := range overages(in.Keys, whole) { // rounding of each line can only make it less
			paid := overages(in.Keys, inTime)[u] + overages(in.Keys, afterwards)[u]
			if paid < more || paid > more+int64(len(k)) {
				t.Fatalf("%v costs %d above the included calls, in time, and %d with corrections", u, more, paid)
			}
		}
		if used := usedOf(inTime) + usedOf(afterwards); used != all.total() {
			t.Fatalf("lines and corrections have %d calls, the keys had %d", used, all.total())
		}
	}
}

// overages adds up what calls above the included ones cost, by the last key of a rotation.
func overages(k map[pierre.KeyID]key, lines []db.BillingLine) map[use]int64 {
	sums := map[use]int64{}
	for _, l := range lines {
		last := input{Keys: k}.successor(k[l.KeyID], october)
		sums[use{last.ID, l.Tier}] += l.Amount - l.Base
	}
	return sums
}

func usedOf(lines []db.BillingLine) (sum int64) {
	for _, l := range lines {
		sum += l.Used
	}
	return sum
}

// randomKeys returns some keys, of which rotation put some in the place of others, and what they did.
func randomKeys(random *rand.Rand) (map[pierre.KeyID]key, monthUse) {
	k, all := map[pierre.KeyID]key{}, monthUse{}
	for n := range 1 + random.IntN(6) {
		id := pierre.KeyID(rune('a' + n))
		tier := []pierre.Tier{"pro", "plus", "free"}[random.IntN(3)]
		next := made(string(id), tier, day(random.IntN(40)-20))
		if n > 0 && random.IntN(3) == 0 {
			before := k[pierre.KeyID(rune('a'+n-1))]
			next.Created = before.Created.Add(time.Hour)
			before.ReplacedBy, before.Ended = id, next.Created
			k[before.ID] = before
		}
		k[id] = next
		all[use{id, tier}] = random.Int64N(3000)
		if random.IntN(2) == 0 {
			all[use{id, "pro"}] = random.Int64N(3000)
		}
	}
	return k, all
}

func TestInvoicesAndEvents(t *testing.T) {
	lines := []db.BillingLine{
		{UserID: "u1", Email: "a@example.com", Currency: "EUR", Amount: 100, Used: 5},
		{UserID: "u1", Email: "a@example.com", Currency: "USD", Amount: 7, Used: 1},
		{UserID: "u1", Email: "a@example.com", Currency: "EUR", Amount: 11, Used: 2},
		{UserID: "u2", Currency: "EUR", Used: 3},
		{Currency: "EUR", Amount: 9, Used: 4},
	}
	customers := map[pierre.UserID]db.BillingCustomer{"u1": {Company: "A", Address: "B", TaxID: "C", Stripe: "cus_1"}}
	want := []db.Invoice{
		{UserID: "u1", Email: "a@example.com", Company: "A", Address: "B", TaxID: "C", Currency: "EUR", Net: 111, TaxName: "VAT", TaxRate: 810, Tax: 9, Amount: 120, Operator: "O", Letterhead: "L", Note: "N"},
		{UserID: "u1", Email: "a@example.com", Company: "A", Address: "B", TaxID: "C", Currency: "USD", Net: 7, TaxName: "VAT", TaxRate: 810, Tax: 1, Amount: 8, Operator: "O", Letterhead: "L", Note: "N"},
	}
	settings := db.Settings{Operator: "O", Letterhead: "L", InvoicePrefix: "P-", InvoiceNote: "N", Imprint: "not on invoices", TaxName: "VAT", TaxRate: "8.1"}
	if got := invoices(lines, customers, &settings); !slices.Equal(got, want) {
		t.Errorf("invoices: %+v", got)
	}
	got := events(october, lines, customers, day(32))
	if len(got) != 1 || got[0].Identifier != "cus_1:tool_calls:2026-10" || got[0].Value != 8 || got[0].UserID != "u1" || !got[0].Next.Equal(day(32)) {
		t.Errorf("events: %+v", got)
	}
}

// TestLinesThatLackCallsAreNotClosed: what the lines have is compared with what the server counts, without corrections.
func TestLinesThatLackCallsAreNotClosed(t *testing.T) {
	lines := []db.BillingLine{
		{Month: october, OfMonth: october, Used: 7}, {Month: october, OfMonth: october, Used: 5}, {Month: october, OfMonth: "2026-09", Used: 3},
	}
	for calls, right := range map[int64]bool{12: true, 11: false, 13: false, 15: false, 0: false} {
		if err := checkSum(october, lines, calls); (err == nil) != right {
			t.Errorf("%d calls: %v", calls, err)
		}
	}
	if err := checkSum(october, nil, 0); err != nil {
		t.Errorf("a month without calls: %v", err)
	}
}
