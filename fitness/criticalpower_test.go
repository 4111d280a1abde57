//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestCriticalPowerFits(t *testing.T) {
	measured := []Effort{{Seconds: 180, Watts: 400}, {Seconds: 420, Watts: 330}, {Seconds: 900, Watts: 300}}
	exact := []Effort{{Seconds: 180, Watts: 361.1111}, {Seconds: 360, Watts: 305.5556}, {Seconds: 720, Watts: 277.7778}}
	for _, c := range []struct {
		name       string
		fit        func([]Effort) (CriticalPower, error)
		efforts    []Effort
		cp, wPrime float64
		method     Method
	}{
		{"work–time", FitCriticalPower, measured, 274.8, 22790, MethodCPWorkTime},
		{"1/t", FitCriticalPowerInverse, measured, 275.7, 22410, MethodCPInverseTime},
		{"work–time, exact", FitCriticalPower, exact, 250, 20000, MethodCPWorkTime},
		{"1/t, exact", FitCriticalPowerInverse, exact, 250, 20000, MethodCPInverseTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.fit(c.efforts)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "CP", got.Watts, c.cp, 0.05)
			near(t, "W′", got.WPrimeJ, c.wPrime, 6)
			if got.Method != c.method || got.RSquared < 0.98 || got.RSquared > 1 {
				t.Errorf("fit = %+v", got)
			}
		})
	}
}

func TestCriticalPowerRefusals(t *testing.T) {
	for name, efforts := range map[string][]Effort{
		"nothing":         nil,
		"two efforts":     {{Seconds: 180, Watts: 400}, {Seconds: 900, Watts: 300}},
		"too short":       {{Seconds: 5, Watts: 900}, {Seconds: 60, Watts: 500}, {Seconds: 180, Watts: 400}},
		"too alike":       {{Seconds: 300, Watts: 350}, {Seconds: 400, Watts: 340}, {Seconds: 600, Watts: 330}},
		"not all out":     {{Seconds: 180, Watts: 200}, {Seconds: 400, Watts: 210}, {Seconds: 900, Watts: 220}},
		"power not known": {{Seconds: 180, Watts: math.NaN()}, {Seconds: 400, Watts: 210}, {Seconds: 900, Watts: 220}},
	} {
		_, err := FitCriticalPower(efforts)
		refused(t, name, err)
		_, err = FitCriticalPowerInverse(efforts)
		refused(t, name, err)
	}
}

func TestWBalance(t *testing.T) {
	c := CriticalPower{Watts: 250, WPrimeJ: 20000}
	p := power(t, stretch{180, 350}, stretch{300, 150})
	joules := balance(p, c)
	near(t, "after 180 s at 350 W", joules[179], 2000, 1e-9)
	// The closed form, 20000 − 18000·e^−1.5; 1 s Euler steps end at 15999.
	near(t, "after 300 s at 150 W", joules[479], 15984, 0.5)
	lowest, when, err := p.LowestWBalance(c)
	near(t, "lowest", value(t)(lowest, err), 2000, 1e-9)
	near(t, "when", when, 179, 0)
}

func balance(p Power, c CriticalPower) []float64 {
	var joules []float64
	for _, left := range p.wBalance(c) {
		joules = append(joules, left)
	}
	return joules
}

func TestWBalanceRefillsInPauses(t *testing.T) {
	c := CriticalPower{Watts: 250, WPrimeJ: 20000}
	at, watts := steps(stretch{180, 350}, stretch{10, 350})
	for i := 180; i < len(at); i++ {
		at[i] += 600
	}
	p, err := NewPower(at, watts)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "after 10 min of rest and a second at 350 W", balance(p, c)[180], 20000-18000*math.Exp(-250.0/20000*600)-100, 1e-6)
}

func TestWBalanceBelowZeroIsNoted(t *testing.T) {
	p := power(t, stretch{300, 400})
	if lowest, _, err := p.LowestWBalance(CriticalPower{Watts: 250, WPrimeJ: 20000}); err != nil || lowest.Value != -25000 || lowest.Note == "" {
		t.Errorf("lowest = %+v, %v; want −25000 with a note", lowest, err)
	}
	_, _, err := p.LowestWBalance(CriticalPower{})
	refused(t, "no model", err)
	_, _, err = Power{}.LowestWBalance(CriticalPower{Watts: 250, WPrimeJ: 20000})
	refused(t, "no power", err)
}
