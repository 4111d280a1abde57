package fitness

import (
	"math"
	"slices"
)

// A Trend is how a quantity changes with time.
type Trend struct {
	Slope     float64 // per unit of time: the median of the slopes between all pairs of points
	Low, High float64 // of its 95 % confidence interval
	Median    float64 // of the values
	Method    Method
}

// Told reports whether the points tell a trend: whether the interval leaves out 0.
func (t Trend) Told() bool { return t.Low > 0 || t.High < 0 }

// The points that a trend takes: fewer tell nothing, more would take long.
const (
	LeastTrendPoints = 8
	MostTrendPoints  = 1000
)

// normal975 is the 97.5 % quantile of the standard normal distribution.
const normal975 = 1.959963984540054

// TheilSen estimates the slope of y over x by the median of the slopes of all pairs of points with different x (Theil 1950), and
// its 95 % confidence interval by ranks among these, from the variance of Kendall's statistic with its correction for ties (Sen
// 1968). Points that lie far off move neither much.
func TheilSen(x, y []float64) (Trend, error) {
	n := len(x)
	if len(y) != n || n > MostTrendPoints {
		return Trend{}, unavailable("%d points are no series", n)
	}
	if n < LeastTrendPoints {
		return Trend{}, tooFew(n, "point", "points", LeastTrendPoints)
	}
	for i := range x {
		if !finite(x[i]) || !finite(y[i]) {
			return Trend{}, unavailable("a point is no number")
		}
	}
	slopes := pairSlopes(x, y)
	if len(slopes) == 0 {
		return Trend{}, unavailable("all points are of one day")
	}
	slices.Sort(slopes)
	pairs := float64(len(slopes))
	spread := normal975 * math.Sqrt(kendallVariance(x, y))
	low := max(int(math.RoundToEven((pairs-spread)/2))-1, 0)
	high := min(int(math.RoundToEven((pairs+spread)/2)), len(slopes)-1)
	sorted := slices.Sorted(slices.Values(y))
	t := Trend{Slope: middle(slopes), Low: slopes[low], High: slopes[high], Median: middle(sorted), Method: MethodTheilSen}
	if !finite(t.Slope) || !finite(t.Low) || !finite(t.High) || !finite(t.Median) {
		return Trend{}, unavailable("the values are too large to compute with")
	}
	return t, nil
}

func pairSlopes(x, y []float64) []float64 {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := range i {
			if x[i] != x[j] {
				slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
			}
		}
	}
	return slopes
}

// kendallVariance is the variance of the number of rising less that of falling pairs, if there is no trend.
func kendallVariance(x, y []float64) float64 {
	v := tieTerm(len(x))
	for _, column := range [][]float64{x, y} {
		times := map[float64]int{}
		for _, c := range column {
			times[c]++
		}
		for _, n := range times {
			v -= tieTerm(n)
		}
	}
	return max(v, 0) / 18
}

func tieTerm(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) }

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1] + (sorted[n/2]-sorted[n/2-1])/2
}
