package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A channelName is one of [channelNames].
type channelName string

// defaultPoints is how many points of each channel a sampled series has if nothing is said.
const defaultPoints = 100

// seriesArgs asks for samples, thinned to so many points that a model can read them.
type seriesArgs struct {
	Channels    []channelName `json:"channels" jsonschema:"Which samples." brief:""`
	MaxPoints   int           `json:"max_points,omitempty" jsonschema:"Of each channel." limits:"10,1000" default:"100"`
	FromSeconds *float64      `json:"from_seconds,omitempty" jsonschema:"Only from this time after the start on." brief:"after the start" limits:"0,2592000"`
	ToSeconds   *float64      `json:"to_seconds,omitempty" jsonschema:"Only up to this time after the start." brief:"" limits:"0,2592000"`
}

func (a activityArgs) problems() []string {
	if s := a.Series; s != nil && s.FromSeconds != nil && s.ToSeconds != nil && *s.FromSeconds >= *s.ToSeconds {
		return []string{"series.from_seconds must be less than series.to_seconds."}
	}
	return nil
}

// A sampled channel has one value per time; a position has two.
type sampled struct {
	Channel   channelName `json:"channel" jsonschema:"whose name has the unit of values"`
	Recorded  int         `json:"recorded_samples" jsonschema:"in the span asked for, before thinning"`
	Method    string      `json:"method" jsonschema:"how the samples were thinned"`
	Seconds   []float64   `json:"seconds" jsonschema:"after the activity's start"`
	Values    []float64   `json:"values,omitempty" jsonschema:"one for each of seconds"`
	Latitude  []float64   `json:"latitude_degrees,omitempty" jsonschema:"WGS 84, instead of values"`
	Longitude []float64   `json:"longitude_degrees,omitempty"`
}

const (
	methodAll = "all samples"
	methodNth = "evenly spaced samples"
)

// sample thins the channels that were asked for, each on its own, so that gaps in one leave no holes in another.
func (a seriesArgs) sample(s pierre.Series) []sampled {
	most := a.MaxPoints
	if most == 0 {
		most = defaultPoints
	}
	var result []sampled
	for _, c := range channels() {
		if !slices.Contains(a.Channels, c.name) {
			continue
		}
		x, y := a.points(s.Time, c.values(s))
		keep, method := fitness.Downsample(x, y, most), methodAll
		if len(keep) < len(x) {
			method = string(fitness.MethodLTTB)
		}
		result = append(result, sampled{
			Channel: c.name, Recorded: len(x), Method: method,
			Seconds: pick(x, keep, 3), Values: pick(y, keep, 3),
		})
	}
	if slices.Contains(a.Channels, positionChannel) {
		result = append(result, a.samplePositions(s, most))
	}
	return result
}

// points returns the recorded values in the span asked for, and their times.
func (a seriesArgs) points(t, values []float64) (x, y []float64) {
	if len(values) == 0 {
		return nil, nil
	}
	x, y = make([]float64, 0, len(values)), make([]float64, 0, len(values))
	for i, v := range values {
		if finite(v) && finite(t[i]) && a.spans(t[i]) {
			x, y = append(x, t[i]), append(y, v)
		}
	}
	return x, y
}

func (a seriesArgs) spans(t float64) bool {
	return (a.FromSeconds == nil || t >= *a.FromSeconds) && (a.ToSeconds == nil || t <= *a.ToSeconds)
}

func (a seriesArgs) samplePositions(s pierre.Series, most int) sampled {
	fixes := make([]int, 0, len(s.Latitude))
	for i := range positions(s) {
		if finite(s.Time[i]) && a.spans(s.Time[i]) {
			fixes = append(fixes, i)
		}
	}
	keep, method := fixes, methodAll
	if len(fixes) > most {
		keep, method = make([]int, most), methodNth
		for i := range keep {
			keep[i] = fixes[i*(len(fixes)-1)/(most-1)]
		}
	}
	return sampled{
		Channel: positionChannel, Recorded: len(fixes), Method: method,
		Seconds: pick(s.Time, keep, 3), Latitude: pick(s.Latitude, keep, 6), Longitude: pick(s.Longitude, keep, 6),
	}
}

func pick(values []float64, keep []int, decimals int) []float64 {
	picked := make([]float64, len(keep))
	for i, k := range keep {
		picked[i] = *rounded(values[k], decimals)
	}
	return picked
}

func (s sampled) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at seconds (%d of %d samples, %s):", s.Channel, len(s.Seconds), s.Recorded, s.Method)
	for i, t := range s.Seconds {
		if s.Values != nil {
			fmt.Fprintf(&b, " %s@%s", plain(s.Values[i]), plain(t))
		} else {
			fmt.Fprintf(&b, " %s,%s@%s", plain(s.Latitude[i]), plain(s.Longitude[i]), plain(t))
		}
	}
	return b.String()
}
