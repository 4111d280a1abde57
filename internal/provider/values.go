package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// onDay returns values of a day that is written as 2006-01-02, in the order of their kinds. Absent ones are nil.
func onDay(date string, values map[pierre.WellnessKind]*float64) []pierre.Wellness {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	var all []pierre.Wellness
	for _, kind := range slices.Sorted(maps.Keys(values)) {
		if v := values[kind]; v != nil {
			all = append(all, pierre.Wellness{Day: day, Kind: kind, Value: *v})
		}
	}
	return all
}

// positive returns nil for 0, which stands for what was not measured.
func positive(v *float64) *float64 {
	if v == nil || *v <= 0 {
		return nil
	}
	return v
}

// offset returns the seconds east of UTC of a local clock, which is written without a zone or with a false one.
func offset(start time.Time, local string) *int {
	const quarter = 15 * 60
	clock, err := time.Parse("2006-01-02T15:04:05", local[:min(len(local), len("2006-01-02T15:04:05"))])
	if err != nil {
		return nil
	}
	seconds := int(clock.Sub(start.UTC().Truncate(time.Second)).Seconds())
	if seconds < -14*3600 || seconds > 14*3600 || seconds%quarter != 0 {
		return nil
	}
	return &seconds
}

// sinceMidnight returns how many seconds after the midnight that begins the day a moment is, on its own clock.
func sinceMidnight(day string, t time.Time) *float64 {
	midnight, err := time.ParseInLocation(time.DateOnly, day, t.Location())
	if err != nil || t.IsZero() {
		return nil
	}
	return new(t.Sub(midnight).Seconds())
}

// versionOf is a short sum of what makes an item another one when it changes.
func versionOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
