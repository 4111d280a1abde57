package activityfile

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A sample is one point of a recording. What it lacks is NaN.
type sample struct {
	t        float64 // Unix seconds
	lat, lon float64 // degrees
	alt      float64 // m
	dist     float64 // m since the start
	speed    float64 // m/s
	hr       float64 // bpm
	power    float64 // W
	cad      float64 // rpm
	temp     float64 // °C
	apart    bool    // the way from the sample before it was not recorded
}

func newSample(t float64) sample {
	nan := math.NaN()
	return sample{t: t, lat: nan, lon: nan, alt: nan, dist: nan, speed: nan, hr: nan, power: nan, cad: nan, temp: nan}
}

// place sets the position, unless it is none: devices without a fix write 0/0 or impossible degrees.
func (s *sample) place(lat, lon float64) {
	if math.Abs(lat) <= 90 && math.Abs(lon) <= 180 && (lat != 0 || lon != 0) {
		s.lat, s.lon = lat, lon
	}
}

func (s *sample) placed() bool { return !math.IsNaN(s.lat) }

// A lap is a part of a draft, with the totals that its source stored.
type lap struct {
	start, end float64 // Unix seconds
	totals     pierre.Totals
}

// A draft is a recording in the making: what its source stored in so many
// words, and its samples. [draft.finish] derives the rest.
type draft struct {
	rec     pierre.Recording // without Start, Laps and Series
	start   float64          // Unix seconds; NaN: that of the first sample
	local   bool             // the times have no zone
	unset   bool             // the times are not of this world: the device's clock was never set
	laps    []lap
	samples []sample // as recorded; finish sorts them
}

func newDraft(start float64) draft { return draft{start: start} }

func (d *draft) warn(text string) {
	if len(d.rec.Warnings) <= 2*maxWarnings { // more than are listed
		d.rec.Warnings = append(d.rec.Warnings, text)
	}
}

// unix returns t in Unix seconds, exact to the microsecond.
func unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// fromUnix undoes unix.
func fromUnix(t float64) time.Time { return time.UnixMicro(int64(math.Round(t * 1e6))).UTC() }

// sortSamples puts samples in order of time. Those of one time keep their order:
// laps often share the sample at their border.
func sortSamples(s []sample) {
	byTime := func(a, b sample) int { return cmp.Compare(a.t, b.t) }
	if !slices.IsSortedFunc(s, byTime) {
		slices.SortStableFunc(s, byTime)
	}
}

// A field is one quantity of samples and the column that it becomes.
type field struct {
	of        func(*sample) *float64
	to        func(*pierre.Series) *[]float64
	low, high float64 // what is outside was not measured
	moves     bool    // 0 throughout comes from a device without the sensor
}

func fields() []field {
	return []field{
		{func(s *sample) *float64 { return &s.lat }, func(s *pierre.Series) *[]float64 { return &s.Latitude }, -90, 90, false},
		{func(s *sample) *float64 { return &s.lon }, func(s *pierre.Series) *[]float64 { return &s.Longitude }, -180, 180, false},
		{func(s *sample) *float64 { return &s.alt }, func(s *pierre.Series) *[]float64 { return &s.Altitude }, -1000, 30_000, true},
		{func(s *sample) *float64 { return &s.dist }, func(s *pierre.Series) *[]float64 { return &s.Distance }, 0, 1e8, true},
		{func(s *sample) *float64 { return &s.speed }, func(s *pierre.Series) *[]float64 { return &s.Speed }, 0, 400, true},
		{func(s *sample) *float64 { return &s.hr }, func(s *pierre.Series) *[]float64 { return &s.HeartRate }, 1, 254, false}, // straps send 0 without contact
		{func(s *sample) *float64 { return &s.power }, func(s *pierre.Series) *[]float64 { return &s.Power }, 0, 10_000, true},
		{func(s *sample) *float64 { return &s.cad }, func(s *pierre.Series) *[]float64 { return &s.Cadence }, 0, 1000, true},
		{func(s *sample) *float64 { return &s.temp }, func(s *pierre.Series) *[]float64 { return &s.Temperature }, -100, 100, false},
	}
}

// clean removes what sensors write for "nothing measured".
func clean(samples []sample) {
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
func columns(samples []sample, start float64) pierre.Series {
	var s pierre.Series
	if len(samples) == 0 {
		return s
	}
	s.Time = make([]float64, len(samples))
	for i := range samples {
		s.Time[i] = math.Round((samples[i].t-start)*1e6) / 1e6
	}
	for _, f := range fields() {
		if !slices.ContainsFunc(samples, func(s sample) bool { return !math.IsNaN(*f.of(&s)) }) {
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
