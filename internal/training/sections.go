package training

import (
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
	channel, altitude := ChannelDistance, s.Altitude
	if s.Distance == nil {
		channel = ChannelPosition
	}
	if !rec.Sport.OnFoot() {
		altitude = nil
	}
	splits, note, err := fitness.Splits(s.Time, distances(s), altitude, meters)
	if err != nil {
		return Splits{Evidence: Evidence{Err: err}}
	}
	e := Evidence{Method: fitness.MethodSplits, Inputs: []Input{samplesInput(channel)}, Note: note, Coverage: 1}
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
