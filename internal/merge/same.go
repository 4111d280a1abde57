package merge

import (
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The tolerances of the duplicate rule. Those in seconds are for long
// activities; a short one may differ by a tenth of its length, or two short
// activities back to back would be one.
const (
	maxStartSeconds    = 60.0
	maxDurationSeconds = 60.0
	maxDurationRatio   = 0.02
	shortRatio         = 0.1
	minTolerance       = 2.0 // s: clocks are read and rounded to seconds
	maxDistanceRatio   = 0.03
	maxIndoorRatio     = 0.15 // where nothing but the devices' own counters tells, as of a watch on a treadmill
	minOverlap         = 0.8  // of the longer one of two tracks
	maxZone            = 14 * time.Hour
)

// How far apart two sources of one activity may start: of two that know their
// time zones, which may have been started late, and if one does not.
const (
	MaxStartDifference = 3 * time.Hour
	MaxZoneDifference  = maxZone + maxStartSeconds*time.Second
)

// LocalAsUTCTolerance is how exactly the starts of two recordings differ by the offset of their place if one notes local time
// as UTC: they are copies of one.
const LocalAsUTCTolerance = 15 * time.Second

// What tells copies of one recording from two that are alike.
const (
	minExtent    = 500.0 // m, of the track
	maxCopyRatio = 0.02  // by which their numbers of samples differ
)

// A Verdict says whether two sources are of one activity.
type Verdict int

// The verdicts.
const (
	Different Verdict = iota
	SameIfTracksAgree
	SameIfTracksCoincide // a copy by another clock
	Same
)

// Compare applies the duplicate rule: the same start, duration and distance,
// within tolerances. Where both sources have a track, the tracks decide in place
// of the distance and the sport, which devices measure and name differently, and of start and duration
// if the two overlap for most of their time: nobody is in two places.
func Compare(a, b Facts) Verdict {
	if v, known := byIdentity(a.Source, b.Source); known {
		return v
	}
	if overlap(a, b) {
		return ifTracks(a, b)
	}
	length := max(a.elapsed(), b.elapsed())
	shift, near := startsNear(a, b, length)
	if !near || !durationsAgree(a, b) {
		return Different
	}
	tolerance := maxDistanceRatio
	if (a.Columns|b.Columns)&HasPosition == 0 && shift == 0 && a.Samples > 0 && b.Samples > 0 {
		tolerance = maxIndoorRatio
	}
	distances, known := distancesAgree(a.Activity, b.Activity, tolerance)
	switch {
	case a.Columns&b.Columns&HasPosition != 0:
		return ifTracks(a, b)
	case known && !distances, !sportsAgree(a.Activity.Sport, b.Activity.Sport):
		return Different
	case shift != 0 && !known: // hours apart, and nothing but the duration speaks for it
		return Different
	}
	return Same
}

// ifTracks is the verdict on two sources with tracks.
func ifTracks(a, b Facts) Verdict {
	if zoneShift(a, b) != 0 && !a.Source.LocalTimes && !b.Source.LocalTimes {
		return SameIfTracksCoincide
	}
	return SameIfTracksAgree
}

// overlap reports whether two sources with tracks share most of the time of the longer one, or begin together and one is a
// part of the other, as a recording that was cut off. The parts of a multisport recording do not count as cut off.
func overlap(a, b Facts) bool {
	if a.Columns&b.Columns&HasPosition == 0 {
		return false
	}
	d := Shift(a, b) // s that b started after a
	common := min(a.Span, d+b.Span) - max(0, d)
	longer, shorter := max(a.Span, b.Span), min(a.Span, b.Span)
	if longer <= 0 {
		return false
	}
	whole := a.Activity.MultisportID == "" && b.Activity.MultisportID == ""
	return common >= minOverlap*longer || whole && math.Abs(d) <= maxStartSeconds && common >= minOverlap*shorter && shorter >= minCutOff
}

// minCutOff is the shortest recording in s that can be known as the beginning of another.
const minCutOff = 120

// byIdentity decides what the sources' own names decide: one file holds each
// activity once, and a provider's identifier names one.
func byIdentity(a, b pierre.Source) (v Verdict, known bool) {
	sameFile := a.SHA256 == b.SHA256
	sameID := a.Provider == b.Provider && a.ExternalID != "" && a.ExternalID == b.ExternalID
	if !sameFile && !sameID {
		return Different, false
	}
	if a.Part == b.Part {
		return Same, true
	}
	return Different, true
}

// Conflict reports whether two sources can never be of one activity: parts of one file.
func Conflict(a, b pierre.Source) bool {
	v, known := byIdentity(a, b)
	return known && v == Different
}

// startsNear reports whether the starts agree, and by how much the clocks differ: a source without a time zone
// may be off by whole hours, one that calls local time UTC by the offset of its place.
func startsNear(a, b Facts, length float64) (shift time.Duration, near bool) {
	d := a.Activity.Start.Sub(b.Activity.Start)
	if a.Source.LocalTimes || b.Source.LocalTimes {
		if shift = d.Round(time.Hour); shift.Abs() > maxZone {
			return 0, false
		}
	} else {
		shift = zoneShift(a, b)
	}
	tolerance := min(maxStartSeconds, max(minTolerance, shortRatio*length))
	return shift, math.Abs((d - shift).Seconds()) <= tolerance
}

// elapsed returns the wall-clock length in seconds, 0 if unknown.
func (f Facts) elapsed() float64 {
	if e := f.Activity.ElapsedSeconds; e != nil {
		return *e
	}
	if f.Span > 0 || f.Activity.DurationSeconds == nil {
		return f.Span
	}
	return *f.Activity.DurationSeconds
}

// durationsAgree compares like with like where both are known: timers differ
// between devices by how they pause, the wall clock does not.
func durationsAgree(a, b Facts) bool {
	if da, db := a.Activity.DurationSeconds, b.Activity.DurationSeconds; da != nil && db != nil && near(*da, *db) {
		return true
	}
	ea, eb := a.elapsed(), b.elapsed()
	return ea > 0 && eb > 0 && near(ea, eb)
}

func near(a, b float64) bool {
	longer := max(a, b)
	tolerance := max(maxDurationRatio*longer, min(maxDurationSeconds, shortRatio*longer))
	return math.Abs(a-b) <= tolerance
}

// distancesAgree compares the distances, if both are known; an indoor recording's 0 is not.
func distancesAgree(a, b pierre.Activity, tolerance float64) (agree, known bool) {
	da, db := a.DistanceMeters, b.DistanceMeters
	if da == nil || db == nil || *da <= 0 || *db <= 0 {
		return false, false
	}
	return math.Abs(*da-*db) <= tolerance*max(*da, *db), true
}

// sportsAgree reports whether two names of sports may be of one activity. A
// name that says nothing agrees with all.
func sportsAgree(a, b pierre.Sport) bool {
	return a == b || isVague(a) || isVague(b) || a.IsRide() && b.IsRide() || onFoot(a) && onFoot(b)
}

func isVague(s pierre.Sport) bool {
	return s == "" || s == pierre.SportOther || s == pierre.SportWorkout
}

func onFoot(s pierre.Sport) bool {
	return s.OnFoot() || s == "snowshoe"
}
