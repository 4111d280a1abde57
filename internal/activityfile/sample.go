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

func (d *draft) warn(text string) { d.rec.Warnings = append(d.rec.Warnings, text) }

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

// clean removes what sensors write for "nothing measured".
func clean(samples []sample) {
	var moved, pedalled, powered, sped, raised bool
	for i := range samples {
		s := &samples[i]
		if s.hr <= 0 || s.hr >= 255 {
			s.hr = math.NaN()
		}
		if s.power < 0 {
			s.power = math.NaN()
		}
		moved, sped = moved || s.dist > 0, sped || s.speed > 0
		pedalled, powered = pedalled || s.cad > 0, powered || s.power > 0
		raised = raised || s.alt != 0 && !math.IsNaN(s.alt)
	}
	// A stream that is 0 throughout comes from a device without the sensor.
	for i := range samples {
		s := &samples[i]
		for _, c := range []struct {
			measured bool
			value    *float64
		}{{moved, &s.dist}, {sped, &s.speed}, {pedalled, &s.cad}, {powered, &s.power}, {raised, &s.alt}} {
			if !c.measured {
				*c.value = math.NaN()
			}
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
	for _, c := range []struct {
		dst *[]float64
		of  func(*sample) float64
	}{
		{&s.Latitude, func(p *sample) float64 { return p.lat }},
		{&s.Longitude, func(p *sample) float64 { return p.lon }},
		{&s.Altitude, func(p *sample) float64 { return p.alt }},
		{&s.Distance, func(p *sample) float64 { return p.dist }},
		{&s.Speed, func(p *sample) float64 { return p.speed }},
		{&s.HeartRate, func(p *sample) float64 { return p.hr }},
		{&s.Power, func(p *sample) float64 { return p.power }},
		{&s.Cadence, func(p *sample) float64 { return p.cad }},
		{&s.Temperature, func(p *sample) float64 { return p.temp }},
	} {
		*c.dst = column(samples, c.of)
	}
	return s
}

// column returns one column of samples, or nil if none has a value.
func column(samples []sample, of func(*sample) float64) []float64 {
	first := slices.IndexFunc(samples, func(s sample) bool { return !math.IsNaN(of(&s)) })
	if first < 0 {
		return nil
	}
	values := make([]float64, len(samples))
	for i := range samples {
		values[i] = of(&samples[i])
	}
	return values
}
