package db_test

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

func TestMonth(t *testing.T) {
	m := db.MonthOf(time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC))
	if m != "2026-12" || m.Next() != "2027-01" || m.Before() != "2026-11" || m.String() != "December 2026" {
		t.Errorf("%s, then %s, before %s, called %v", string(m), string(m.Next()), string(m.Before()), m)
	}
	if got := db.MonthOf(time.Date(2026, 11, 1, 0, 30, 0, 0, time.FixedZone("", 3600))); got != "2026-10" {
		t.Errorf("half an hour into November in a zone east of Greenwich is %s", string(got))
	}
	if d := db.Month("2028-02"); d.End().Sub(d.Start()) != 29*24*time.Hour {
		t.Errorf("February 2028 lasts %v", d.End().Sub(d.Start()))
	}
	for _, bad := range []string{"", "2026", "2026-13", "2026-1", "2026-00", "1999-12", "3000-01", "2026-10-01", " 2026-10"} {
		if m, err := db.ParseMonth(bad); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%q is the month %q: %v", bad, string(m), err)
		}
	}
}

func TestMoneyIsWrittenAndRead(t *testing.T) {
	for _, c := range []struct {
		m               db.Money
		people, program string
	}{
		{db.Money{Minor: 0, Currency: "EUR"}, "0.00 EUR", "0.00"},
		{db.Money{Minor: 5, Currency: "EUR"}, "0.05 EUR", "0.05"},
		{db.Money{Minor: -5, Currency: "EUR"}, "-0.05 EUR", "-0.05"},
		{db.Money{Minor: 125_000, Currency: "USD"}, "1,250.00 USD", "1250.00"},
		{db.Money{Minor: 100_000_000, Currency: "EUR"}, "1,000,000.00 EUR", "1000000.00"},
		{db.Money{Minor: 1234, Currency: "JPY"}, "1,234 JPY", "1234"},
		{db.Money{Minor: 1234, Currency: "KWD"}, "1.234 KWD", "1.234"},
		{db.Money{Minor: math.MinInt64, Currency: "JPY"}, "-9,223,372,036,854,775,808 JPY", "-9223372036854775808"},
	} {
		if c.m.String() != c.people || c.m.Decimal() != c.program {
			t.Errorf("%d: %q, %q", c.m.Minor, c.m.String(), c.m.Decimal())
		}
		if c.m.Minor < 0 {
			continue
		}
		if got, err := db.ParseMoney("base", c.program, c.m.Currency); err != nil || got != c.m {
			t.Errorf("%q is read as %v: %v", c.program, got, err)
		}
	}
	for _, bad := range []string{"", ".5", "1,000", "1.234", "-1", "+1", "1e3", "10000000.01", "１", strings.Repeat("9", 40), "1.2.3"} {
		if got, err := db.ParseMoney("base", bad, "EUR"); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%q is read as %v: %v", bad, got, err)
		}
	}
	if got, err := db.ParseMoney("base", "10000000", "EUR"); err != nil || got.Minor != db.MaxPrice {
		t.Errorf("the highest price: %v, %v", got, err)
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"12.50", "1", "0.01", "1.", "-1", "1,5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := db.ParseMoney("base", text, "EUR")
		if err != nil {
			return
		}
		if again, err := db.ParseMoney("base", m.Decimal(), "EUR"); err != nil || again != m || m.Minor < 0 || m.Minor > db.MaxPrice {
			t.Errorf("%q is %v, which is read as %v: %v", text, m, again, err)
		}
	})
}

func TestOveragePrice(t *testing.T) {
	p := db.Price{Tier: "pro", Currency: "EUR", Overage: 50, OverageCalls: 1000}
	for calls, want := range map[int64]int64{-1: 0, 0: 0, 19: 0, 20: 1, 39: 1, 1000: 50, 1_000_000: 50_000} {
		if got, err := p.OveragePrice(calls); err != nil || got != want {
			t.Errorf("%d calls cost %d, want %d: %v", calls, got, want, err)
		}
	}
	dear := db.Price{Tier: "pro", Overage: db.MaxPrice, OverageCalls: 1}
	if got, err := dear.OveragePrice(db.MaxCalls); err == nil {
		t.Errorf("the dearest calls cost %d", got)
	}
}

func FuzzOveragePrice(f *testing.F) {
	f.Add(int64(1000), int64(50), int64(1000))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(1))
	f.Fuzz(func(t *testing.T, calls, overage, per int64) {
		if per < 1 {
			return
		}
		got, err := db.Price{Overage: overage, OverageCalls: per}.OveragePrice(calls)
		want := new(big.Int)
		if calls > 0 && overage > 0 {
			want.Div(want.Mul(big.NewInt(calls), big.NewInt(overage)), big.NewInt(per))
		}
		if err == nil && want.Cmp(big.NewInt(got)) != 0 || err != nil && want.Cmp(big.NewInt(math.MaxInt64/1000)) <= 0 {
			t.Errorf("%d calls at %d per %d cost %d, want %v: %v", calls, overage, per, got, want, err)
		}
	})
}
