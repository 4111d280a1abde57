package training

import (
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Splits are the parts of an activity of a given length.
type Splits struct {
	Splits []fitness.Split
	Evidence
}

// SplitsOf divides a recording into parts of so many metres. On foot they have the cost of their slopes, where an altitude was
// recorded. The coverage is of the activity's time.
func SplitsOf(rec pierre.Recording, meters float64) Splits {
	s := rec.Series
	altitude := s.Altitude
	if !rec.Sport.OnFoot() {
		altitude = nil
	}
	splits, note, err := fitness.Splits(s.Time, distances(s), altitude, meters)
	if err != nil {
		return Splits{Evidence: Evidence{Err: err}}
	}
	e := Evidence{Method: fitness.MethodSplits, Inputs: []Input{distanceInput(s)}, Note: note, Coverage: 1}
	if altitude != nil {
		e.Inputs = append(e.Inputs, samplesInput(ChannelAltitude))
	}
	sum := 0.0
	for _, split := range splits {
		sum += split.Seconds
	}
	if whole := wholeSeconds(rec.Activity); whole > 0 {
		e.Coverage = min(1, sum/whole)
	}
	return Splits{splits, e}
}

// FastestOf finds the fastest stretches of an activity over the distances that its sport has records of.
func FastestOf(rec pierre.Recording) EffortCurve {
	meters := fastDistances(rec.Sport)
	if rec.Sport.IsRun() {
		meters = append(meters, raceDistances()...)
	}
	slices.Sort(meters)
	efforts, err := fitness.BestEfforts(rec.Series.Time, distances(rec.Series), meters)
	if err == nil && len(efforts) == 0 {
		err = because("the distances that the sport has records of are longer")
	}
	for _, e := range efforts {
		if e.Meters/e.Seconds > mostOver(humanSpeed(rec.Sport), e.Seconds) {
			err = because("%.0f m in %.0f s are faster than anyone is", e.Meters, e.Seconds)
		}
	}
	if err != nil {
		return EffortCurve{Evidence: Evidence{Err: err}}
	}
	return EffortCurve{efforts, Evidence{Method: fitness.MethodBestEffort, Inputs: []Input{distanceInput(rec.Series)}}}
}
