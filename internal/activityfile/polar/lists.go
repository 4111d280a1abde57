package polar

import (
	"context"
	"math"

	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
)

// exercises are read one by one: a hostile file of empty ones would otherwise take many times its size.
type exercises []exercise

// UnmarshalJSON implements json.Unmarshaler.
func (l *exercises) UnmarshalJSON(text []byte) error {
	*l = nil
	return jsondoc.Each(text, func(e exercise) bool {
		*l = append(*l, e)
		return len(*l) <= maxExercises // one more shows that these are not all
	})
}

// lists reads the lists of samples of a file, until too many of them have no time, as no program writes them.
type lists struct {
	ctx     context.Context //nolint:containedctx // lists are read during one call of Read
	untimed int
	cut     bool // there were more samples than were read
}

// A reading is a value of a channel.
type reading struct{ t, value float64 }

// A position is a point of the track.
type position struct{ t, latitude, longitude, altitude float64 }

// readings returns the values of a channel.
func (l *lists) readings(text []byte) (readings []reading) {
	type element struct {
		Time  string          `json:"dateTime"`
		Value *jsondoc.Number `json:"value"` // absent: not measured
	}
	_ = jsondoc.Each(text, func(e element) bool { // the text has been found to be JSON
		if !l.goOn() {
			return false
		}
		if t, ok := l.time(e.Time); ok && e.Value.Known() != nil {
			readings = append(readings, reading{t, e.Value.Value()})
		}
		return true
	})
	return readings
}

// route returns the points of a track.
func (l *lists) route(text []byte) (route []position) {
	type element struct {
		Time      string          `json:"dateTime"`
		Latitude  *jsondoc.Number `json:"latitude"`
		Longitude *jsondoc.Number `json:"longitude"`
		Altitude  *jsondoc.Number `json:"altitude"`
	}
	_ = jsondoc.Each(text, func(e element) bool { // the text has been found to be JSON
		if !l.goOn() {
			return false
		}
		t, ok := l.time(e.Time)
		if !ok || e.Latitude == nil || e.Longitude == nil {
			return true
		}
		route = append(route, position{t, e.Latitude.Value(), e.Longitude.Value(), e.Altitude.Value()})
		return true
	})
	return route
}

// time returns a sample's time, if it has one.
func (l *lists) time(text string) (float64, bool) {
	t, _ := instant(text)
	if math.IsNaN(t) {
		l.untimed++
		return 0, false
	}
	return t, true
}

// mostUntimed is how many samples of a file may have no time.
const mostUntimed = 10_000

// goOn reports whether one more sample is read.
func (l *lists) goOn() bool {
	l.cut = l.cut || l.untimed >= mostUntimed
	return !l.cut && l.ctx.Err() == nil
}
