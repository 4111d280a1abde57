package training

import (
	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A digest is what questions about many activities need of each one's samples. It does not depend on the
// athlete's profile, so that it stays good when that changes. What the samples do not have is nil.
type digest struct {
	HeartRate *fitness.HeartRateHistogram `json:"heart_rate,omitempty"`
	PeakHR    float64                     `json:"peak_hr,omitempty"` // bpm, without artefacts
	Power     *powerDigest                `json:"power,omitempty"`
	Efforts   []Stretch                   `json:"efforts,omitempty"` // the fastest, on foot
}

type powerDigest struct {
	Seconds    float64       `json:"seconds"`
	Normalized float64       `json:"normalized"` // W
	Coverage   float64       `json:"coverage"`
	Note       string        `json:"note,omitempty"`
	Best       []powerEffort `json:"best,omitempty"` // over each of bestSeconds that the recording is long enough for
}

// normalized returns the normalized power as it was computed.
func (p powerDigest) normalized() fitness.Result {
	return fitness.Result{Value: p.Normalized, Method: fitness.MethodNormalizedPower, Coverage: p.Coverage, Note: p.Note}
}

// A powerEffort is the highest mean power over a length of time.
type powerEffort struct {
	Seconds float64 `json:"s"`
	Watts   float64 `json:"w"`
}

// bestSeconds are the lengths that critical power is fitted to: its model holds for 2 to 20 minutes.
func bestSeconds() []int { return []int{120, 180, 300, 480, 720, 1200} }

// A Stretch is a part of a run: the fastest over its distance, or the whole.
type Stretch struct {
	Meters  float64 `json:"m"`
	Seconds float64 `json:"s"`
}

// raceDistances are the stretches whose fastest time is kept of every run, in metres.
func raceDistances() []float64 {
	return []float64{1000, 1500, fitness.Mile, 3000, 5000, 10_000, 15_000, fitness.HalfMarathon, 30_000, fitness.Marathon}
}

// newDigest computes the digest of a recording.
func newDigest(rec pierre.Recording) digest {
	s := rec.Series
	heart, heartErr := fitness.NewHeartRate(s.Time, s.HeartRate)
	power, powerErr := fitness.NewPower(s.Time, s.Power)
	var efforts []fitness.BestEffort
	if rec.Sport.IsRun() {
		efforts = bestEfforts(s.Time, distances(s))
	}
	return digestOf(heart, heartErr, power, powerErr, efforts)
}

// digestOf sums up what was prepared of a recording.
func digestOf(heart fitness.HeartRate, heartErr error, power fitness.Power, powerErr error, efforts []fitness.BestEffort) digest {
	var d digest
	if heartErr == nil {
		d.HeartRate = new(heart.Histogram())
		if peak, err := heart.Peak(); err == nil {
			d.PeakHR = peak.Value
		}
	}
	if powerErr == nil {
		if np, err := power.Normalized(); err == nil {
			d.Power = &powerDigest{Seconds: power.Seconds(), Normalized: np.Value, Coverage: np.Coverage, Note: np.Note}
			for _, e := range power.MeanMax(bestSeconds()) {
				d.Power.Best = append(d.Power.Best, powerEffort{e.Seconds, e.Watts})
			}
		}
	}
	for _, e := range efforts {
		d.Efforts = append(d.Efforts, Stretch{e.Meters, e.Seconds})
	}
	return d
}

// bestEfforts returns the fastest stretches over the usual distances, if there are any.
func bestEfforts(t, meters []float64) []fitness.BestEffort {
	efforts, err := fitness.BestEfforts(t, meters, raceDistances())
	if err != nil {
		return nil
	}
	return efforts
}

// distances returns the cumulative distance, recorded or along the track, or nil.
func distances(s pierre.Series) []float64 {
	if s.Distance != nil {
		return s.Distance
	}
	const fastest = 12 // m/s, on foot
	d, err := fitness.TrackDistance(s.Time, s.Latitude, s.Longitude, fastest)
	if err != nil {
		return nil
	}
	return d
}
