package training

import (
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A candidate is a value that may be a record.
type candidate struct {
	recordKey

	value float64
}

// candidates returns what an activity may have records of. Of what holds a value beyond human limits nothing counts, since
// its sensor failed; then whole is false.
func candidates(a pierre.Activity, d digest) (values []candidate, whole bool) {
	whole = true
	take := func(some []candidate, possible bool) {
		if possible {
			values = append(values, some...)
		} else {
			whole = false
		}
	}
	take(powerCandidates(a, d))
	take(paceCandidates(a, d))
	take(heartCandidates(d))
	take(climbCandidates(d), true)
	take(totalCandidates(a))
	return values, whole
}

// powerRecordSeconds are those lengths of the power curve that records are kept of.
func powerRecordSeconds() []float64 {
	return []float64{5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000}
}

// powers returns the highest mean powers of a ride over the lengths that digests keep. If one of them is beyond human limits
// none counts; then possible is false.
func powers(a pierre.Activity, d digest) (best []powerEffort, possible bool) {
	if !a.Sport.IsRide() || d.Power == nil {
		return nil, true
	}
	for _, e := range d.Power.Best {
		if e.Watts > mostOver(humanPower(), e.Seconds) {
			return nil, false
		}
	}
	return d.Power.Best, true
}

func powerCandidates(a pierre.Activity, d digest) (values []candidate, possible bool) {
	best, possible := powers(a, d)
	for _, e := range best {
		if slices.Contains(powerRecordSeconds(), e.Seconds) && e.Watts > 0 {
			values = append(values, candidate{recordKey{RecordPower, e.Seconds}, e.Watts})
		}
	}
	return values, possible
}

func paceCandidates(a pierre.Activity, d digest) (values []candidate, possible bool) {
	limits := humanSpeed(a.Sport)
	for _, e := range slices.Concat(d.Efforts, d.Fast) {
		if e.Seconds <= 0 || e.Meters/e.Seconds > mostOver(limits, e.Seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{RecordPace, e.Meters}, e.Seconds})
	}
	for _, e := range d.Far {
		if e.Meters/e.Seconds > mostOver(limits, e.Seconds) {
			return nil, false
		}
		if slices.Contains([]float64{720, 1800, 3600, 10_800}, e.Seconds) {
			values = append(values, candidate{recordKey{RecordFarthest, e.Seconds}, e.Meters})
		}
	}
	return values, true
}

func heartCandidates(d digest) (values []candidate, possible bool) {
	const highest = 225 // bpm, held for a minute: beyond what is seen in adults and children
	for _, e := range d.HeartBest {
		if e.BPM > highest {
			return nil, false
		}
		if slices.Contains([]float64{60, 300, 1200, 3600}, e.Seconds) {
			values = append(values, candidate{recordKey{RecordHeartRate, e.Seconds}, e.BPM})
		}
	}
	return values, true
}

func climbCandidates(d digest) (values []candidate) {
	for _, c := range d.Climbs {
		values = append(values, candidate{recordKey{kind: RecordClimb}, c.GainMeters})
		if c.GainMeters >= leastGain {
			values = append(values, candidate{recordKey{kind: RecordVAM}, c.VAM()})
		}
	}
	return values
}

func totalCandidates(a pierre.Activity) (values []candidate, possible bool) {
	seconds := 0.0
	if a.DurationSeconds != nil && *a.DurationSeconds > 0 {
		seconds = *a.DurationSeconds
		values = append(values, candidate{recordKey{kind: RecordLengthy}, seconds})
	}
	if m := a.DistanceMeters; m != nil && *m > 0 {
		if seconds > 0 && *m/seconds > mostOver(humanSpeed(a.Sport), seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{kind: RecordLongest}, *m})
	}
	if m := a.ElevationGainMeters; m != nil && *m > 0 {
		if (a.Sport.IsRide() || a.Sport.OnFoot()) && seconds > 0 && 3600**m/seconds > mostOver(humanVAM(), seconds) {
			return nil, false
		}
		values = append(values, candidate{recordKey{kind: RecordAscent}, *m})
	}
	return values, true
}

// A bound is the most that anyone has done over a time in seconds, and some percent more.
type bound struct{ seconds, most float64 }

// mostOver returns the bound of the longest of the times that is not longer than seconds.
func mostOver(bounds []bound, seconds float64) float64 {
	most := bounds[0].most
	for _, b := range bounds {
		if seconds >= b.seconds {
			most = b.most
		}
	}
	return most
}

// humanPower bounds the mean power in W: sprinters on the track and the winners of grand tours.
func humanPower() []bound {
	return []bound{{0, 2700}, {5, 2300}, {15, 1800}, {30, 1400}, {60, 1100}, {120, 850}, {180, 750}, {300, 680}, {600, 600}, {1200, 540}, {1800, 520}, {3600, 490}, {7200, 450}}
}

// humanSpeed bounds the mean speed in m/s by the world records; cyclists also roll downhill.
func humanSpeed(s pierre.Sport) []bound {
	switch {
	case s.IsRun() || s.OnFoot():
		return []bound{{0, 10.5}, {40, 9.5}, {95, 8.1}, {200, 7.4}, {700, 6.8}, {1500, 6.5}, {3400, 6.3}, {7000, 6.0}, {12_000, 5.3}}
	case s == pierre.SportSwim:
		return []bound{{0, 2.4}, {45, 2.2}, {95, 2.0}, {200, 1.9}, {800, 1.8}, {3000, 1.7}}
	case s.IsRide():
		return []bound{{0, 40}, {60, 30}, {600, 22}, {3600, 17}}
	}
	return []bound{{0, 70}}
}

// humanVAM bounds the vertical speed in m/h: sprints up stairs, the vertical kilometre, the hour.
func humanVAM() []bound {
	return []bound{{0, 4000}, {120, 3000}, {600, 2300}, {1500, 2150}, {3600, 1900}}
}
