package fitness

import (
	"math"
	"testing"
)

func TestLinearTrend(t *testing.T) {
	// Anscombe's first set; slope and its standard error are published (0.118).
	x := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	y := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	trend, err := LinearTrend(x, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "slope", trend.Slope, 0.500, 0.0005)
	near(t, "R²", trend.RSquared, 0.6665, 0.0005)
	near(t, "p", trend.PValue, 0.00217, 0.00001)
	near(t, "margin", trend.High-trend.Slope, 2.262157*0.1179, 0.0001)
	if got, want := trend.String(), "slope 0.5 (95 % interval 0.233 to 0.767, R² 0.67, p 0.0022, n 11)"; got != want {
		t.Errorf("trend = %s, want %s", got, want)
	}
	near(t, "symmetry", trend.High-trend.Slope, trend.Slope-trend.Low, 1e-12)
}

func TestTrendsOfExtremes(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	exact, err := LinearTrend(x, x)
	if err != nil || math.Abs(exact.Slope-1) > 1e-12 || exact.PValue > 1e-9 {
		t.Errorf("a line = %+v, %v", exact, err)
	}
	flat, err := LinearTrend(x, make([]float64, 8))
	if err != nil || flat.Slope != 0 || flat.PValue != 1 {
		t.Errorf("no change = %+v, %v", flat, err)
	}
	for name, c := range map[string]struct{ x, y []float64 }{
		"seven values": {x[:7], x[:7]},
		"one time":     {constant(8, 3), x},
		"a NaN":        {x, append([]float64{math.NaN()}, x[1:]...)},
		"two lengths":  {x, x[:7]},
	} {
		_, err := LinearTrend(c.x, c.y)
		refused(t, name, err)
		_, err = MonotonicTrend(c.x, c.y)
		refused(t, name, err)
	}
	_, err = MonotonicTrend([]float64{8, 7, 6, 5, 4, 3, 2, 1}, x)
	refused(t, "backwards", err)
}

func TestMonotonicTrend(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	m, err := MonotonicTrend(x, []float64{1, 3, 2, 4, 6, 5, 7, 9, 8, 10})
	if err != nil {
		t.Fatal(err)
	}
	// 42 pairs rise and 3 fall: S 39, variance 125.
	near(t, "τ", m.Tau, 39.0/45, 1e-12)
	near(t, "p", m.PValue, math.Erfc(38/math.Sqrt(125)/math.Sqrt2), 1e-12)
	near(t, "Sen", m.SenSlope, 1, 1e-12)
	if got, want := m.String(), "τ 0.87 (p 0.00068, n 10), Sen's slope 1"; got != want {
		t.Errorf("trend = %s, want %s", got, want)
	}
	tied, err := MonotonicTrend(x, constant(10, 5))
	if err != nil || tied.Tau != 0 || tied.PValue != 1 {
		t.Errorf("ties = %+v, %v", tied, err)
	}
	near(t, "variance with a pair of ties", mannKendallVariance([]float64{1, 2, 2, 3, 4, 5, 6, 7, 8, 9}), 124, 1e-9)
}
