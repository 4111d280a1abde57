package polar

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
)

// exercises are read one by one: a hostile file of empty ones would otherwise take many times its size.
type exercises []exercise

// UnmarshalJSON implements json.Unmarshaler.
func (l *exercises) UnmarshalJSON(text []byte) error {
	*l = nil
	return each(text, func(e exercise) bool {
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
		Time  string   `json:"dateTime"`
		Value *float64 `json:"value"` // absent: not measured
	}
	_ = each(text, func(e element) bool { // the text has been found to be JSON
		if !l.goOn() {
			return false
		}
		if t, ok := l.time(e.Time); ok && e.Value != nil {
			readings = append(readings, reading{t, *e.Value})
		}
		return true
	})
	return readings
}

// route returns the points of a track.
func (l *lists) route(text []byte) (route []position) {
	type element struct {
		Time      string   `json:"dateTime"`
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
		Altitude  *float64 `json:"altitude"`
	}
	_ = each(text, func(e element) bool { // the text has been found to be JSON
		if !l.goOn() {
			return false
		}
		t, ok := l.time(e.Time)
		if !ok || e.Latitude == nil || e.Longitude == nil {
			return true
		}
		p := position{t, *e.Latitude, *e.Longitude, math.NaN()}
		if e.Altitude != nil {
			p.altitude = *e.Altitude
		}
		route = append(route, p)
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

// each hands the elements of a list to keep until that wants no more. What is no list has none.
func each[T any](text []byte, keep func(T) bool) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if token, err := dec.Token(); err != nil || token != json.Delim('[') {
		return err
	}
	for dec.More() {
		var element T
		if err := tolerant(dec.Decode(&element)); err != nil {
			return err
		}
		if !keep(element) {
			return nil
		}
	}
	return nil
}
