// Package polar reads training sessions of Polar's account exports, those in which each sample says when.
package polar

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// MaxBytes bounds a file, which is read whole.
const MaxBytes = 64 << 20

// maxExercises is more than any session has.
const maxExercises = 1000

// A session is a file. Its times are those of the watch, without a zone.
type session struct {
	Name      string          `json:"name"`
	Note      string          `json:"note"`
	Offset    *jsondoc.Number `json:"timeZoneOffset"` // min
	Exercises exercises       `json:"exercises"`
}

// An exercise is a session, or a sport of one. Its speeds are in km/h.
type exercise struct {
	Start        string          `json:"startTime"`
	Stop         string          `json:"stopTime"`
	Offset       *jsondoc.Number `json:"timezoneOffset"` // min
	Duration     string          `json:"duration"`       // such as PT1800.5S
	Distance     *jsondoc.Number `json:"distance"`
	Sport        string          `json:"sport"`
	Ascent       *jsondoc.Number `json:"ascent"`
	Descent      *jsondoc.Number `json:"descent"`
	KiloCalories *jsondoc.Number `json:"kiloCalories"`
	HeartRate    statistics      `json:"heartRate"`
	Samples      struct {
		HeartRate   json.RawMessage `json:"heartRate"`
		Speed       json.RawMessage `json:"speed"`
		Distance    json.RawMessage `json:"distance"`
		Altitude    json.RawMessage `json:"altitude"`
		Cadence     json.RawMessage `json:"cadence"`
		Temperature json.RawMessage `json:"temperature"`
		Route       json.RawMessage `json:"recordedRoute"`
	} `json:"samples"`
}

type statistics struct {
	Average *jsondoc.Number `json:"avg"`
	Max     *jsondoc.Number `json:"max"`
}

// Read reads a file. It returns an activity per exercise.
func Read(ctx context.Context, content []byte, sum [32]byte, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	var s session
	if err := jsondoc.Decode(jsondoc.Clean(content), &s); err != nil {
		return nil, nil, damaged()
	}
	if len(s.Exercises) == 0 {
		return nil, nil, draft.NotActivity("a training session of Polar without any exercise")
	}
	if len(s.Exercises) > maxExercises {
		s.Exercises = s.Exercises[:maxExercises]
		warnings = append(warnings, fmt.Sprintf("more than %d exercises are not read", maxExercises))
	}
	l := lists{ctx: ctx}
	for i := range s.Exercises {
		e := &s.Exercises[i]
		if e.Offset == nil {
			e.Offset = s.Offset
		}
		d, whole := e.draft(&l, maxSamples)
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if !whole {
			warnings = append(warnings, fmt.Sprintf("it has more than %d samples: the rest was not read", maxSamples))
		}
		maxSamples -= len(d.Samples)
		d.Rec.Name, d.Rec.Description = s.Name, s.Note
		if len(s.Exercises) > 1 {
			d.Rec.MultisportID = fmt.Sprintf("%x", sum[:8])
		}
		drafts = append(drafts, d)
	}
	if l.cut {
		warnings = append(warnings, fmt.Sprintf("more than %d of its samples have no time: the rest was not read", mostUntimed))
	}
	return drafts, warnings, nil
}

// draft makes an activity with at most so many samples, and reports whether these are all.
func (e *exercise) draft(l *lists, maxSamples int) (d draft.Draft, whole bool) {
	start, zoned := instant(e.Start)
	stop, _ := instant(e.Stop)
	d = draft.New(start)
	d.Rec.Sport = draft.SportOf(strings.TrimPrefix(e.Sport, "POOL_"))
	draft.Called(&d.Rec.Activity, e.Sport)
	d.Rec.Totals = pierre.Totals{
		DistanceMeters: e.Distance.Positive(1), DurationSeconds: seconds(e.Duration), ElapsedSeconds: draft.Positive(stop - start),
		ElevationGainMeters: e.Ascent.Known(), ElevationLossMeters: e.Descent.Known(), CaloriesKcal: e.KiloCalories.Positive(1),
		AverageHeartRateBPM: e.HeartRate.Average.Positive(1), MaxHeartRateBPM: e.HeartRate.Max.Positive(1),
	}
	ahead, known := ahead(e.Offset)
	d.Samples, whole = e.samples(l, start, ahead, maxSamples)
	d.Local = !known && !zoned
	if known {
		d.Rec.UTCOffset = new(int(ahead))
	}
	if known && !zoned {
		d.Shift(-ahead)
	}
	return d, whole
}

// samples puts what was measured in one second into one sample.
func (e *exercise) samples(l *lists, start, ahead float64, most int) (samples []draft.Sample, whole bool) {
	seconds := draft.NewSeconds(most)
	route := l.route(e.Samples.Route)
	for _, p := range route {
		seconds.Put(p.t+clock(route[0].t, start, ahead), func(s *draft.Sample) {
			s.Place(p.latitude, p.longitude)
			s.Alt = p.altitude
		})
	}
	for _, c := range []struct {
		name string
		list json.RawMessage
	}{
		{"HEART_RATE", e.Samples.HeartRate},
		{"SPEED", e.Samples.Speed},
		{"DISTANCE", e.Samples.Distance},
		{"ALTITUDE", e.Samples.Altitude},
		{"CADENCE", e.Samples.Cadence},
		{"TEMPERATURE", e.Samples.Temperature},
	} {
		readings := l.readings(c.list)
		for _, r := range readings {
			seconds.Put(r.t+clock(readings[0].t, start, ahead), func(s *draft.Sample) { set(s, c.name, r.value) })
		}
	}
	return seconds.Samples, !seconds.Cut
}

// set notes a value of a channel, in the units of Polar.
func set(s *draft.Sample, channel string, v float64) {
	switch channel {
	case "HEART_RATE":
		s.HR = v
	case "SPEED":
		s.Speed = v / 3.6
	case "DISTANCE":
		s.Dist = v
	case "ALTITUDE":
		s.Alt = v
	case "CADENCE":
		s.Cad = v
	case "TEMPERATURE":
		s.Temp = v
	case "POWER":
		s.Power = v
	}
}

// clock returns what to add to the times of a channel to get those of the watch: some exports have the track in UTC, or
// everything else. A channel that so begins with the start, and otherwise hours from it, is by another clock.
func clock(first, start, ahead float64) float64 {
	const near = 300 // s, in which sensors and satellites are found
	if math.Abs(first-start) <= near {
		return 0
	}
	for _, shift := range []float64{ahead, -ahead} {
		if math.Abs(first+shift-start) <= near {
			return shift
		}
	}
	return 0
}

// instant returns a time in Unix seconds, NaN if it is none, and whether it came with its zone.
func instant(text string) (t float64, zoned bool) {
	var z xmldoc.Zone
	t = z.Parse(text)
	return t, !z.Absent && !math.IsNaN(t)
}

// duration reads one of hours, minutes and seconds as ISO 8601 writes it.
func duration(text string) *float64 {
	rest, ok := strings.CutPrefix(text, "PT")
	d, err := time.ParseDuration(strings.ToLower(rest))
	if !ok || err != nil || d < 0 {
		return nil
	}
	return new(d.Seconds())
}

// seconds reads a duration that was measured if it is not 0.
func seconds(text string) *float64 {
	if d := duration(text); d != nil {
		return draft.Positive(*d)
	}
	return nil
}

func damaged() error {
	return draft.Unreadable("a training session of Polar that is cut off or damaged: export the session as TCX or GPX from Polar Flow")
}

// ahead returns by how many seconds the watch was ahead of UTC, if its offset in minutes is one.
func ahead(offset *jsondoc.Number) (seconds float64, known bool) {
	minutes := offset.Value()
	if math.Abs(minutes) <= 14*60 && math.Mod(minutes, 15) == 0 {
		return minutes * 60, true
	}
	return 0, false
}
