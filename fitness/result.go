package fitness

import (
	"fmt"
	"math"
	"strings"
)

// A Result is one computed number and what is needed to assess it.
type Result struct {
	Value    float64 // finite; the unit is in the documentation of the function
	Method   Method
	Coverage float64 // share (0, 1] of the recorded time that had the needed samples; 0: not computed from samples
	Note     string  // why to take the value with care; "" if there is no reason
}

// CoveragePercent returns the coverage in percent, and false if the result was
// not computed from samples.
func (r Result) CoveragePercent() (float64, bool) {
	return 100 * r.Coverage, r.Coverage > 0
}

// A Method names a formula and its source, as "name (source)".
type Method string

// Name returns the formula's name.
func (m Method) Name() string {
	name, _, _ := strings.Cut(string(m), " (")
	return name
}

// Source returns who published the formula and when.
func (m Method) Source() string {
	_, source, _ := strings.Cut(string(m), " (")
	return strings.TrimSuffix(source, ")")
}

// An UnavailableError says why something cannot be computed.
type UnavailableError struct {
	Reason string // a clause that completes "not available because …", for the athlete
}

func (e *UnavailableError) Error() string { return e.Reason }

func unavailable(format string, args ...any) error {
	return &UnavailableError{Reason: fmt.Sprintf(format, args...)}
}

// tooFew says of how many there are that more are needed.
func tooFew(n int, one, many string, least int) error {
	if n == 1 {
		return unavailable("1 %s is too few: %d are needed", one, least)
	}
	return unavailable("%d %s are too few: %d are needed", n, many, least)
}

// result makes a [Result] unless the number is not one, which inputs at the
// edge of float64 can still bring about.
func result(v float64, m Method, coverage float64) (Result, error) {
	if !finite(v) {
		return Result{}, unavailable("the inputs are too large or too small to compute with")
	}
	return Result{Value: v, Method: m, Coverage: coverage}, nil
}

// within reports what is wrong with an input that is not a number in [low, high].
func within(what string, v, low, high float64, unit string) error {
	switch {
	case !finite(v):
		return unavailable("the %s is not known", what)
	case v < low || v > high:
		return unavailable("the %s of %.4g%s is outside %g to %g%s", what, v, space(unit), low, high, space(unit))
	}
	return nil
}

func space(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// first returns the first error of several checks.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
