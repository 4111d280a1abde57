package db_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/portal/db"
)

// TestTaxIsExact: against fractions without limits, for all rates and amounts that there can be.
func TestTaxIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // the same in each run
	for n := range 20_000 {
		rate, net := db.Rate(random.Int64N(10_001)), random.Int64N(math.MaxInt64/1000)>>random.IntN(53)
		if n < 4 {
			rate, net = []db.Rate{0, 10_000}[n%2], []int64{0, math.MaxInt64 / 1000}[n/2]
		}
		tax := rate.Of(net)
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(net), big.NewInt(int64(rate))), big.NewInt(10_000))
		difference := new(big.Rat).Sub(new(big.Rat).SetInt64(tax), exact) // more than -1/2, at most 1/2
		if half := big.NewRat(1, 2); difference.Cmp(half) > 0 || difference.Cmp(new(big.Rat).Neg(half)) <= 0 || tax < 0 || tax > net {
			t.Fatalf("%v of %d is %d, exactly %v", rate, net, tax, exact)
		}
		if again, err := db.ParseRate("x", rate.Decimal()); err != nil || again != rate {
			t.Fatalf("%d is written %s, and read as %d: %v", rate, rate.Decimal(), again, err)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]db.Rate{"": 0, "0": 0, "19": 1900, "8.1": 810, " 7.75 % ": 775, "100": 10_000, "100.00": 10_000, "0.05": 5} {
		if got, err := db.ParseRate("f", text); err != nil || got != want {
			t.Errorf("%q is %d, want %d: %v", text, got, want, err)
		}
	}
	for _, text := range []string{"100.01", "-1", "1e1", ".5", "8,1", "0.005", "x", "1 9", "99999999999999999999", "+1", "%%"} {
		if got, err := db.ParseRate("f", text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
	for rate, want := range map[db.Rate]string{0: "0 %", 5: "0.05 %", 810: "8.1 %", 1900: "19 %", 10_000: "100 %"} {
		if got := rate.String(); got != want {
			t.Errorf("%d is shown as %s", rate, got)
		}
	}
}

// FuzzParseRate: a rate that is taken is one, and is read again from how it is written.
func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"19", "8.1", "100.00", "", "%", "-0", "1e2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rate, err := db.ParseRate("f", text)
		if err != nil {
			return
		}
		if again, err := db.ParseRate("f", rate.String()); rate < 0 || rate > 10_000 || err != nil || again != rate || strings.Contains(text, "-") {
			t.Errorf("%q is %d, and read again %d: %v", text, rate, again, err)
		}
	})
}
