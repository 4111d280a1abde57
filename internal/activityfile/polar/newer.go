package polar

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A newerSession is a file of the newer exports. Its samples are lists of values at a constant interval.
type newerSession struct {
	newerExercise

	Name      string         `json:"name"`
	Note      string         `json:"note"`
	Exercises newerExercises `json:"exercises"`
}

// A newerExercise is a session, or a sport of one.
type newerExercise struct {
	Start    string          `json:"startTime"`
	Stop     string          `json:"stopTime"`
	Offset   *jsondoc.Number `json:"timezoneOffsetMinutes"`
	Duration *jsondoc.Number `json:"durationMillis"`
	Distance *jsondoc.Number `json:"distanceMeters"`
	Calories *jsondoc.Number `json:"calories"` // kcal
	Average  *jsondoc.Number `json:"hrAvg"`
	Max      *jsondoc.Number `json:"hrMax"`
	Ascent   *jsondoc.Number `json:"ascentMeters"`
	Descent  *jsondoc.Number `json:"descentMeters"`
	Sport    struct {
		ID json.RawMessage `json:"id"` // a number, mostly as text
	} `json:"sport"`
	Samples struct {
		Channels json.RawMessage `json:"samples"`
	} `json:"samples"`
	Routes struct {
		Route struct {
			Start  string          `json:"startTime"`
			Points json.RawMessage `json:"wayPoints"`
		} `json:"route"`
	} `json:"routes"`
}

// newerExercises are read one by one, as [exercises] are.
type newerExercises []newerExercise

// UnmarshalJSON implements json.Unmarshaler.
func (l *newerExercises) UnmarshalJSON(text []byte) error {
	*l = nil
	return jsondoc.Each(text, func(e newerExercise) bool {
		*l = append(*l, e)
		return len(*l) <= maxExercises
	})
}

// ReadNewer reads a file of the newer exports. It returns an activity per exercise.
func ReadNewer(ctx context.Context, content []byte, sum [32]byte, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	var s newerSession
	if err := jsondoc.Decode(jsondoc.Clean(content), &s); err != nil {
		return nil, nil, damaged()
	}
	if len(s.Exercises) > maxExercises {
		s.Exercises = s.Exercises[:maxExercises]
		warnings = append(warnings, fmt.Sprintf("more than %d exercises are not read", maxExercises))
	}
	alone := len(s.Exercises) <= 1
	if len(s.Exercises) == 0 {
		s.Exercises = newerExercises{{}}
	}
	for i := range s.Exercises {
		e := &s.Exercises[i]
		e.inherit(&s.newerExercise, alone)
		d := draft.New(math.NaN())
		untimed, cut := e.fill(ctx, &d, maxSamples)
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if cut {
			warnings = append(warnings, fmt.Sprintf("it has more than %d samples: the rest was not read", maxSamples))
		}
		if untimed > 0 {
			warnings = append(warnings, fmt.Sprintf("%d positions do not say when they were, and were left out", untimed))
		}
		maxSamples -= len(d.Samples)
		d.Rec.Name, d.Rec.Description = s.Name, s.Note
		if !alone {
			d.Rec.MultisportID = fmt.Sprintf("%x", sum[:8])
		}
		drafts = append(drafts, d)
	}
	return drafts, warnings, nil
}

// inherit takes over from the session what e does not say; if e is the only exercise, the totals, too.
func (e *newerExercise) inherit(s *newerExercise, alone bool) {
	if e.Offset == nil {
		e.Offset = s.Offset
	}
	if !alone {
		return
	}
	if e.Start == "" {
		e.Start = s.Start
	}
	if e.Stop == "" {
		e.Stop = s.Stop
	}
	if len(e.Sport.ID) == 0 {
		e.Sport = s.Sport
	}
	for _, total := range []struct{ to, from **jsondoc.Number }{
		{&e.Duration, &s.Duration},
		{&e.Distance, &s.Distance},
		{&e.Calories, &s.Calories},
		{&e.Average, &s.Average},
		{&e.Max, &s.Max},
	} {
		if *total.to == nil {
			*total.to = *total.from
		}
	}
}

// fill puts into d what e says. It returns how many positions have no time, and whether there are more samples than are read.
func (e *newerExercise) fill(ctx context.Context, d *draft.Draft, maxSamples int) (untimed int, cut bool) {
	start, zoned := instant(e.Start)
	stop, _ := instant(e.Stop)
	d.Start = start
	name := sportName(string(e.Sport.ID))
	d.Rec.Sport = draft.SportOf(name)
	draft.Called(&d.Rec.Activity, name)
	d.Rec.Totals = pierre.Totals{
		DistanceMeters: e.Distance.Positive(1), DurationSeconds: e.Duration.Positive(0.001), ElapsedSeconds: draft.Positive(stop - start),
		CaloriesKcal: e.Calories.Positive(1), ElevationGainMeters: e.Ascent.Known(), ElevationLossMeters: e.Descent.Known(),
		AverageHeartRateBPM: e.Average.Positive(1), MaxHeartRateBPM: e.Max.Positive(1),
	}
	before, known := ahead(e.Offset)
	seconds := draft.NewSeconds(maxSamples)
	untimed = e.route(ctx, seconds, start, before)
	e.channels(ctx, seconds, start)
	d.Samples = seconds.Samples
	d.Local = !known && !zoned
	if known {
		d.Rec.UTCOffset = new(int(before))
	}
	if known && !zoned {
		d.Shift(-before)
	}
	return untimed, seconds.Cut
}

// route notes the positions, and returns how many do not say when they were: older watches' do not.
func (e *newerExercise) route(ctx context.Context, to *draft.Seconds, start, ahead float64) (untimed int) {
	type point struct {
		Latitude  *jsondoc.Number `json:"latitude"`
		Longitude *jsondoc.Number `json:"longitude"`
		Altitude  *jsondoc.Number `json:"altitude"`
		Elapsed   *jsondoc.Number `json:"elapsedMillis"`
	}
	from, _ := instant(e.Routes.Route.Start)
	if math.IsNaN(from) {
		from = start
	}
	from += clock(from, start, ahead)
	_ = jsondoc.Each(e.Routes.Route.Points, func(p point) bool { // the text has been found to be JSON
		switch {
		case p.Latitude == nil || p.Longitude == nil:
		case p.Elapsed == nil:
			untimed++
		default:
			to.Put(from+p.Elapsed.Value()/1000, func(s *draft.Sample) {
				s.Place(p.Latitude.Value(), p.Longitude.Value())
				s.Alt = p.Altitude.Value()
			})
		}
		return !to.Cut && ctx.Err() == nil
	})
	return untimed
}

// channels notes the values of each channel, which are as far apart as it says.
func (e *newerExercise) channels(ctx context.Context, to *draft.Seconds, start float64) {
	type channel struct {
		Type     string          `json:"type"`
		Interval *jsondoc.Number `json:"intervalMillis"`
		Values   json.RawMessage `json:"values"`
	}
	n := 0
	_ = jsondoc.Each(e.Samples.Channels, func(c channel) bool { // the text has been found to be JSON
		at, step := start, c.Interval.Value()/1000
		if !(step > 0) {
			return true
		}
		_ = jsondoc.Each(c.Values, func(v *jsondoc.Number) bool {
			if value := v.Known(); value != nil {
				to.Put(at, func(s *draft.Sample) { set(s, c.Type, *value) })
			}
			at += step
			return !to.Cut && ctx.Err() == nil
		})
		n++
		return n < maxChannels
	})
}

// maxChannels is more than any watch records.
const maxChannels = 50

// sportName is the name of a sport of which the newer exports have only the number; see the list of sports of Polar's AccessLink.
func sportName(id string) string {
	for name, ids := range map[string][]string{
		"running": {"1", "4", "19"}, "cycling": {"2", "38"}, "walking": {"3", "9"}, "mountain_biking": {"5"}, "cross_country_skiing": {"6", "24", "25"},
		"rowing": {"8"}, "hiking": {"11"}, "strength_training": {"15"}, "treadmill_running": {"17"}, "indoor_cycling": {"18"},
		"swimming": {"23", "103"}, "trail_running": {"27"}, "kitesurfing": {"100"}, "open_water_swimming": {"105"},
	} {
		if slices.Contains(ids, strings.Trim(id, `"`)) {
			return name
		}
	}
	return ""
}
