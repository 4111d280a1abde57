package fitness

import "math"

// A WBalance is how much of W′, the work that can be done above the critical
// power, was left during a recording. [Power.WBalance] computes it.
type WBalance struct {
	joules   []float64 // after each second of recorded time
	at       []float64 // s after the start, of each second
	lowest   int       // index of the lowest value
	method   Method
	coverage float64
}

// Series returns what was left in joules after each second of recorded time, and
// when that was, in seconds after the start.
func (b WBalance) Series() (t, joules []float64) { return b.at, b.joules }

// Lowest returns the least that was left in joules, and when, in seconds after the
// start. Below 0 the critical power or W′ is set too low, and the note says so.
func (b WBalance) Lowest() (left Result, at float64, err error) {
	if len(b.joules) == 0 {
		return Result{}, 0, unavailable("no power was recorded")
	}
	left, err = result(b.joules[b.lowest], b.method, b.coverage)
	if left.Value < 0 {
		left.Note = "below 0: the critical power or W′ is set too low"
	}
	return left, b.at[b.lowest], err
}

// WBalance follows W′ by the differential model: above CP it falls by the work
// done above, below it refills at a rate of (CP − P)·(W′ − W)/W′. Each second uses
// the model's exact solution, not an Euler step, and a pause refills as at 0 W. c may
// be fitted or the athlete's own numbers.
func (p Power) WBalance(c CriticalPower) (WBalance, error) {
	if err := p.checkBalance(c); err != nil {
		return WBalance{}, err
	}
	joules := make([]float64, len(p.watts))
	left := c.WPrimeJ
	for i, w := range p.watts {
		if pause := p.pauseBefore(i); pause > 0 {
			left = c.recover(left, 0, pause)
		}
		if w >= c.Watts {
			left -= w - c.Watts
		} else {
			left = c.recover(left, w, 1)
		}
		joules[i] = left
	}
	return p.balance(joules, MethodWBalance), nil
}

// recover returns W′ after seconds at watts below CP.
func (c CriticalPower) recover(left, watts, seconds float64) float64 {
	return c.WPrimeJ - (c.WPrimeJ-left)*math.Exp(-(c.Watts-watts)/c.WPrimeJ*seconds)
}

// WBalanceTau follows W′ by the older integral model, in which all work above CP
// refills with one time constant: τ = 546·e^(−0.01·D) + 316 s, D being CP minus the
// mean power below CP of the whole recording.
func (p Power) WBalanceTau(c CriticalPower) (WBalance, error) {
	if err := p.checkBalance(c); err != nil {
		return WBalance{}, err
	}
	joules := make([]float64, len(p.watts))
	below, n := 0.0, 0
	for _, w := range p.watts {
		if w < c.Watts {
			below += w
			n++
		}
	}
	difference := c.Watts
	if n > 0 {
		difference = c.Watts - below/float64(n)
	}
	tau := wPrimeTau(difference)
	spent := 0.0
	for i, w := range p.watts {
		spent *= math.Exp(-(1 + p.pauseBefore(i)) / tau)
		spent += max(w-c.Watts, 0)
		joules[i] = c.WPrimeJ - spent
	}
	return p.balance(joules, MethodWBalanceTau), nil
}

// wPrimeTau is the time constant in seconds of Skiba 2012 for a difference in
// watts between CP and the mean power below it.
func wPrimeTau(difference float64) float64 { return 546*math.Exp(-0.01*difference) + 316 }

// pauseBefore returns the length in seconds of the pause that was cut out before
// second i.
func (p Power) pauseBefore(i int) float64 {
	if i == 0 {
		return 0
	}
	if gap := p.at[i] - p.at[i-1]; gap > stopSeconds {
		return gap - 1
	}
	return 0
}

func (p Power) checkBalance(c CriticalPower) error {
	if len(p.watts) == 0 {
		return unavailable("no power was recorded")
	}
	return c.check()
}

func (p Power) balance(joules []float64, m Method) WBalance {
	b := WBalance{joules: joules, at: p.at, method: m, coverage: p.coverage}
	for i, j := range joules {
		if j < joules[b.lowest] {
			b.lowest = i
		}
	}
	return b
}
