//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestTheilSen(t *testing.T) {
	// The example of the R package statpsych, which gives 0.5 and 0.3243 to 0.75.
	y := []float64{21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19}
	x := []float64{67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51}
	got, err := TheilSen(x, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "slope", got.Slope, 0.5, 1e-9)
	near(t, "low", got.Low, 0.3243243, 1e-6)
	near(t, "high", got.High, 0.75, 1e-9)
	near(t, "median", got.Median, 13, 0)
	if !got.Told() {
		t.Errorf("the trend is %+v", got)
	}
}

// Eight points on a line, by hand: 28 slopes, all 2, and σ² = 8·7·21/18 = 65.33.
func TestTheilSenOfALine(t *testing.T) {
	var x, y []float64
	for i := range 8 {
		x, y = append(x, float64(i)), append(y, 10+2*float64(i))
	}
	got, err := TheilSen(x, y)
	if err != nil || got.Slope != 2 || got.Low != 2 || got.High != 2 || !got.Told() {
		t.Errorf("a line has the trend %+v, %v", got, err)
	}
	y[3] = 1e6 // one bad point of eight moves nothing
	if got, err = TheilSen(x, y); err != nil || got.Slope != 2 || got.Low != 2 || got.High != 2 {
		t.Errorf("with a bad point the trend is %+v, %v", got, err)
	}
}

func TestTheilSenTellsNothing(t *testing.T) {
	var x, y []float64
	for i := range 20 {
		x, y = append(x, float64(i)), append(y, float64(i*7%5))
	}
	got, err := TheilSen(x, y)
	if err != nil || got.Told() {
		t.Errorf("of no trend: %+v, %v", got, err)
	}
	same, err := TheilSen(x, make([]float64, 20))
	if err != nil || same.Told() || same.Slope != 0 {
		t.Errorf("of equal values: %+v, %v", same, err)
	}
	for what, points := range map[string][2][]float64{
		"too few":        {x[:7], y[:7]},
		"one day":        {make([]float64, 8), y[:8]},
		"lengths differ": {x, y[:9]},
		"no number":      {x[:8], {1, 2, 3, math.NaN(), 5, 6, 7, 8}},
		"infinite":       {x[:8], {1, 2, 3, math.Inf(1), 5, 6, 7, 8}},
		"too large":      {x[:8], {-math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64}},
		"too many":       {make([]float64, MostTrendPoints+1), make([]float64, MostTrendPoints+1)},
	} {
		_, err := TheilSen(points[0], points[1])
		refused(t, what, err)
	}
	if _, err := TheilSen(x[:8], y[:8]); err != nil {
		t.Errorf("of eight points: %v", err)
	}
}

func FuzzTheilSen(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 200 {
			return
		}
		var x, y []float64
		for i, v := range b {
			x, y = append(x, float64(i/2)), append(y, float64(v))
		}
		got, err := TheilSen(x, y)
		if err == nil && !(got.Low <= got.Slope && got.Slope <= got.High) {
			t.Errorf("the slope is outside its interval: %+v", got)
		}
	})
}
