package apple

import (
	"math"
	"testing"
)

func TestAppleQuantities(t *testing.T) {
	for _, tt := range []struct {
		value, unit string
		want        float64 // 0: none
	}{
		{"1", "mi", 1609.344},
		{"2", "km", 2000},
		{"3", "m", 3},
		{"100", "yd", 91.44},
		{"10", "ft", 3.048},
		{"10", "cm", 0.1},
		{"10", "in", 0.254},
		{"90", "min", 5400},
		{"2", "hr", 7200},
		{"5", "s", 5},
		{"36", "km/hr", 10},
		{"10", "mi/hr", 4.4704},
		{"141.2", "lb", 64.047},
		{"12", "st", 76.2036},
		{"70000", "g", 70},
		{"70", "kg", 70},
		{"418.4", "kJ", 100},
		{"100", "Cal", 100},
		{"100", "kcal", 100},
		{"55", "count/min", 55},
		{"5", "furlong", 0},
		{"", "km", 0},
		{"NaN", "km", 0},
		{"-4", "km", 0},
		{"1e999", "km", 0},
	} {
		got := quantityOf(tt.value, tt.unit)
		if (got == nil) != (tt.want == 0) || got != nil && math.Abs(*got-tt.want) > 1e-3*tt.want {
			t.Errorf("%s %s: got %v, want %g", tt.value, tt.unit, got, tt.want)
		}
	}
}
