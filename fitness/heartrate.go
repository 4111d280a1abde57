package fitness

import (
	"maps"
	"math"
	"slices"
)

// Heart rates outside are a sensor that lost the skin, not a heart.
const (
	minHeartRate = 25
	maxHeartRate = 250
)

// A HeartRate is a recording's heart rate with the time each sample stands for.
// Make it with [NewHeartRate].
type HeartRate struct{ column }

// NewHeartRate prepares the heart rate in bpm at the times t in seconds. Zeros
// and values outside 25 to 250 bpm count as not recorded. It fails if nothing was
// recorded, or the times are not in order. It keeps the columns, which must not change
// any more.
func NewHeartRate(t, bpm []float64) (HeartRate, error) {
	c, err := hold("heart rate", t, bpm, minHeartRate, maxHeartRate)
	return HeartRate{c}, err
}

// Of returns h as a part of an activity that lasted so many seconds: its coverage is the share of these.
func (h HeartRate) Of(seconds float64) HeartRate {
	h.recorded = max(h.recorded, seconds)
	return h
}

// Seconds returns the time that has a heart rate.
func (h HeartRate) Seconds() float64 { return h.covered }

// Coverage returns the share (0, 1] of the recorded time that has a heart rate.
func (h HeartRate) Coverage() float64 { return h.coverage() }

// Mean returns the time-weighted mean in bpm.
func (h HeartRate) Mean() (Result, error) {
	if err := h.check(); err != nil {
		return Result{}, err
	}
	return result(h.mean(), MethodMeanHeartRate, h.coverage())
}

// sum adds up weight(bpm) over the minutes that have a heart rate.
func (h HeartRate) sum(weight func(bpm float64) float64) float64 {
	sum := 0.0
	for i, bpm := range h.x {
		if !math.IsNaN(bpm) {
			sum += weight(bpm) * h.seconds(i) / 60
		}
	}
	return sum
}

// check refuses the zero HeartRate.
func (h HeartRate) check() error {
	if h.covered <= 0 {
		return unavailable("no heart rate was recorded")
	}
	return nil
}

// MeanMax returns for each length in seconds the highest mean heart rate over so much elapsed time, if the recording is that
// long. Time without a heart rate counts as 0, as in [Power.MeanMax].
func (h HeartRate) MeanMax(lengths []int) []HeartEffort {
	if h.check() != nil || h.weight != nil {
		return nil
	}
	p, err := perSecond(h.column)
	if err != nil {
		return nil
	}
	work := p.before()
	efforts := make([]HeartEffort, 0, len(lengths))
	for _, n := range lengths {
		if best, _, ok := p.mostWork(work, float64(n)); ok && n > 0 && best > 0 {
			efforts = append(efforts, HeartEffort{Seconds: float64(n), BPM: best / float64(n)})
		}
	}
	return efforts
}

// A HeartEffort is the highest mean heart rate over a length of time.
type HeartEffort struct {
	Seconds float64
	BPM     float64
}

const (
	peakMinSeconds = 60   // of heart rate, for a peak
	peakQuantile   = .999 // of the time
	peakWindow     = 5    // samples of the median filter
)

// Peak returns the highest heart rate in bpm that is no artefact: the 99.9th
// percentile over time, after a median filter over 5 samples that removes spikes
// of one or two. It needs a minute of heart rate.
func (h HeartRate) Peak() (Result, error) {
	if h.covered < peakMinSeconds {
		return Result{}, unavailable("less than a minute of heart rate was recorded")
	}
	at := map[float64]float64{} // s at each filtered heart rate, of which devices know few
	var window [peakWindow]float64
	for i, bpm := range h.x {
		if math.IsNaN(bpm) {
			continue
		}
		near := window[:0]
		for j := max(0, i-peakWindow/2); j <= min(len(h.x)-1, i+peakWindow/2); j++ {
			if !math.IsNaN(h.x[j]) {
				near = append(near, h.x[j])
			}
		}
		slices.Sort(near)
		at[near[(len(near)-1)/2]] += h.seconds(i)
	}
	above, peak := 0.0, 0.0
	for _, bpm := range slices.Backward(slices.Sorted(maps.Keys(at))) {
		peak = bpm
		if above += at[bpm]; above >= (1-peakQuantile)*h.covered {
			break
		}
	}
	return result(peak, MethodPeakHeartRate, h.coverage())
}

const (
	observedMinActivities = 3
	observedAgreement     = 5 // bpm
)

// ObservedHRMax returns the athlete's highest heart rate in bpm from the peaks of
// their activities (see [HeartRate.Peak]): the highest that a second activity
// comes within 5 bpm of, so that one bad sensor does not set it. It needs three
// activities, and is too low for those who never went all out.
func ObservedHRMax(peaks []float64) (Result, error) {
	valid := make([]float64, 0, len(peaks))
	for _, p := range peaks {
		if p >= minHeartRate && p <= maxHeartRate {
			valid = append(valid, p)
		}
	}
	if len(valid) < observedMinActivities {
		return Result{}, tooFew(len(valid), "activity with heart rate", "activities with heart rate", observedMinActivities)
	}
	slices.Sort(valid)
	for i := len(valid) - 1; i > 0; i-- {
		if valid[i]-valid[i-1] <= observedAgreement {
			return result(valid[i], MethodObservedHRMax, 0)
		}
	}
	return Result{}, unavailable("no two activities reach a similar highest heart rate")
}
