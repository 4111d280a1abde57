// Package workoutfile writes planned workouts as files for other programs: FIT workouts for watches and bike computers, Zwift's
// workouts, and calendars (RFC 5545). It reads nothing and knows no database.
package workoutfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// A Format is a kind of file for one workout.
type Format string

// The formats.
const (
	FIT Format = "fit"
	ZWO Format = "zwo"
)

// Formats lists the formats.
func Formats() []Format { return []Format{FIT, ZWO} }

// MIMEType returns the media type of a format's files.
func (f Format) MIMEType() string {
	if f == ZWO {
		return "application/xml"
	}
	return "application/vnd.ant.fit"
}

// Encode writes a workout in a format. Its error is [pierre.KindInvalid] if the format cannot hold the workout.
func Encode(f Format, w pierre.Workout, by workout.Thresholds) ([]byte, error) {
	if f == ZWO {
		return encodeZWO(w, by)
	}
	return encodeFIT(w, by)
}

// Holds says why a format cannot hold a workout, as [Encode] does, without writing it.
func Holds(f Format, w pierre.Workout, by workout.Thresholds) error {
	if f != ZWO {
		return nil // devices have no step that FIT does not
	}
	_, err := newZWO(w, by)
	return err
}

// Name returns a name for the file of a workout that every system takes, such as 2026-06-18-5-x-4-min.fit.
func Name(f Format, w pierre.Workout) string {
	words := strings.FieldsFunc(strings.ToLower(w.Name), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	words = words[:min(len(words), 8)]
	name := strings.Join(slices.Concat([]string{w.Day.Format("2006-01-02")}, words), "-")
	return name[:min(len(name), 60)] + "." + string(f)
}

// cut shortens text to so many bytes, between characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
