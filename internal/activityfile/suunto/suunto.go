// Package suunto reads the JSON in which Suunto's apps and cloud hand out recordings: a log with a header, or samples alone.
// Their angles are in radians, their rates in Hz, their temperatures in K and their energy in J.
package suunto

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What one file may hold.
const (
	MaxBytes    = 64 << 20 // it is read whole
	maxLaps     = 10_000
	mostUntimed = 10_000 // samples without a time, as no program writes them
)

// A document is a file: its log is absent from those of the cloud.
type document struct {
	Log struct {
		Device struct {
			Name string `json:"Name"`
		} `json:"Device"`
		Header  header          `json:"Header"`
		Samples json.RawMessage `json:"Samples"`
	} `json:"DeviceLog"`
	Data struct {
		Samples json.RawMessage `json:"Samples"`
	} `json:"Data"`
	Samples json.RawMessage `json:"Samples"`
}

// A header has the totals.
type header struct {
	Start    string          `json:"DateTime"`
	Type     *jsondoc.Number `json:"ActivityType"`
	Activity string          `json:"Activity"`
	Distance *jsondoc.Number `json:"Distance"`
	Duration *jsondoc.Number `json:"Duration"` // without pauses
	Pauses   *jsondoc.Number `json:"PauseDuration"`
	Ascent   *jsondoc.Number `json:"Ascent"`
	Descent  *jsondoc.Number `json:"Descent"`
	Energy   *jsondoc.Number `json:"Energy"`
}

// A sample is what one sensor measured, or what several did, or the end of a lap.
type sample struct {
	HR          *jsondoc.Number
	Latitude    *jsondoc.Number
	Longitude   *jsondoc.Number
	Altitude    *jsondoc.Number // by the barometer
	GPSAltitude *jsondoc.Number
	Speed       *jsondoc.Number
	Cadence     *jsondoc.Number
	Power       *jsondoc.Number
	Temperature *jsondoc.Number
	Distance    *jsondoc.Number
	Window      *window
}

// A window sums up the time before it.
type window struct {
	Type     string
	Duration *jsondoc.Number
	Distance *jsondoc.Number
	Ascent   *jsondoc.Number
	Descent  *jsondoc.Number
	Energy   *jsondoc.Number
}

// An element of the list of samples has the sample, or in the cloud's files attributes with it.
type element struct {
	sample

	Time       string          `json:"TimeISO8601"`
	Attributes json.RawMessage `json:"Attributes"` // or a string with it
}

type attributes struct {
	SML struct {
		Sample  sample
		Windows []struct{ Window *window }
	} `json:"suunto/sml"`
}

// Read reads a file into a draft.
func Read(ctx context.Context, content []byte, _ [32]byte, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	var doc document
	if err := jsondoc.Decode(jsondoc.Clean(content), &doc); err != nil {
		return nil, nil, draft.Unreadable("a recording of Suunto that is cut off or damaged: export the activity as FIT or GPX from the Suunto app")
	}
	r := reader{ctx: ctx, seconds: draft.NewSeconds(maxSamples)}
	for _, list := range []json.RawMessage{doc.Log.Samples, doc.Data.Samples, doc.Samples} {
		_ = jsondoc.Each(list, r.add) // the text has been found to be JSON
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	d := r.draft(&doc)
	if r.seconds.Cut {
		warnings = append(warnings, fmt.Sprintf("it has more than %d samples: the rest was not read", maxSamples))
	}
	if r.untimed >= mostUntimed {
		warnings = append(warnings, fmt.Sprintf("more than %d of its samples have no time: the rest was not read", mostUntimed))
	}
	if math.IsNaN(d.Start) && len(d.Samples) == 0 && len(r.laps) == 0 {
		return nil, nil, draft.NotActivity("a file of Suunto without any activity")
	}
	return []draft.Draft{d}, warnings, nil
}

// A reader collects the samples of a file.
type reader struct {
	ctx       context.Context //nolint:containedctx // lives for one call of Read
	seconds   *draft.Seconds
	barometer bool     // measured an altitude
	heights   []height // by satellites, which count if there is no barometer
	laps      []draft.Lap
	zone      xmldoc.Zone
	untimed   int
}

// A height is an altitude at a time.
type height struct{ t, meters float64 }

func (r *reader) draft(doc *document) draft.Draft {
	for _, h := range r.heights {
		if !r.barometer {
			r.seconds.Put(h.t, func(s *draft.Sample) { s.Alt = h.meters })
		}
	}
	h := &doc.Log.Header
	d := draft.New(r.zone.Parse(h.Start))
	name := h.sport()
	d.Rec.Sport, d.Rec.Device = draft.SportOf(name), doc.Log.Device.Name
	draft.Called(&d.Rec.Activity, name)
	d.Rec.Totals = pierre.Totals{
		DistanceMeters: h.Distance.Positive(1), DurationSeconds: h.Duration.Positive(1), CaloriesKcal: h.Energy.Positive(kcal),
		ElevationGainMeters: h.Ascent.Known(), ElevationLossMeters: h.Descent.Known(),
	}
	if d.Rec.DurationSeconds != nil && h.Pauses.Value() >= 0 {
		d.Rec.ElapsedSeconds = new(*d.Rec.DurationSeconds + h.Pauses.Value())
	}
	d.Samples, d.Laps = r.seconds.Samples, r.laps
	d.Rec.UTCOffset, d.Local = r.zone.Offset, r.zone.Absent
	return d
}

// sport is the name of the sport, or what the number of an activity in Suunto's watches stands for.
func (h *header) sport() string {
	if h.Activity != "" {
		return h.Activity
	}
	switch h.Type.Value() {
	case 3:
		return "running"
	case 4:
		return "cycling"
	case 5:
		return "mountain_biking"
	case 6:
		return "swimming"
	case 11:
		return "hiking"
	case 12:
		return "walking"
	case 17:
		return "indoor_cycling"
	case 20:
		return "alpine_skiing"
	case 22:
		return "cross_country_skiing"
	case 23:
		return "weight_training"
	case 82:
		return "trail_running"
	case 83:
		return "open_water_swimming"
	}
	return ""
}

// add takes an element of a list, and reports whether one more is wanted.
func (r *reader) add(e element) bool {
	s := e.sample
	var inner attributes
	if len(e.Attributes) > 0 {
		text := []byte(e.Attributes)
		if quoted := ""; bytes.HasPrefix(text, []byte(`"`)) && json.Unmarshal(text, &quoted) == nil {
			text = jsondoc.Clean([]byte(quoted))
		}
		if jsondoc.Decode(text, &inner) == nil {
			s = inner.SML.Sample
		}
	}
	t := r.zone.Parse(e.Time)
	if math.IsNaN(t) {
		r.untimed++
		return r.untimed < mostUntimed && r.ctx.Err() == nil
	}
	if s.any() {
		r.seconds.Put(t, s.note)
	}
	r.barometer = r.barometer || s.Altitude != nil
	if s.GPSAltitude != nil && !r.seconds.Cut {
		r.heights = append(r.heights, height{t, s.GPSAltitude.Value()})
	}
	r.lap(t, s.Window)
	for _, w := range inner.SML.Windows {
		r.lap(t, w.Window)
	}
	return !r.seconds.Cut && r.ctx.Err() == nil
}

// lap takes a window that ended at t, if it is a lap.
func (r *reader) lap(t float64, w *window) {
	if w == nil || w.Type != "Lap" && w.Type != "Autolap" || len(r.laps) >= maxLaps {
		return
	}
	length := w.Duration.Positive(1)
	if length == nil {
		return
	}
	r.laps = append(r.laps, draft.Lap{Start: t - *length, End: t, Totals: pierre.Totals{
		DurationSeconds: length, DistanceMeters: w.Distance.Positive(1), CaloriesKcal: w.Energy.Positive(kcal),
		ElevationGainMeters: w.Ascent.Known(), ElevationLossMeters: w.Descent.Known(),
	}})
}
