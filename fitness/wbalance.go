package fitness

import "math"

// A WBalance is how much of W′, the work that can be done above the critical
// power, was left during a recording.
type WBalance struct {
	Joules     []float64 // after each second of recorded time; below 0: CP or W′ is set too low
	At         []float64 // s after the start, of each second
	MinJoules  float64
	MinSeconds float64 // when the lowest value was reached, s after the start
	Method     Method
	Coverage   float64
	Note       string
}

// WBalance follows W′ by the differential model: above CP it falls by the work
// done above, below it refills at a rate of (CP − P)·(W′ − W)/W′. Each second uses
// the model's exact solution, not an Euler step, and a pause refills as at 0 W. c may
// be fitted or the athlete's own numbers.
func (p Power) WBalance(c CriticalPower) (WBalance, error) {
	b, err := p.newWBalance(c, MethodWBalance)
	if err != nil {
		return WBalance{}, err
	}
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
		b.add(left, p.at[i])
	}
	return b.done(), nil
}

// recover returns W′ after seconds at watts below CP.
func (c CriticalPower) recover(left, watts, seconds float64) float64 {
	return c.WPrimeJ - (c.WPrimeJ-left)*math.Exp(-(c.Watts-watts)/c.WPrimeJ*seconds)
}

// WBalanceTau follows W′ by the older integral model, in which all work above CP
// refills with one time constant: τ = 546·e^(−0.01·D) + 316 s, D being CP minus the
// mean power below CP of the whole recording.
func (p Power) WBalanceTau(c CriticalPower) (WBalance, error) {
	b, err := p.newWBalance(c, MethodWBalanceTau)
	if err != nil {
		return WBalance{}, err
	}
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
		b.add(c.WPrimeJ-spent, p.at[i])
	}
	return b.done(), nil
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

func (p Power) newWBalance(c CriticalPower, m Method) (WBalance, error) {
	if len(p.watts) == 0 {
		return WBalance{}, unavailable("no power was recorded")
	}
	if err := c.check(); err != nil {
		return WBalance{}, err
	}
	return WBalance{
		Joules:    make([]float64, 0, len(p.watts)),
		At:        p.at,
		MinJoules: c.WPrimeJ,
		Method:    m,
		Coverage:  p.coverage,
	}, nil
}

func (b *WBalance) add(joules, at float64) {
	b.Joules = append(b.Joules, joules)
	if joules < b.MinJoules {
		b.MinJoules, b.MinSeconds = joules, at
	}
}

func (b *WBalance) done() WBalance {
	if b.MinJoules < 0 {
		b.Note = "below 0: the critical power or W′ is set too low"
	}
	return *b
}
