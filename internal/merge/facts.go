// Package merge decides which recordings are of one activity, and how they
// become one: the duplicate rule, the order of sources by richness, and what is
// taken from which. It is pure: the store asks it whenever a source comes, with all
// the sources of an activity, so that the result does not depend on their order.
package merge

import (
	"bytes"
	"cmp"
	"math/bits"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Columns is the set of sample columns that a source has.
type Columns uint16

// The columns. A position counts as one, since half of it says nothing.
const (
	HasPosition Columns = 1 << iota
	HasAltitude
	HasDistance
	HasSpeed
	HasHeartRate
	HasPower
	HasCadence
	HasTemperature
)

// Facts are what one source says about an activity, with its samples summed up.
type Facts struct {
	Source   pierre.Source
	Activity pierre.Activity // by this source alone
	Columns  Columns
	Samples  int
	Span     float64 // s from the start to the last sample
	Extent   float64 // m from corner to corner of the rectangle around the track; 0: there is none, or it was kept before this was
}

// FactsOf sums up a recording that was read from src.
func FactsOf(src pierre.Source, rec pierre.Recording) Facts {
	f := Facts{Source: src, Activity: rec.Activity, Columns: columnsOf(&rec.Series), Samples: len(rec.Series.Time)}
	if f.Columns&HasPosition != 0 {
		f.Extent = max(1, extent(rec.Series))
	}
	if f.Samples > 0 {
		f.Span = rec.Series.Time[f.Samples-1]
	}
	return f
}

func columnsOf(s *pierre.Series) Columns {
	var set Columns
	for _, c := range fillable(s) {
		if len(c.values) > 0 && len(*c.values[0]) > 0 {
			set |= c.flag
		}
	}
	return set
}

// A group is the columns that are only taken together.
type group struct {
	flag   Columns
	values []*[]float64
}

func fillable(s *pierre.Series) []group {
	return []group{
		{HasPosition, []*[]float64{&s.Latitude, &s.Longitude}},
		{HasAltitude, []*[]float64{&s.Altitude}},
		{HasDistance, []*[]float64{&s.Distance}},
		{HasSpeed, []*[]float64{&s.Speed}},
		{HasHeartRate, []*[]float64{&s.HeartRate}},
		{HasPower, []*[]float64{&s.Power}},
		{HasCadence, []*[]float64{&s.Cadence}},
		{HasTemperature, []*[]float64{&s.Temperature}},
	}
}

// RicherFirst orders sources by richness: more kinds of samples, more samples,
// fewer oddities, the format that holds more. It is a total order over different
// sources, which is what makes merging independent of the order of imports.
func RicherFirst(a, b Facts) int {
	return cmp.Or(
		-cmp.Compare(bits.OnesCount16(uint16(a.Columns)), bits.OnesCount16(uint16(b.Columns))),
		-cmp.Compare(a.Samples, b.Samples),
		cmp.Compare(len(a.Activity.Warnings), len(b.Activity.Warnings)),
		-cmp.Compare(formats.Better(a.Source.Format), formats.Better(b.Source.Format)),
		cmp.Compare(providerRank(a.Source.Provider), providerRank(b.Source.Provider)),
		bytes.Compare(a.Source.SHA256[:], b.Source.SHA256[:]),
		cmp.Compare(a.Source.Part, b.Source.Part),
		cmp.Compare(a.Source.Provider, b.Source.Provider),
		cmp.Compare(a.Source.ExternalID, b.Source.ExternalID),
	)
}

// providerRank prefers an account, which the athlete knows by name, to a file.
func providerRank(p pierre.Provider) int {
	if p == pierre.ProviderFile {
		return 1
	}
	return 0
}

// Needed reports for each of the ranked sources whether its samples have a
// column that no richer source has. The samples of the others are never used.
func Needed(ranked []Facts) []bool {
	var seen Columns
	needed := make([]bool, len(ranked))
	for i, f := range ranked {
		needed[i] = f.Samples > 0 && (f.Columns&^seen != 0 || i == 0)
		seen |= f.Columns
	}
	return needed
}
