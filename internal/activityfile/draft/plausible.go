package draft

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What one activity may say. The longest that people record in one go are journeys of some weeks.
const (
	MaxSpan        = 100 * 86400 // s from the first sample to the last
	MaxTitle       = 255         // bytes of a name or a device
	MaxDescription = 8 << 10     // bytes
	MaxWarnings    = 20
)

// plausible removes from t what no activity has, such as the infinity that a sum of hostile numbers comes to.
func plausible(t *pierre.Totals) {
	for _, v := range []struct {
		value     **float64
		low, high float64
	}{
		{&t.DistanceMeters, 0, 1e8},
		{&t.DurationSeconds, 0, MaxSpan},
		{&t.ElapsedSeconds, 0, MaxSpan},
		{&t.ElevationGainMeters, 0, 1e6},
		{&t.ElevationLossMeters, 0, 1e6},
		{&t.AverageHeartRateBPM, 1, 254},
		{&t.MaxHeartRateBPM, 1, 254},
		{&t.AveragePowerWatts, 0, 10_000},
		{&t.MaxPowerWatts, 0, 10_000},
		{&t.NormalizedPowerWatts, 0, 10_000},
		{&t.AverageSpeedMPS, 0, 400},
		{&t.MaxSpeedMPS, 0, 400},
		{&t.AverageCadenceRPM, 0, 1000},
		{&t.CaloriesKcal, 0, 1e6},
	} {
		if *v.value != nil && !(**v.value >= v.low && **v.value <= v.high) { // NaN is not either
			*v.value = nil
		}
	}
}

// shorten leaves out the samples that come too long after the first one: a track
// that two journeys share, or a date that is wrong.
func (d *Draft) shorten() {
	if len(d.Samples) == 0 {
		return
	}
	kept := FirstFrom(d.Samples, d.Samples[0].T+MaxSpan)
	if left := len(d.Samples) - kept; left > 0 {
		d.Warn(fmt.Sprintf("%d samples from more than %d days after the start were left out", left, MaxSpan/86400))
		d.Samples = d.Samples[:kept]
	}
}

// tidy makes text fit for a database, and for people.
func tidy(text string, most int) string {
	return Clip(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�"), most)
}

// Clip returns a copy of at most so many bytes of text, which end with a whole character.
func Clip(text string, most int) string {
	if len(text) <= most {
		return strings.Clone(text)
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return strings.Clone(text[:most])
}

// Listed bounds a list of warnings, and says how many more there are.
func Listed(warnings []string) []string {
	if len(warnings) <= MaxWarnings {
		return warnings
	}
	return append(warnings[:MaxWarnings-1:MaxWarnings-1], fmt.Sprintf("and %d more warnings", len(warnings)-MaxWarnings+1))
}

// Dated reports whether the recording says when it was.
func (d *Draft) Dated() bool { return !math.IsNaN(d.Start) || len(d.Samples) > 0 }

// What one file may hold, whatever its format.
const (
	MaxActivities = 10_000
	MaxLaps       = 100_000 // of all its activities
)
