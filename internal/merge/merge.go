package merge

import (
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Activity returns what the ranked sources add up to: the richest one's values,
// completed by the others'. It has the richest source's provider; its name is
// the one that the athlete gave it.
func Activity(ranked []Facts) pierre.Activity {
	a := ranked[0].Activity
	a.Provider = ranked[0].Source.Provider
	for _, f := range ranked[1:] {
		complete(&a, f.Activity)
	}
	a.Name = name(ranked)
	zoned, right := clocks(ranked)
	a.Start = a.Start.Add(-zoneShift(ranked[0], zoned) - localAsUTC(zoned, right))
	if right.Activity.UTCOffset != nil {
		a.UTCOffset = right.Activity.UTCOffset
	}
	return a
}

// clocks returns the richest source whose times have a zone, and the one whose clock is right: the same, unless that calls
// local time UTC and another does not. A source without a zone is the last resort.
func clocks(ranked []Facts) (zoned, right Facts) {
	zoned = ranked[0]
	if i := slices.IndexFunc(ranked, func(f Facts) bool { return !f.Source.LocalTimes }); i >= 0 {
		zoned = ranked[i]
	}
	for _, f := range ranked {
		if localAsUTC(zoned, f) != 0 {
			return zoned, f
		}
	}
	return zoned, zoned
}

func complete(a *pierre.Activity, from pierre.Activity) {
	if saysMore(from.Sport, a.Sport) {
		a.Sport = from.Sport
	}
	if a.UTCOffset == nil {
		a.UTCOffset = from.UTCOffset
	}
	setIfEmpty(&a.Description, from.Description)
	setIfEmpty(&a.Device, from.Device)
	setIfEmpty(&a.MultisportID, from.MultisportID)
	if setIfEmpty(&a.SportName, from.SportName); !isVague(a.Sport) {
		a.SportName = ""
	}
	a.HasGPS, a.Indoor, a.Race = a.HasGPS || from.HasGPS, a.Indoor || from.Indoor, a.Race || from.Race
	a.Impression.Complete(from.Impression)
	a.Totals.Complete(from.Totals)
}

// saysMore reports whether a is a kind of b, such as trail running is of running.
func saysMore(a, b pierre.Sport) bool {
	switch {
	case isVague(b):
		return !isVague(a)
	case b == pierre.SportRun:
		return a.IsRun() && a != b
	case b == pierre.SportRide:
		return a.IsRide() && a != b
	}
	return false
}

func setIfEmpty(s *string, from string) {
	if *s == "" {
		*s = from
	}
}

// name prefers what the athlete wrote into an account to what a device made up,
// and anything to a mere sport or date. Of the same account's entry, the last import counts.
func name(ranked []Facts) string {
	best, bestScore, entry := "", -1, pierre.Source{}
	for _, f := range ranked {
		score := 0
		switch {
		case f.Activity.Name == "":
			continue
		case f.Source.ExternalID != "" && slices.Contains(pierre.Connectable(), f.Source.Provider):
			score = 2
		case !isGeneric(f.Activity):
			score = 1
		}
		edited := score == 2 && f.Source.ExternalID == entry.ExternalID && f.Source.Imported.After(entry.Imported)
		if score > bestScore || edited {
			best, bestScore, entry = f.Activity.Name, score, f.Source
		}
	}
	return best
}

// isGeneric reports whether a name says no more than the sport or the time.
func isGeneric(a pierre.Activity) bool {
	n := strings.ToLower(strings.TrimSpace(a.Name))
	words := []string{
		"run", "running", "ride", "cycling", "biking", "swim", "swimming", "walk", "walking", "hike", "hiking",
		"workout", "activity", "training", "transition", "other", "track", "active log", "untitled",
	}
	return slices.Contains(words, strings.TrimRight(n, " #0123456789")) ||
		n == strings.ReplaceAll(string(a.Sport), "_", " ") || !strings.ContainsFunc(n, isLetter)
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' && r != 't' && r != 'z' || r > 0x7f } // T and Z are a date's

// maxHold is how old, in seconds, a sample of another source may be to stand for a moment.
const maxHold = 10.0

// Fill adds the columns that s lacks from the samples of a source that is not
// as rich, each at s's own times. shift is how far that source started after s, in seconds.
func Fill(s *pierre.Series, from pierre.Series, shift float64) {
	if len(s.Time) == 0 || len(from.Time) == 0 {
		return
	}
	fromGroups := fillable(&from)
	for i, g := range fillable(s) {
		if len(*g.values[0]) > 0 || len(*fromGroups[i].values[0]) == 0 {
			continue
		}
		for j, values := range g.values {
			*values = resample(s.Time, shift, from.Time, *fromGroups[i].values[j])
		}
	}
}

// resample takes for each time the nearest sample, or NaN if none is near. It is nil if none is near any.
func resample(times []float64, shift float64, fromTimes, from []float64) []float64 {
	out, found := make([]float64, len(times)), false
	for i, t := range times {
		t -= shift
		j := sort.SearchFloat64s(fromTimes, t)
		if j == len(fromTimes) || j > 0 && t-fromTimes[j-1] < fromTimes[j]-t {
			j--
		}
		out[i] = math.NaN()
		if math.Abs(fromTimes[j]-t) <= maxHold {
			out[i] = from[j]
			found = found || !math.IsNaN(from[j])
		}
	}
	if !found {
		return nil
	}
	return out
}

// Shift returns how far b started after a, in seconds, apart from what the clock of one of them is off: whole hours without
// a time zone, the offset of its place if it noted local time as UTC.
func Shift(a, b Facts) float64 {
	return (b.Activity.Start.Sub(a.Activity.Start) + zoneShift(a, b)).Seconds()
}

// zoneShift returns what a's clock is ahead of b's.
func zoneShift(a, b Facts) time.Duration {
	if !a.Source.LocalTimes && !b.Source.LocalTimes {
		return localAsUTC(a, b) - localAsUTC(b, a)
	}
	return a.Activity.Start.Sub(b.Activity.Start).Round(time.Hour)
}

// localAsUTC returns the offset of their place if a starts by just that after b, as a copy does whose local times are
// called UTC; else 0. Only tracks can tell that it is the same activity.
func localAsUTC(a, b Facts) time.Duration {
	if a.Source.LocalTimes || b.Source.LocalTimes || !mayBeCopies(a, b) {
		return 0
	}
	d := a.Activity.Start.Sub(b.Activity.Start)
	for _, seconds := range []*int{a.Activity.UTCOffset, b.Activity.UTCOffset} {
		if seconds == nil || *seconds == 0 {
			continue
		}
		if offset := time.Duration(*seconds) * time.Second; (d - offset).Abs() <= LocalAsUTCTolerance {
			return offset
		}
	}
	return 0
}

// mayBeCopies reports whether two sources may be copies of one recording whose times were written differently. FIT states its
// clock, and on a court one hour looks like the next. Where no extent was kept of a track, the tracks themselves tell.
func mayBeCopies(a, b Facts) bool {
	small := func(f Facts) bool { return f.Extent < minExtent && (f.Extent > 0 || f.Columns&HasPosition == 0) }
	if a.Source.Format == "fit" && b.Source.Format == "fit" || small(a) || small(b) {
		return false
	}
	return math.Abs(float64(a.Samples-b.Samples)) <= maxCopyRatio*float64(max(a.Samples, b.Samples))
}
