//go:build !race

package fitness

import (
	"errors"
	"math"
	"testing"
)

// near fails unless got is within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.6g, want %.6g ± %.3g", what, got, want, tolerance)
	}
}

// value returns the number of a result that must be available.
func value(t *testing.T) func(Result, error) float64 {
	return func(r Result, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatalf("not available because %v", err)
		}
		if r.Method.Name() == "" || r.Method.Source() == "" {
			t.Errorf("the method %q has no name or source", r.Method)
		}
		return r.Value
	}
}

// refused fails unless err is an [UnavailableError] with a reason.
func refused(t *testing.T, what string, err error) {
	t.Helper()
	u, ok := errors.AsType[*UnavailableError](err)
	if !ok || u.Reason == "" {
		t.Errorf("%s: error = %v, want a reason why it is not available", what, err)
	}
}

// usualLengths are those of a mean-maximal power curve, in seconds.
func usualLengths() []int {
	return []int{1, 5, 10, 15, 30, 60, 120, 180, 300, 480, 600, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 18000}
}

// stretch is a length of time at one value.
type stretch struct{ seconds, value float64 }

// steps makes one sample per second from stretches.
func steps(stretches ...stretch) (t, x []float64) {
	for _, s := range stretches {
		for range int(s.seconds) {
			t = append(t, float64(len(t)))
			x = append(x, s.value)
		}
	}
	return t, x
}

func heartRate(t *testing.T, stretches ...stretch) HeartRate {
	t.Helper()
	h, err := NewHeartRate(steps(stretches...))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func power(t *testing.T, stretches ...stretch) Power {
	t.Helper()
	p, err := NewPower(steps(stretches...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
