package activityfile

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What one activity may say. The longest that people record in one go are journeys of some weeks.
const (
	maxSpan        = 100 * 86400 // s from the first sample to the last
	maxTitle       = 255         // bytes of a name or a device
	maxDescription = 8 << 10     // bytes
	maxWarnings    = 20
)

// plausible removes from t what no activity has, such as the infinity that a sum of hostile numbers comes to.
func plausible(t *pierre.Totals) {
	for _, v := range []struct {
		value     **float64
		low, high float64
	}{
		{&t.DistanceMeters, 0, 1e8},
		{&t.DurationSeconds, 0, maxSpan},
		{&t.ElapsedSeconds, 0, maxSpan},
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
func (d *draft) shorten() {
	if len(d.samples) == 0 {
		return
	}
	kept := firstFrom(d.samples, d.samples[0].t+maxSpan)
	if left := len(d.samples) - kept; left > 0 {
		d.warn(fmt.Sprintf("%d samples from more than %d days after the start were left out", left, maxSpan/86400))
		d.samples = d.samples[:kept]
	}
}

// tidy makes text fit for a database, and for people.
func tidy(text string, most int) string {
	return clip(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�"), most)
}

// clip returns a copy of at most so many bytes of text, which end with a whole character.
func clip(text string, most int) string {
	if len(text) <= most {
		return strings.Clone(text)
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return strings.Clone(text[:most])
}

// listed bounds a list of warnings, and says how many more there are.
func listed(warnings []string) []string {
	if len(warnings) <= maxWarnings {
		return warnings
	}
	return append(warnings[:maxWarnings-1:maxWarnings-1], fmt.Sprintf("and %d more warnings", len(warnings)-maxWarnings+1))
}

// dated reports whether the recording says when it was.
func (d *draft) dated() bool { return !math.IsNaN(d.start) || len(d.samples) > 0 }
