package fitness

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// MinRate is how many values a rate of change needs: of fewer nothing is said.
const MinRate = 8

// A Rate is how fast something changes, by least squares.
type Rate struct {
	PerDay, Low, High float64 // the slope, and its 95 % interval
	Values            int
	Method            Method

	atZero, sd     float64 // the line's value on day 0, and the standard deviation around the line
	meanDay, sumSq float64 // of the days: mean, and sum of squares around it
	t              float64 // Student's, for 95 %
}

// FitRate fits a line to values on days, which may be counted from any day. The interval takes the values for
// independent and equally scattered around the line.
func FitRate(days, values []float64) (Rate, error) {
	n := len(values)
	if n < MinRate || len(days) != n {
		return Rate{}, unavailable("there are %d values, and %d are needed to tell a rate of change", n, MinRate)
	}
	for i := range values {
		if !finite(days[i]) || !finite(values[i]) {
			return Rate{}, unavailable("a value is no number")
		}
	}
	r := Rate{Values: n, Method: MethodRate, meanDay: stat.Mean(days, nil)}
	for _, d := range days {
		r.sumSq += (d - r.meanDay) * (d - r.meanDay)
	}
	if r.sumSq == 0 {
		return Rate{}, unavailable("all values are of one day")
	}
	r.atZero, r.PerDay = stat.LinearRegression(days, values, nil, false)
	left := 0.0
	for i, v := range values {
		e := v - r.atZero - r.PerDay*days[i]
		left += e * e
	}
	r.sd = math.Sqrt(left / float64(n-2))
	r.t = distuv.StudentsT{Sigma: 1, Nu: float64(n - 2)}.Quantile(0.975)
	half := r.t * r.sd / math.Sqrt(r.sumSq)
	r.Low, r.High = r.PerDay-half, r.PerDay+half
	if !finite(r.Low) || !finite(r.High) {
		return Rate{}, unavailable("the values are too large to compute with")
	}
	return r, nil
}

// At returns the line's value on a day, and the interval in which a single value there lies with 95 %.
func (r Rate) At(day float64) (value, low, high float64) {
	value = r.atZero + r.PerDay*day
	half := r.t * r.sd * math.Sqrt(1+1/float64(r.Values)+(day-r.meanDay)*(day-r.meanDay)/r.sumSq)
	return value, value - half, value + half
}
