// Package workout knows structured workouts: it reads their steps as people and assistants write them, writes them the same
// way, and finds the activities that carried them out. It is pure functions over the domain; package workoutfile writes files.
package workout

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What a workout may have.
const (
	MaxLines   = 50  // entries of a list of steps
	LineBytes  = 500 // of one entry
	MaxSteps   = 50  // as devices store them: a repetition counts one more, one of repetitions is written out
	minRepeat  = 2
	MaxRepeat  = 99
	maxSeconds = 24 * 3600.
	maxMeters  = 500_000.
	maxTotal   = 48 * 3600. // seconds of the whole
	maxDepth   = 2          // a repetition may be of repetitions
	minCadence = 20
	maxCadence = 250
)

// Syntax is an example of everything that steps can say, for descriptions and errors.
const Syntax = `"warmup 15min 50-70% FTP", "5x(4min 105% FTP, 3min recovery 50% FTP)", "cooldown 10min"`

// Unrolled returns the steps with each repetition of repetitions written out, as devices know only one level.
func Unrolled(steps []pierre.WorkoutStep) []pierre.WorkoutStep {
	var flat []pierre.WorkoutStep
	for _, s := range steps {
		if !nested(s) {
			flat = append(flat, s)
			continue
		}
		for range s.Repeat {
			flat = append(flat, s.Steps...)
		}
	}
	return flat
}

func nested(s pierre.WorkoutStep) bool {
	for _, inner := range s.Steps {
		if inner.Repeat > 0 {
			return true
		}
	}
	return false
}

// Stored counts the steps as devices store them, those of [Unrolled].
func Stored(steps []pierre.WorkoutStep) int {
	n := 0
	for _, s := range steps {
		if !nested(s) {
			n += 1 + len(s.Steps)
			continue
		}
		for _, inner := range s.Steps {
			n += s.Repeat * (1 + len(inner.Steps))
		}
	}
	return n
}

// Each calls f with each step that is done, in order, repetitions one after the other.
func Each(steps []pierre.WorkoutStep, f func(pierre.WorkoutStep)) {
	for _, s := range steps {
		if s.Repeat == 0 {
			f(s)
			continue
		}
		for range s.Repeat {
			Each(s.Steps, f)
		}
	}
}

// tooMuch says what of a whole workout exceeds its limits; "" if nothing does.
func tooMuch(steps []pierre.WorkoutStep) string {
	if n := Stored(steps); n > MaxSteps {
		return fmt.Sprintf("steps are %d as devices store them, and at most %d fit: write what repeats as 5x(…, …).", n, MaxSteps)
	}
	seconds := 0.0
	Each(steps, func(s pierre.WorkoutStep) { seconds += s.Seconds })
	if seconds > maxTotal {
		return fmt.Sprintf("steps last %.0f hours together, and at most %.0f are possible.", seconds/3600, maxTotal/3600)
	}
	return ""
}

// Lines writes steps as [Parse] reads them, one entry for each.
func Lines(sport pierre.Sport, steps []pierre.WorkoutStep) []string {
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = line(sport, s)
	}
	return lines
}

func line(sport pierre.Sport, s pierre.WorkoutStep) string {
	if s.Repeat > 0 {
		return fmt.Sprintf("%dx(%s)", s.Repeat, strings.Join(Lines(sport, s.Steps), ", "))
	}
	var words []string
	if s.Kind != pierre.StepWork {
		words = append(words, string(s.Kind))
	}
	words = append(words, Length(sport, s))
	if s.Target != nil {
		words = append(words, Target(sport, *s.Target))
	}
	if c := s.Cadence; c != nil {
		unit, per := "rpm", 1.0
		if sport.OnFoot() {
			unit, per = "spm", 2 // of both legs
		}
		words = append(words, between(c.Low*per, c.High*per)+unit)
	}
	return strings.Join(words, " ")
}
