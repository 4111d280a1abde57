package training

import (
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Climbs are the highest climbs of an activity, in their order.
type Climbs struct {
	Climbs     []fitness.Climb
	Lower      int // left out: not among the highest
	Impossible int // left out: faster than anyone climbs
	Evidence
}

// ClimbsOf finds the climbs of a ride or of an activity on foot; at most five.
func ClimbsOf(rec pierre.Recording) Climbs {
	s := rec.Series
	if !rec.Sport.IsRide() && !rec.Sport.OnFoot() {
		return Climbs{Evidence: Evidence{Err: because("climbs are those of rides and of activities on foot")}}
	}
	all, err := fitness.Climbs(s.Time, distances(s), s.Altitude)
	if err != nil {
		return Climbs{Evidence: Evidence{Err: err}}
	}
	possible := possibleClimbs(all)
	kept := highest(possible)
	return Climbs{
		kept, len(possible) - len(kept), len(all) - len(possible),
		Evidence{Method: fitness.MethodClimbs, Inputs: []Input{distanceInput(s), samplesInput(ChannelAltitude)}},
	}
}

// possibleClimbs returns the climbs that are not faster than anyone climbs, as lifts are.
func possibleClimbs(all []fitness.Climb) (possible []fitness.Climb) {
	for _, c := range all {
		if c.VAM() <= mostOver(humanVAM(), c.Seconds) {
			possible = append(possible, fitness.Climb{
				StartSeconds: hundredth(c.StartSeconds), Seconds: hundredth(c.Seconds), StartMeters: hundredth(c.StartMeters),
				Meters: hundredth(c.Meters), GainMeters: hundredth(c.GainMeters),
			})
		}
	}
	return possible
}

// highest returns the five climbs with the greatest gain in their order.
func highest(climbs []fitness.Climb) (kept []fitness.Climb) {
	const most = 5
	for _, c := range climbs {
		higher := 0
		for _, o := range climbs {
			if o.GainMeters > c.GainMeters || o.GainMeters == c.GainMeters && o.StartSeconds < c.StartSeconds {
				higher++
			}
		}
		if higher < most {
			kept = append(kept, c)
		}
	}
	return kept
}

// leastGain is how high a climb must be for its vertical speed to count, in m.
const leastGain = 100

// memorable returns those climbs that a record can be of: the highest, and the fastest of those that are high enough.
func memorable(climbs []fitness.Climb) []fitness.Climb {
	kept := highest(climbs)
	var fastest fitness.Climb
	for _, c := range climbs {
		if c.GainMeters >= leastGain && (fastest.Seconds == 0 || c.VAM() > fastest.VAM()) {
			fastest = c
		}
	}
	if fastest.Seconds > 0 && !slices.Contains(kept, fastest) {
		kept = append(kept, fastest)
	}
	return kept
}
