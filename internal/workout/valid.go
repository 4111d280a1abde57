package workout

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What else of a workout has limits.
const (
	NameBytes     = 100
	NoteBytes     = 1000
	FurthestYears = 2 // ahead of the day on which it is planned
)

// IsName reports whether text can be the name of a workout: one line that is not blank.
func IsName(text string) bool {
	return strings.TrimSpace(text) != "" && len(text) <= NameBytes && pierre.IsText(text) && pierre.OneLine(text)
}

// IsNote reports whether text can be the note of a workout: lines without control characters.
func IsNote(text string) bool {
	return len(text) <= NoteBytes && pierre.IsText(text) && !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' })
}

// IsStart reports whether text can be the start of a workout: such as 06:30.
func IsStart(text string) bool {
	_, err := time.Parse("15:04", text)
	return err == nil && len(text) == len("15:04")
}

// Valid reports whether a workout can be one that was planned by way of [Parse], whatever its day. It is for workouts that come
// from elsewhere: its work is bounded, however they are nested.
func Valid(w *pierre.Workout) bool {
	return IsName(w.Name) && IsNote(w.Note) && (w.Start == "" || IsStart(w.Start)) && slices.Contains(pierre.Sports(), w.Sport) &&
		len(w.Steps) > 0 && areSteps(w.Sport, w.Steps, 0) && tooMuch(w.Steps) == ""
}

func areSteps(sport pierre.Sport, steps []pierre.WorkoutStep, depth int) bool {
	for i := range steps {
		s := &steps[i]
		ok := isStep(sport, s)
		if s.Repeat != 0 || len(s.Steps) > 0 {
			only := s.Kind == pierre.StepWork && s.Seconds == 0 && s.Meters == 0 && s.Target == nil && s.Cadence == nil
			ok = only && depth < maxDepth && s.Repeat >= minRepeat && s.Repeat <= MaxRepeat && len(s.Steps) > 0 && areSteps(sport, s.Steps, depth+1)
		}
		if !ok {
			return false
		}
	}
	return true
}

func isStep(sport pierre.Sport, s *pierre.WorkoutStep) bool {
	length := s.Seconds == 0 && s.Meters == 0 || // open
		s.Meters == 0 && s.Seconds >= 1 && s.Seconds <= maxSeconds && s.Seconds == math.Trunc(s.Seconds) ||
		s.Seconds == 0 && s.Meters >= 1 && s.Meters <= maxMeters
	return length && slices.ContainsFunc(kinds(), func(k kindWords) bool { return k.kind == s.Kind }) &&
		(s.Target == nil || isTarget(sport, s.Target)) && (s.Cadence == nil || isCadence(s.Cadence.Low, s.Cadence.High))
}

func isTarget(sport pierre.Sport, t *pierre.StepTarget) bool {
	at := slices.IndexFunc(targets(), func(k targetKind) bool { return k.by == t.By })
	return at >= 0 && suits(sport, t.By) && t.Low <= t.High && targets()[at].holds(t)
}

// suits reports whether athletes of a sport have what a target is about.
func suits(sport pierre.Sport, by pierre.TargetUnit) bool {
	switch by {
	case pierre.TargetPercentFTP:
		return sport.IsRide()
	case pierre.TargetPercentPace:
		return sport.IsRun() || sport == pierre.SportSwim
	default:
		return true
	}
}

func (k targetKind) holds(t *pierre.StepTarget) bool { return t.Low >= k.low && t.High <= k.high }

func isCadence(low, high float64) bool { return low >= minCadence && low <= high && high <= maxCadence }
