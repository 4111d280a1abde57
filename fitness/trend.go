package fitness

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// trendMin is how many values a statement about a trend needs at least.
const trendMin = 8

// trendMax bounds the work of the pairwise tests.
const trendMax = 5000

// A Trend is the slope of a straight line through values over time. See
// [MethodOLSTrend].
type Trend struct {
	Slope     float64 // change of y per unit of x
	Low, High float64 // 95 % confidence interval of the slope
	RSquared  float64
	PValue    float64 // two-sided, of a slope of 0
	N         int     // values
}

// String returns the slope with what is needed to judge it.
func (t Trend) String() string {
	return fmt.Sprintf("slope %.3g (95 %% interval %.3g to %.3g, R² %.2f, p %.2g, n %d)", t.Slope, t.Low, t.High, t.RSquared, t.PValue, t.N)
}

// LinearTrend fits a line to the values y at x by least squares. Only an interval
// without 0 is a trend. It needs eight values that are not all at one x.
func LinearTrend(x, y []float64) (Trend, error) {
	if err := checkTrend(x, y); err != nil {
		return Trend{}, err
	}
	n := float64(len(x))
	intercept, slope := stat.LinearRegression(x, y, nil, false)
	meanX, varX := stat.MeanVariance(x, nil)
	if !(varX > 1e-12*(1+meanX*meanX)) || !finite(slope) || !finite(intercept) {
		return Trend{}, unavailable("the values are all at one time")
	}
	residual := 0.0
	for i := range x {
		r := y[i] - intercept - slope*x[i]
		residual += r * r
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 2}
	sd := math.Sqrt(residual / (n - 2) / (varX * (n - 1)))
	margin := t.Quantile(0.975) * sd
	trend := Trend{
		Slope: slope, Low: slope - margin, High: slope + margin, PValue: 1, N: len(x),
	}
	if varY := stat.Variance(y, nil); varY > 0 {
		trend.RSquared = min(max(1-residual/(varY*(n-1)), 0), 1)
		trend.PValue = 0
	}
	if sd > 0 {
		trend.PValue = 2 * t.Survival(math.Abs(slope/sd))
	}
	if !finite(trend.Low) || !finite(trend.High) {
		return Trend{}, unavailable("the values are too large to compute with")
	}
	return trend, nil
}

// A MannKendall is a test whether values rise or fall over time, which assumes
// neither a straight line nor a distribution. See [MethodMannKendall].
type MannKendall struct {
	Tau      float64 // -1 always falling … 1 always rising
	PValue   float64 // two-sided, of no trend
	SenSlope float64 // median change of y per unit of x
	N        int     // values
}

// String returns the test's outcome in short.
func (m MannKendall) String() string {
	return fmt.Sprintf("τ %.2f (p %.2g, n %d), Sen's slope %.3g", m.Tau, m.PValue, m.N, m.SenSlope)
}

// MonotonicTrend tests the values y at the rising x. It needs eight values.
func MonotonicTrend(x, y []float64) (MannKendall, error) {
	if err := checkTrend(x, y); err != nil {
		return MannKendall{}, err
	}
	s := 0
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if x[j] < x[i] {
				return MannKendall{}, unavailable("the values are not in order of time")
			}
			s += sign(y[j] - y[i])
			if x[j] > x[i] {
				slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			}
		}
	}
	if len(slopes) == 0 {
		return MannKendall{}, unavailable("the values are all at one time")
	}
	slices.Sort(slopes)
	n := float64(len(y))
	m := MannKendall{
		Tau:      float64(s) / (n * (n - 1) / 2),
		PValue:   1,
		SenSlope: (slopes[(len(slopes)-1)/2] + slopes[len(slopes)/2]) / 2,
		N:        len(y),
	}
	if variance := mannKendallVariance(y); variance > 0 && s != 0 {
		z := (math.Abs(float64(s)) - 1) / math.Sqrt(variance)
		m.PValue = 2 * distuv.UnitNormal.Survival(z)
	}
	if !finite(m.SenSlope) {
		return MannKendall{}, unavailable("the values are too large to compute with")
	}
	return m, nil
}

// mannKendallVariance is the variance of S without a trend, less for ties.
func mannKendallVariance(y []float64) float64 {
	term := func(n float64) float64 { return n * (n - 1) * (2*n + 5) / 18 }
	variance := term(float64(len(y)))
	ties := make(map[float64]float64, len(y))
	for _, v := range y {
		ties[v]++
	}
	for _, n := range ties {
		variance -= term(n)
	}
	return variance
}

func checkTrend(x, y []float64) error {
	if len(x) != len(y) {
		return unavailable("there are %d values at %d times", len(y), len(x))
	}
	if len(x) < trendMin {
		return unavailable("%d values are too few for a trend: %d are needed", len(x), trendMin)
	}
	if len(x) > trendMax {
		return unavailable("%d values are too many: at most %d", len(x), trendMax)
	}
	for i := range x {
		if !finite(x[i]) || !finite(y[i]) {
			return unavailable("a value is missing")
		}
	}
	return nil
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
