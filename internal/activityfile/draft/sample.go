// Package draft holds recordings in the making. Readers of every format fill drafts with the
// values that files store; Finish cleans them and derives the rest, by the same rules for all
// formats. docs/IMPORTS.md explains each rule.
package draft

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Sample is one point of a recording. What it lacks is NaN.
type Sample struct {
	T        float64 // Unix seconds
	lat, lon float64 // degrees
	Alt      float64 // m
	Dist     float64 // m since the start
	Speed    float64 // m/s
	HR       float64 // bpm
	Power    float64 // W
	Cad      float64 // rpm
	Temp     float64 // °C
	Apart    bool    // the way from the sample before it was not recorded
}

// NewSample returns a sample of that time, in Unix seconds, without any values.
func NewSample(t float64) Sample {
	nan := math.NaN()
	return Sample{T: t, lat: nan, lon: nan, Alt: nan, Dist: nan, Speed: nan, HR: nan, Power: nan, Cad: nan, Temp: nan}
}

// Place sets the position, unless it is none: devices without a fix write 0/0 or impossible degrees.
func (s *Sample) Place(lat, lon float64) {
	if math.Abs(lat) <= 90 && math.Abs(lon) <= 180 && (lat != 0 || lon != 0) {
		s.lat, s.lon = lat, lon
	}
}

func (s *Sample) placed() bool { return !math.IsNaN(s.lat) }

// A Lap is a part of a draft, with the totals that its source stored.
type Lap struct {
	Start, End float64 // Unix seconds
	Totals     pierre.Totals
}

// A Draft is a recording in the making: the values that its source stored, and
// its samples. [Draft.Finish] derives the rest.
type Draft struct {
	Rec     pierre.Recording // without Start, Laps and Series
	Start   float64          // Unix seconds; NaN: that of the first sample
	Local   bool             // the times have no zone
	Unset   bool             // the device's clock was never set: the times are wrong
	Laps    []Lap
	Samples []Sample        // as recorded; Finish sorts them
	Athlete *pierre.Profile // what the file says about its athlete on that day, nil: nothing
}

// New returns a draft that begins at start, in Unix seconds; NaN: with its first sample.
func New(start float64) Draft { return Draft{Start: start} }

// Warn adds a warning.
func (d *Draft) Warn(text string) {
	if len(d.Rec.Warnings) <= 2*MaxWarnings { // more than are listed
		d.Rec.Warnings = append(d.Rec.Warnings, text)
	}
}

// Unix returns t in Unix seconds, exact to the microsecond.
func Unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// FromUnix undoes Unix.
func FromUnix(t float64) time.Time { return time.UnixMicro(int64(math.Round(t * 1e6))).UTC() }

// SortSamples puts samples in order of time. Those of one time keep their order:
// laps often share the sample at their border.
func SortSamples(s []Sample) {
	byTime := func(a, b Sample) int { return cmp.Compare(a.T, b.T) }
	if !slices.IsSortedFunc(s, byTime) {
		slices.SortStableFunc(s, byTime)
	}
}

// A field is one quantity of samples and the column that it becomes.
type field struct {
	of        func(*Sample) *float64
	to        func(*pierre.Series) *[]float64
	low, high float64 // what is outside was not measured
	moves     bool    // 0 throughout comes from a device without the sensor
}

func fields() []field {
	return []field{
		{func(s *Sample) *float64 { return &s.lat }, func(s *pierre.Series) *[]float64 { return &s.Latitude }, -90, 90, false},
		{func(s *Sample) *float64 { return &s.lon }, func(s *pierre.Series) *[]float64 { return &s.Longitude }, -180, 180, false},
		{func(s *Sample) *float64 { return &s.Alt }, func(s *pierre.Series) *[]float64 { return &s.Altitude }, -1000, 30_000, true},
		{func(s *Sample) *float64 { return &s.Dist }, func(s *pierre.Series) *[]float64 { return &s.Distance }, 0, 1e8, true},
		{func(s *Sample) *float64 { return &s.Speed }, func(s *pierre.Series) *[]float64 { return &s.Speed }, 0, 400, true},
		{func(s *Sample) *float64 { return &s.HR }, func(s *pierre.Series) *[]float64 { return &s.HeartRate }, 1, 254, false}, // straps send 0 without contact
		{func(s *Sample) *float64 { return &s.Power }, func(s *pierre.Series) *[]float64 { return &s.Power }, 0, 10_000, true},
		{func(s *Sample) *float64 { return &s.Cad }, func(s *pierre.Series) *[]float64 { return &s.Cadence }, 0, 1000, true},
		{func(s *Sample) *float64 { return &s.Temp }, func(s *pierre.Series) *[]float64 { return &s.Temperature }, -100, 100, false},
	}
}

// clean removes what sensors write for "nothing measured".
func clean(samples []Sample) {
	for _, f := range fields() {
		moved := !f.moves
		for i := range samples {
			v := f.of(&samples[i])
			if *v < f.low || *v > f.high {
				*v = math.NaN()
			}
			moved = moved || *v != 0 && !math.IsNaN(*v)
		}
		if moved {
			continue
		}
		for i := range samples {
			*f.of(&samples[i]) = math.NaN()
		}
	}
}

// columns turns samples into a series that starts at start.
func columns(samples []Sample, start float64) pierre.Series {
	var s pierre.Series
	if len(samples) == 0 {
		return s
	}
	s.Time = make([]float64, len(samples))
	for i := range samples {
		s.Time[i] = math.Round((samples[i].T-start)*1e6) / 1e6
	}
	for _, f := range fields() {
		if !slices.ContainsFunc(samples, func(s Sample) bool { return !math.IsNaN(*f.of(&s)) }) {
			continue
		}
		values := make([]float64, len(samples))
		for i := range samples {
			values[i] = *f.of(&samples[i])
		}
		*f.to(&s) = values
	}
	return s
}

// Shift moves everything in d by so many seconds.
func (d *Draft) Shift(seconds float64) {
	d.Start += seconds
	for i := range d.Samples {
		d.Samples[i].T += seconds
	}
	for i := range d.Laps {
		d.Laps[i].Start += seconds
		d.Laps[i].End += seconds
	}
}

// Positive returns x, or nil for what devices write if they did not measure: 0 or nothing.
func Positive(x float64) *float64 {
	if x > 0 && !math.IsInf(x, 1) {
		return &x
	}
	return nil
}

// First returns the first value that is known.
func First(values ...*float64) *float64 {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
