//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestSessionRPE(t *testing.T) {
	for _, c := range []struct{ minutes, rpe, want float64 }{{60, 7, 100}, {45, 4, 42.857142857}, {90, 0, 0}, {30, 10, 71.428571429}} {
		got, err := SessionRPE(c.minutes, c.rpe)
		if err != nil || math.Abs(got.Value-c.want) > 1e-6 || got.Method != MethodSessionRPE {
			t.Errorf("SessionRPE(%v, %v) = %+v, %v; want %v", c.minutes, c.rpe, got, err, c.want)
		}
	}
	for _, c := range []struct{ minutes, rpe float64 }{{-1, 5}, {60, 10.1}, {60, -0.1}, {60, math.NaN()}, {math.Inf(1), 5}} {
		if got, err := SessionRPE(c.minutes, c.rpe); err == nil {
			t.Errorf("SessionRPE(%v, %v) = %+v, want an error", c.minutes, c.rpe, got)
		}
	}
}
