package draft

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// topSpeed is what no athlete exceeds even for a moment, in m/s.
func topSpeed(sport pierre.Sport) float64 {
	switch {
	case sport.OnFoot():
		return 15
	case sport == pierre.SportSwim:
		return 5
	case sport.IsRide():
		return 40
	}
	return 70 // alpine skiing, sailing, and what else there is
}

// speedLimits are a little above the records of each sport, the longest first. Walkers may run. Riders may roll downhill
// for minutes, and swimmers may be carried along.
func speedLimits(sport pierre.Sport) []fitness.SpeedLimit {
	switch {
	case sport.OnFoot():
		return []fitness.SpeedLimit{{Seconds: 1800, MPS: 6.7}, {Seconds: 300, MPS: 7.3}, {Seconds: 60, MPS: 8.8}, {Seconds: 10, MPS: 12.5}}
	case sport == pierre.SportSwim:
		return []fitness.SpeedLimit{{Seconds: 600, MPS: 2.5}, {Seconds: 60, MPS: 3}, {Seconds: 10, MPS: 4}}
	case sport.IsRide():
		return []fitness.SpeedLimit{{Seconds: 3600, MPS: 17}, {Seconds: 600, MPS: 22}, {Seconds: 60, MPS: 30}, {Seconds: 10, MPS: 40}}
	}
	return []fitness.SpeedLimit{{Seconds: 10, MPS: 70}}
}

// believe makes the distances of the draft believable: errors of the counter are taken out, what no athlete covers that
// fast does not count, and totals that contain it are left to be derived again.
func (d *Draft) believe() {
	t, counted := make([]float64, len(d.Samples)), make([]float64, len(d.Samples))
	for i := range d.Samples {
		t[i], counted[i] = d.Samples[i].T, d.Samples[i].Dist
	}
	counted = d.meters(counted)
	repaired := fitness.RepairDistance(t, counted, topSpeed(d.Rec.Sport))
	for i := range d.Samples {
		d.Samples[i].Dist = repaired[i]
	}
	measureTrack(d.Samples, d.Rec.Sport)
	for i := range d.Samples {
		repaired[i] = d.Samples[i].Dist
	}
	possible, cut := fitness.CutImpossible(t, repaired, speedLimits(d.Rec.Sport))
	for i := range d.Samples {
		s := &d.Samples[i]
		if s.Dist = possible[i]; s.Speed > topSpeed(d.Rec.Sport) {
			s.Speed = math.NaN()
		}
	}
	if len(cut) > 0 {
		d.leaveOut(cut)
	}
	d.checkTotals()
}

// meters returns the distances in m of a source that counted them in km, as the totals or the positions tell.
func (d *Draft) meters(counted []float64) []float64 {
	const kilo, tolerance = 1000, 0.05
	last := 0.0
	for _, x := range counted {
		if x > last {
			last = x
		}
	}
	var total float64
	switch {
	case last == 0 || last > 1000:
		return counted
	case d.Rec.DistanceMeters != nil:
		total = *d.Rec.DistanceMeters
	default:
		placed := make([]Sample, len(d.Samples))
		copy(placed, d.Samples)
		for i := range placed {
			placed[i].Dist = math.NaN()
		}
		measureTrack(placed, d.Rec.Sport)
		total = summarise(placed).dist.max
	}
	if math.Abs(total/last-kilo) > tolerance*kilo {
		return counted
	}
	scaled := make([]float64, len(counted))
	for i, x := range counted {
		scaled[i] = kilo * x
	}
	return scaled
}

// leaveOut removes the speeds within the stretches that were cut out, and the totals that contain these.
func (d *Draft) leaveOut(cut []fitness.ImpossibleStretch) {
	slices.SortFunc(cut, func(a, b fitness.ImpossibleStretch) int { return cmp.Compare(a.From, b.From) })
	d.leaveOutOfLaps(cut)
	var seconds, meters float64
	for _, c := range cut {
		seconds, meters = seconds+c.To-c.From, meters+c.Meters
		for i := FirstFrom(d.Samples, c.From); i < len(d.Samples) && d.Samples[i].T <= c.To; i++ {
			if s := &d.Samples[i]; s.T > c.From {
				s.Speed = math.NaN()
				if s.T < c.To {
					s.Dist = math.NaN() // standing still would be another lie
				}
			}
		}
	}
	left := summarise(d.Samples).dist.max
	d.Warn(fmt.Sprintf("%.0f m in %s are faster than %s and do not count: in a vehicle, or an error of the device (%s, the first %s after the start)",
		meters, lasting(seconds), atBest(d.Rec.Sport), human.Plural(len(cut), "stretch"), lasting(cut[0].From-d.Samples[0].T)))
	if t := d.Rec.DistanceMeters; t == nil || math.Abs(*t-left) > 0.03*left {
		without(&d.Rec.Totals, seconds)
	}
	if moving := d.Samples[len(d.Samples)-1].T - d.Samples[0].T; seconds > moving/2 {
		d.Warn("most of it was too fast for the sport: there is no distance")
		for i := range d.Samples {
			d.Samples[i].Dist, d.Samples[i].Speed = math.NaN(), math.NaN()
		}
	}
}

// leaveOutOfLaps does so for the laps, which follow each other. A hostile file's may all span everything: then they have no
// distances.
func (d *Draft) leaveOutOfLaps(cut []fitness.ImpossibleStretch) {
	budget := 4*len(d.Samples) + len(d.Laps)
	for i := range d.Laps {
		l := &d.Laps[i]
		lost := 0.0
		n := sort.Search(len(cut), func(n int) bool { return cut[n].To > l.Start })
		for ; n < len(cut) && cut[n].From < l.End && budget > 0; n++ {
			lost += math.Min(l.End, cut[n].To) - math.Max(l.Start, cut[n].From)
			budget--
		}
		if lost > 0 || budget <= 0 {
			without(&l.Totals, lost)
		}
	}
}

func atBest(sport pierre.Sport) string {
	switch {
	case sport.OnFoot():
		return "anyone runs"
	case sport == pierre.SportSwim:
		return "anyone swims"
	case sport.IsRide():
		return "anyone rides"
	}
	return "the sport allows"
}

func lasting(seconds float64) string {
	return human.Duration(time.Duration(seconds * float64(time.Second)))
}

// without removes from the totals what depends on the distance, and a time that does not count.
func without(t *pierre.Totals, seconds float64) {
	t.DistanceMeters, t.AverageSpeedMPS, t.MaxSpeedMPS = nil, nil, nil
	if t.DurationSeconds != nil {
		t.DurationSeconds = Positive(*t.DurationSeconds - seconds)
	}
}

// checkTotals removes a distance and speeds that the sport does not allow.
func (d *Draft) checkTotals() {
	impossible := tooFast(&d.Rec.Totals, d.Rec.Sport)
	for i := range d.Laps {
		tooFast(&d.Laps[i].Totals, d.Rec.Sport)
	}
	if impossible != "" {
		d.Warn(impossible)
	}
}

// tooFast removes what the sport does not allow from t, and says so.
func tooFast(t *pierre.Totals, sport pierre.Sport) string {
	if t.MaxSpeedMPS != nil && *t.MaxSpeedMPS > topSpeed(sport) {
		t.MaxSpeedMPS = nil
	}
	if t.AverageSpeedMPS != nil && *t.AverageSpeedMPS > topSpeed(sport) {
		t.AverageSpeedMPS = nil
	}
	long := First(t.ElapsedSeconds, t.DurationSeconds)
	if t.DistanceMeters == nil || long == nil {
		return ""
	}
	for _, limit := range speedLimits(sport) {
		if m := *t.DistanceMeters; m > limit.MPS*math.Max(*long, limit.Seconds) {
			t.DistanceMeters, t.AverageSpeedMPS, t.MaxSpeedMPS = nil, nil, nil
			return fmt.Sprintf("a distance of %.0f m in %s is faster than %s and was left out", m, lasting(*long), atBest(sport))
		}
	}
	return ""
}
