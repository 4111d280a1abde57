package fitness

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// RMSSD returns the root mean square of successive differences of the intervals between heart beats, all in ms (Task Force
// 1996). An interval outside 300–2000 ms, or that differs by more than a fifth from the one before, is an artefact: no
// difference with it counts. Coverage is the share of the differences that count, of which it needs half.
func RMSSD(intervals []float64) (Result, error) {
	const least, most, change = 300, 2000, 0.2
	sum, n := 0.0, 0
	for i := 1; i < len(intervals); i++ {
		before, rr := intervals[i-1], intervals[i]
		if !(before >= least && before <= most && rr >= least && rr <= most) || math.Abs(rr-before) > change*before {
			continue
		}
		sum += (rr - before) * (rr - before)
		n++
	}
	if n < 2 || 2*n < len(intervals)-1 {
		return Result{}, unavailable("%d of %d intervals follow another one without an artefact: too few", n, len(intervals))
	}
	return result(math.Sqrt(sum/float64(n)), MethodRMSSD, float64(n)/float64(len(intervals)-1))
}

// A DayValue is a quantity on a day.
type DayValue struct {
	Day   int // counted from any day
	Value float64
}

// The days that a week's mean and a baseline are of.
const (
	WeekDays          = 7
	LeastWeekDays     = 3  // with a value, as many as make a week's mean valid (Plews et al. 2014)
	BaselineDays      = 60 // before the week
	LeastBaselineSpan = 30 // days that they must reach back from the week
	LeastBaseline     = 13 // with a value: three a week over 30 days
)

// A Mean is the mean of the days that have a value.
type Mean struct {
	Value float64
	SD    float64 // of the sample (n − 1); 0 of one day
	Days  int     // with a value
}

// WeekMean returns the mean of the seven days up to a day.
func WeekMean(series []DayValue, today int) (Mean, error) {
	m := meanBetween(series, today-WeekDays+1, today)
	if m.Days < LeastWeekDays {
		return m, unavailable("%d of the 7 days have a value, and %d are needed", m.Days, LeastWeekDays)
	}
	return m, m.check()
}

// A Baseline is what is usual for a person: the mean and spread of the 60 days before the seven days up to a day.
type Baseline struct{ Mean }

// BaselineOf returns the baseline of the week that ends on a day. The week is no part of it, so that the two can differ. It
// must reach back 30 days at least, with three days a week.
func BaselineOf(series []DayValue, today int) (Baseline, error) {
	last := today - WeekDays
	b := Baseline{meanBetween(series, last-BaselineDays+1, last)}
	far := meanBetween(series, last-BaselineDays+1, last-LeastBaselineSpan+1)
	if b.Days < LeastBaseline || far.Days == 0 {
		return b, unavailable("a personal baseline takes %d days with a value among the %d before the last 7, the first at least %d days before them: there are %d",
			LeastBaseline, BaselineDays, LeastBaselineSpan, b.Days)
	}
	return b, b.check()
}

// Range returns the limits so many standard deviations around the mean.
func (b Baseline) Range(width float64) (low, high float64) {
	return b.Value - width*b.SD, b.Value + width*b.SD
}

// Off returns by how many standard deviations v lies above the mean, and false if all days of the baseline are the same.
func (b Baseline) Off(v float64) (float64, bool) {
	off := (v - b.Value) / b.SD
	return off, finite(off)
}

func (m Mean) check() error {
	if !finite(m.Value) || !finite(m.SD) {
		return unavailable("the values are too large to compute with")
	}
	return nil
}

func meanBetween(series []DayValue, first, last int) Mean {
	var values []float64
	for _, v := range series {
		if v.Day >= first && v.Day <= last {
			values = append(values, v.Value)
		}
	}
	m := Mean{Days: len(values)}
	switch len(values) {
	case 0:
	case 1:
		m.Value = values[0]
	default:
		m.Value, m.SD = stat.MeanStdDev(values, nil)
	}
	return m
}

// Logarithms returns the natural logarithms of a series, in which heart rate variability is compared: its own distribution is
// skewed. Values that have none are left out.
func Logarithms(series []DayValue) []DayValue {
	logs := make([]DayValue, 0, len(series))
	for _, v := range series {
		if v.Value > 0 {
			logs = append(logs, DayValue{v.Day, math.Log(v.Value)})
		}
	}
	return logs
}

// The widths, in standard deviations of the baseline, of what is usual.
const (
	UsualHRV   = 0.5 // of ln rMSSD, the smallest worthwhile change
	UsualOther = 1.0
)

// A Correlation is how two quantities go together.
type Correlation struct {
	R         float64 // −1 to 1
	Low, High float64 // of its 95 % confidence interval
	N         int     // pairs
	Method    Method
}

// Told reports whether the pairs tell that the quantities go together: whether the interval leaves out 0.
func (c Correlation) Told() bool { return c.Low > 0 || c.High < 0 }

// Spearman correlates the ranks of pairs, of which it needs eight. The interval is by Fisher's transformation with the
// standard error of Bonett and Wright; it takes the pairs as independent of each other.
func Spearman(x, y []float64) (Correlation, error) {
	n := len(x)
	if len(y) != n || n < LeastTrendPoints {
		return Correlation{}, unavailable("there are %d pairs, and %d are needed", n, LeastTrendPoints)
	}
	r := stat.Correlation(ranks(x), ranks(y), nil)
	if !finite(r) {
		return Correlation{}, unavailable("all values of one side are the same")
	}
	r = max(-1, min(1, r))
	c := Correlation{R: r, Low: r, High: r, N: n, Method: MethodSpearman}
	if math.Abs(r) < 1 {
		z, half := math.Atanh(r), normal975*math.Sqrt((1+r*r/2)/float64(n-3))
		c.Low, c.High = math.Tanh(z-half), math.Tanh(z+half)
	}
	return c, nil
}

// ranks returns the rank of each value from 1 on; equal values share the mean of theirs.
func ranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	of := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		after := first
		for after < len(sorted) && sorted[after] == v {
			after++
		}
		of[i] = float64(first+after+1) / 2
	}
	return of
}
