//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestPace(t *testing.T) {
	if s, ok := Pace(4, 1000); !ok || s != 250 {
		t.Errorf("pace at 4 m/s = %v, %v", s, ok)
	}
	for _, speed := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if s, ok := Pace(speed, 1000); ok {
			t.Errorf("pace at %v m/s = %v", speed, s)
		}
	}
}

func TestClock(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0:00", 59.4: "0:59", 59.5: "1:00", 245: "4:05", 3599.6: "1:00:00", 12178.7: "3:22:59",
		-1: "", math.Inf(1): "",
	} {
		if got := Clock(seconds); got != want {
			t.Errorf("Clock(%v) = %q, want %q", seconds, got, want)
		}
	}
}
