package fitness

import "math"

// A HeartRateHistogram is what load and zones need of a recording's heart rate,
// in a form that is small enough to keep.
type HeartRateHistogram struct {
	LowBPM   int       `json:"low_bpm"`
	Seconds  []float64 `json:"seconds"`  // at LowBPM, LowBPM+1 … bpm, rounded to 0.1 s
	Recorded float64   `json:"recorded"` // s, with and without heart rate
}

// Histogram returns the time at each whole heart rate.
func (h HeartRate) Histogram() HeartRateHistogram {
	low, high := math.Inf(1), math.Inf(-1)
	for _, bpm := range h.x {
		if !math.IsNaN(bpm) {
			low, high = min(low, math.Round(bpm)), max(high, math.Round(bpm))
		}
	}
	if low > high {
		return HeartRateHistogram{}
	}
	hist := HeartRateHistogram{LowBPM: int(low), Seconds: make([]float64, int(high-low)+1), Recorded: h.recorded}
	for i, bpm := range h.x {
		if !math.IsNaN(bpm) {
			hist.Seconds[int(math.Round(bpm)-low)] += h.seconds(i)
		}
	}
	for i, s := range hist.Seconds {
		hist.Seconds[i] = math.Round(10*s) / 10
	}
	return hist
}

// HeartRate returns the heart rate for the sums over time that do not depend on
// its order: all but [HeartRate.Peak].
func (h HeartRateHistogram) HeartRate() (HeartRate, error) {
	c := column{recorded: h.Recorded}
	for i, s := range h.Seconds {
		if bpm := float64(h.LowBPM + i); s > 0 && s <= 60*maxMinutes && bpm >= minHeartRate && bpm <= maxHeartRate {
			c.x, c.weight = append(c.x, bpm), append(c.weight, s)
			c.covered += s
		}
	}
	if !(c.recorded >= c.covered) || math.IsInf(c.recorded, 0) {
		c.recorded = c.covered
	}
	hr := HeartRate{c}
	return hr, hr.check()
}
