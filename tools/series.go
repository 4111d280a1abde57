package tools

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A channel is one column of a series.
type channel struct {
	name   channelName
	values func(pierre.Series) []float64
}

func channels() []channel {
	return []channel{
		{"heart_rate_bpm", func(s pierre.Series) []float64 { return s.HeartRate }},
		{"power_watts", func(s pierre.Series) []float64 { return s.Power }},
		{"speed_mps", func(s pierre.Series) []float64 { return s.Speed }},
		{"cadence_rpm", func(s pierre.Series) []float64 { return s.Cadence }},
		{"altitude_meters", func(s pierre.Series) []float64 { return s.Altitude }},
		{"distance_meters", func(s pierre.Series) []float64 { return s.Distance }},
		{"temperature_celsius", func(s pierre.Series) []float64 { return s.Temperature }},
	}
}

// positionChannel is the only one with two columns.
const positionChannel channelName = training.ChannelPosition

func channelNames() []channelName {
	var names []channelName
	for _, c := range channels() {
		names = append(names, c.name)
	}
	return append(names, positionChannel)
}

// A seriesSummary describes an activity's samples without showing them.
type seriesSummary struct {
	Samples             int              `json:"samples"`
	FirstTimestamp      string           `json:"first_timestamp" jsonschema:"UTC"`
	LastTimestamp       string           `json:"last_timestamp" jsonschema:"UTC"`
	MaxGapSeconds       *float64         `json:"max_gap_seconds" jsonschema:"longest time between two samples"`
	TrackDistanceMeters *float64         `json:"track_distance_meters,omitempty" jsonschema:"great-circle distance along the positions"`
	LastDistanceMeters  *float64         `json:"last_distance_meters,omitempty" jsonschema:"the last recorded distance"`
	Channels            []channelSummary `json:"channels" jsonschema:"what was recorded"`
}

type channelSummary struct {
	Channel channelName `json:"channel"`
	Samples int         `json:"samples" jsonschema:"that have a value"`
	Mean    *float64    `json:"mean,omitempty" jsonschema:"simple mean of the samples; of power with its zeros"`
	Min     *float64    `json:"min,omitempty"`
	Max     *float64    `json:"max,omitempty"`
}

// summarize sums up the samples of a, or returns nil if there are none.
func summarize(a pierre.Activity, s pierre.Series) *seriesSummary {
	begin, end, gap := math.NaN(), math.NaN(), 0.0
	for _, t := range s.Time {
		if !finite(t) {
			continue
		}
		if math.IsNaN(begin) {
			begin, end = t, t
		}
		if d := t - end; finite(d) { // two finite times can be too far apart for a number
			gap = max(gap, d)
		}
		end = t
	}
	if math.IsNaN(begin) {
		return nil
	}
	at := func(seconds float64) string {
		return a.Start.Add(time.Duration(seconds * float64(time.Second))).UTC().Format(time.RFC3339)
	}
	sum := seriesSummary{Samples: len(s.Time), FirstTimestamp: at(begin), LastTimestamp: at(end), Channels: []channelSummary{}}
	sum.MaxGapSeconds = rounded(gap, 3)
	for _, c := range channels() {
		if cs := summarizeChannel(c.name, c.values(s)); cs.Samples > 0 {
			sum.Channels = append(sum.Channels, cs)
		}
	}
	if fixes, track := trackOf(s); fixes > 0 {
		sum.Channels = append(sum.Channels, channelSummary{Channel: positionChannel, Samples: fixes})
		sum.TrackDistanceMeters = rounded(track, 1)
	}
	for _, d := range slices.Backward(s.Distance) {
		if finite(d) {
			sum.LastDistanceMeters = rounded(d, 2)
			break
		}
	}
	return &sum
}

func summarizeChannel(name channelName, values []float64) channelSummary {
	cs := channelSummary{Channel: name}
	total, least, most := 0.0, math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !finite(v) {
			continue
		}
		cs.Samples++
		total += v
		least, most = min(least, v), max(most, v)
	}
	if cs.Samples > 0 {
		cs.Mean, cs.Min, cs.Max = rounded(total/float64(cs.Samples), 3), rounded(least, 3), rounded(most, 3)
	}
	return cs
}

// positions yields the indexes of the samples that have a position.
func positions(s pierre.Series) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range min(len(s.Latitude), len(s.Longitude)) {
			if finite(s.Latitude[i]) && finite(s.Longitude[i]) && !yield(i) {
				return
			}
		}
	}
}

// trackOf returns how many samples have a position, and the length of the way along them in metres.
func trackOf(s pierre.Series) (fixes int, meters float64) {
	last := 0
	for i := range positions(s) {
		if fixes++; fixes > 1 {
			meters += fitness.Haversine(s.Latitude[last], s.Longitude[last], s.Latitude[i], s.Longitude[i])
		}
		last = i
	}
	return fixes, meters
}

func (s seriesSummary) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, longest gap %s s:", human.Plural(s.Samples, "sample"), plain(*s.MaxGapSeconds))
	for _, c := range s.Channels {
		fmt.Fprintf(&b, "\n%s: %s", c.Channel, human.Plural(c.Samples, "sample"))
		if c.Mean != nil && c.Channel != training.ChannelDistance { // it grows
			fmt.Fprintf(&b, ", mean %s", plain(*c.Mean))
		}
		if c.Min != nil && c.Max != nil {
			fmt.Fprintf(&b, ", %s to %s", plain(*c.Min), plain(*c.Max))
		}
	}
	return b.String()
}
