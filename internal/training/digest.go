package training

import (
	"math"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A digest is what questions about many activities need of each one's samples. It does not depend on the
// athlete's profile, so that it stays good when that changes. What the samples do not have is nil or 0.
type digest struct {
	HeartRate *fitness.HeartRateHistogram
	PeakHR    float64               // bpm, without artefacts
	HeartBest []fitness.HeartEffort // over each of curveSeconds, without when
	Power     *powerDigest
	Graded    *gradedDigest          // on foot
	Efforts   []Stretch              // the fastest, of runs
	Fast      []Stretch              // the fastest over each of fastDistances, beyond Efforts
	Far       []Stretch              // the farthest in each of curveSeconds
	Climbs    []fitness.Climb        // the highest in their order, then the fastest
	Moving    float64                // s in motion by speed
	Steady    *steadyDigest          // how output and heart rate went together
	detail    map[quantityKind]spent // kept apart; nil: not read
}

// A quantityKind is what a detail of a digest is of.
type quantityKind uint64

// The quantities of details.
const (
	detailPower quantityKind = iota + 1 // W
	detailSpeed                         // m/s, grade-adjusted
)

// spent is the time at each step of a quantity.
type spent = fitness.Distribution

type powerDigest struct {
	Seconds    float64
	Normalized float64 // W
	Coverage   float64
	Note       string
	Best       []powerEffort // over each of curveSeconds and bestSeconds that the recording is long enough for
}

// normalized returns the normalized power as it was computed.
func (p *powerDigest) normalized() fitness.Result {
	return fitness.Result{Value: p.Normalized, Method: fitness.MethodNormalizedPower, Coverage: p.Coverage, Note: p.Note}
}

// A gradedDigest is the grade-adjusted speed of an activity on foot.
type gradedDigest struct {
	Speed      float64 // m/s, the mean in motion; 0: none
	Normalized float64 // m/s; 0: none
	Coverage   float64
	Note       string
}

// A steadyDigest is how output and heart rate went together; see [fitness.Decoupling].
type steadyDigest struct {
	Decoupling float64 // %
	Coverage   float64
	Note       string
	ByPower    bool // the output is power; else speed
}

// A powerEffort is the highest mean power over a length of time.
type powerEffort struct {
	Seconds float64
	Watts   float64
}

// bestSeconds are the lengths that critical power is fitted to: its model holds for 2 to 20 minutes.
func bestSeconds() []int { return []int{120, 180, 300, 480, 720, 1200} }

// curveSeconds are the lengths of the curves that digests keep.
func curveSeconds() []int {
	return []int{1, 5, 15, 30, 60, 120, 180, 300, 480, 600, 720, 1200, 1800, 3600, 5400, 7200, 10_800, 18_000}
}

// shortestCurve is the shortest length in seconds of curves of heart rate and distance, which devices count too coarsely for less.
const shortestCurve = 60

// A Stretch is a part of a run: the fastest over its distance, or the whole.
type Stretch struct {
	Meters  float64
	Seconds float64
}

// raceDistances are the stretches whose fastest time is kept of every run, in metres.
func raceDistances() []float64 {
	return []float64{1000, 1500, fitness.Mile, 3000, 5000, 10_000, 15_000, fitness.HalfMarathon, 30_000, fitness.Marathon}
}

// fastDistances are those that a sport's fastest stretches are kept of besides, in metres.
func fastDistances(s pierre.Sport) []float64 {
	switch {
	case s.IsRun():
		return []float64{400, 800, 50_000, 100_000}
	case s.IsRide():
		return []float64{1000, 5000, 10_000, 20_000, 40_000, 50_000, 100_000, 100 * fitness.Mile, 200_000}
	case s == pierre.SportSwim:
		return []float64{100, 200, 400, 800, 1500, 1900, 3800, 5000, 10_000}
	case s.OnFoot():
		return []float64{1000, 5000, 10_000, fitness.HalfMarathon}
	}
	return nil
}

// newDigest computes the digest of a recording.
func newDigest(rec pierre.Recording) digest {
	s := rec.Series
	heart, heartErr := fitness.NewHeartRate(s.Time, s.HeartRate)
	power, powerErr := fitness.NewPower(s.Time, s.Power)
	meters := distances(s)
	var efforts []fitness.BestEffort
	if rec.Sport.IsRun() {
		efforts = bestEfforts(s.Time, meters)
	}
	d := digestOf(heart, heartErr, power, powerErr, efforts)
	d.detail = map[quantityKind]spent{}
	if heartErr == nil {
		d.HeartBest = roundedHeart(heart.MeanMax(curvesFrom(shortestCurve)))
	}
	if d.Power != nil {
		d.Power.addCurve(power)
		d.detail[detailPower] = power.Distribution()
	}
	d.addDistances(rec.Activity, s, meters)
	d.addSteady(rec, meters, powerErr)
	return d
}

// curvesFrom returns the lengths of curves from one on.
func curvesFrom(least int) []int {
	all := curveSeconds()
	for len(all) > 0 && all[0] < least {
		all = all[1:]
	}
	return all
}

// hundredth rounds what is kept to as much as a sensor has.
func hundredth(v float64) float64 { return math.Round(100*v) / 100 }

func roundedHeart(efforts []fitness.HeartEffort) []fitness.HeartEffort {
	for i, e := range efforts {
		efforts[i] = fitness.HeartEffort{Seconds: e.Seconds, BPM: hundredth(e.BPM)}
	}
	return efforts
}

// addCurve adds the lengths that are not those of critical power.
func (p *powerDigest) addCurve(power fitness.Power) {
	kept := map[float64]bool{}
	for _, e := range p.Best {
		kept[e.Seconds] = true
	}
	for _, e := range power.MeanMax(curveSeconds()) {
		if !kept[e.Seconds] {
			p.Best = append(p.Best, powerEffort{e.Seconds, hundredth(e.Watts)})
		}
	}
}

// addDistances adds what follows from the distance.
func (d *digest) addDistances(act pierre.Activity, s pierre.Series, meters []float64) {
	if meters == nil {
		return
	}
	if fast, err := fitness.BestEfforts(s.Time, meters, fastDistances(act.Sport)); err == nil {
		for _, e := range fast {
			d.Fast = append(d.Fast, Stretch{e.Meters, hundredth(e.Seconds)})
		}
	}
	if act.Sport.IsRun() || act.Sport.IsRide() || act.Sport == pierre.SportSwim {
		var seconds []float64
		for _, n := range curvesFrom(shortestCurve) {
			seconds = append(seconds, float64(n))
		}
		if far, err := fitness.Farthest(s.Time, meters, seconds); err == nil {
			for _, e := range far {
				d.Far = append(d.Far, Stretch{hundredth(e.Meters), e.Seconds})
			}
		}
	}
	if act.Sport.OnFoot() {
		d.addGraded(s, meters)
	}
	if s.Altitude != nil && (act.Sport.OnFoot() || act.Sport.IsRide()) {
		if climbs, err := fitness.Climbs(s.Time, meters, s.Altitude); err == nil {
			d.Climbs = memorable(possibleClimbs(climbs))
		}
	}
}

func (d *digest) addGraded(s pierre.Series, meters []float64) {
	run, err := fitness.NewGradedRun(s.Time, meters, s.Altitude)
	if err != nil {
		return
	}
	if d.Graded = gradedOf(run); d.Graded != nil {
		d.detail[detailSpeed] = run.Distribution()
	}
}

// gradedOf sums up a run, nil if it shows nothing.
func gradedOf(run fitness.GradedRun) *gradedDigest {
	var g gradedDigest
	if speed, err := run.Speed(); err == nil {
		g = gradedDigest{Speed: speed.Value, Coverage: speed.Coverage, Note: speed.Note}
	}
	if normalized, err := run.Normalized(); err == nil {
		g.Normalized, g.Coverage, g.Note = normalized.Value, normalized.Coverage, normalized.Note
	}
	if g.Coverage > 0 {
		return &g
	}
	return nil
}

// addSteady adds the time in motion and the decoupling.
func (d *digest) addSteady(rec pierre.Recording, meters []float64, powerErr error) {
	a := Analysis{Recording: rec, meters: meters, powerErr: powerErr}
	if moving := a.MovingTime(); moving.Err == nil {
		d.Moving = hundredth(moving.Value)
	}
	if r := a.Decoupling(); r.Err == nil {
		d.Steady = &steadyDigest{Decoupling: r.Value, Coverage: r.Coverage, Note: r.Note, ByPower: powerErr == nil}
	}
}

// digestOf sums up what was prepared of a recording, as far as loads, critical power and predictions need it.
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
