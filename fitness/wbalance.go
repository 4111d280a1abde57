package fitness

import "math"

// LowestWBalance returns the least of W′, the work that can be done above the
// critical power, that was left during the recording, in joules, and when that was,
// in seconds after the start. Below 0 the critical power or W′ is set too low, and
// the note says so.
//
// It follows W′ by the differential model: above CP it falls by the work done above,
// below it refills at a rate of (CP − P)·(W′ − W)/W′. Each second uses the model's
// exact solution, not an Euler step, and a pause refills as at 0 W. c may be fitted
// or the athlete's own numbers.
func (p Power) LowestWBalance(c CriticalPower) (lowest Result, at float64, err error) {
	if len(p.watts.x) == 0 {
		return Result{}, 0, unavailable("no power was recorded")
	}
	if err := c.check(); err != nil {
		return Result{}, 0, err
	}
	least, when := math.Inf(1), 0
	for i, left := range p.wBalance(c) {
		if left < least {
			least, when = left, i
		}
	}
	lowest, err = result(least, MethodWBalance, p.coverage)
	if lowest.Value < 0 {
		lowest.Note = "below 0: the critical power or W′ is set too low"
	}
	return lowest, p.watts.at(when), err
}

// wBalance yields what was left in joules after each second of recorded time.
func (p Power) wBalance(c CriticalPower) func(yield func(int, float64) bool) {
	return func(yield func(int, float64) bool) {
		left, span := c.WPrimeJ, 1
		for i, w := range p.watts.x {
			if span < len(p.watts.spans) && p.watts.spans[span].first == i {
				if gap := p.watts.spans[span].at - p.watts.at(i-1); gap > stopSeconds {
					left = c.recover(left, 0, gap-1)
				}
				span++
			}
			if w >= c.Watts {
				left -= w - c.Watts
			} else {
				left = c.recover(left, w, 1)
			}
			if !yield(i, left) {
				return
			}
		}
	}
}

// recover returns W′ after seconds at watts below CP.
func (c CriticalPower) recover(left, watts, seconds float64) float64 {
	return c.WPrimeJ - (c.WPrimeJ-left)*math.Exp(-(c.Watts-watts)/c.WPrimeJ*seconds)
}
