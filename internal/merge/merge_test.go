package merge_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func ranked(sources ...merge.Facts) []merge.Facts {
	slices.SortFunc(sources, merge.RicherFirst)
	return sources
}

// A bike computer without a name, a watch that also counts calories, and the account's entry.
func threeSources() []merge.Facts {
	computer := recording(func(_ *pierre.Source, r *pierre.Recording) {
		r.Sport, r.Device, r.Name = pierre.SportRide, "Edge 800", "Ride"
		r.AveragePowerWatts = new(201.0)
		r.Series = pierre.Series{Time: []float64{0, 1, 2}, Power: []float64{200, 201, 202}, Speed: []float64{8, 8, 8}, Altitude: []float64{1, 2, 3}}
	})
	watch := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.Format = "tcx"
		r.Sport, r.Device, r.Name = pierre.SportOther, "Forerunner", "Vienna Cycling"
		r.Start = noon.Add(4 * time.Second)
		*r.DistanceMeters = 9999
		r.CaloriesKcal, r.AverageHeartRateBPM = new(700.0), new(140.0)
		r.Series = pierre.Series{Time: []float64{0, 1, 2}, HeartRate: []float64{139, 140, 141}}
	})
	entry := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.Provider, s.ExternalID, s.Format = pierre.ProviderStrava, "1", "csv"
		r.Sport, r.Name, r.Description = pierre.SportGravelRide, "Dirty Sunday", "with Ana"
		r.CaloriesKcal = new(1.0)
	})
	return []merge.Facts{computer, watch, entry}
}

func TestActivityTakesTheBestOfEach(t *testing.T) {
	sources := threeSources()
	want := sources[0].Activity
	want.Provider = pierre.ProviderFile
	want.Name, want.Description, want.Sport = "Dirty Sunday", "with Ana", pierre.SportGravelRide
	want.CaloriesKcal, want.AverageHeartRateBPM = new(700.0), new(140.0)
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		got := merge.Activity(ranked(sources[order[0]], sources[order[1]], sources[order[2]]))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in the order %v: Activity = %+v, want %+v", order, got, want)
		}
	}
}

func TestName(t *testing.T) {
	named := func(name string, change func(*pierre.Source)) merge.Facts {
		return recording(func(s *pierre.Source, r *pierre.Recording) { change(s); r.Name = name })
	}
	file := func(s *pierre.Source) { s.Format = "gpx" }
	fit := func(*pierre.Source) {}
	for _, test := range []struct {
		name    string
		sources []merge.Facts
		want    string
	}{
		{"a name before a sport", []merge.Facts{named("Run", fit), named("To the lake", file)}, "To the lake"},
		{"a name before a date", []merge.Facts{named("2013-07-06T14:59:00Z", fit), named("To the lake", file)}, "To the lake"},
		{"a name before a numbered log", []merge.Facts{named("ACTIVE LOG #2", fit), named("To the lake", file)}, "To the lake"},
		{"a sport before nothing", []merge.Facts{named("", fit), named("Running", file)}, "Running"},
		{"letters of any alphabet", []merge.Facts{named("Running", fit), named("Утро", file)}, "Утро"},
		{"the last edition of an entry", []merge.Facts{
			named("Morning Run", func(s *pierre.Source) { s.Provider, s.ExternalID = pierre.ProviderStrava, "1" }),
			named("First of May", func(s *pierre.Source) {
				s.Provider, s.ExternalID, s.Imported, s.Format = pierre.ProviderStrava, "1", noon, "csv"
			}),
		}, "First of May"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := merge.Activity(ranked(test.sources...)).Name; got != test.want {
				t.Errorf("Name = %q, want %q", got, test.want)
			}
		})
	}
}

// A source's own name of the sport stands where the sport that came out says nothing.
func TestSportName(t *testing.T) {
	called := func(format string, sport pierre.Sport, name string) merge.Facts {
		return recording(func(s *pierre.Source, r *pierre.Recording) { s.Format, r.Sport, r.SportName = format, sport, name })
	}
	for _, test := range []struct {
		name    string
		sources []merge.Facts
		sport   pierre.Sport
		want    string
	}{
		{"two vague ones", []merge.Facts{called("fit", pierre.SportOther, ""), called("gpx", pierre.SportOther, "padel")}, pierre.SportOther, "padel"},
		{"a clear one first", []merge.Facts{called("fit", pierre.SportRun, ""), called("gpx", pierre.SportOther, "orienteering")}, pierre.SportRun, ""},
		{"a clear one second", []merge.Facts{called("fit", pierre.SportOther, "orienteering"), called("gpx", pierre.SportRun, "")}, pierre.SportRun, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := merge.Activity(ranked(test.sources...)); got.Sport != test.sport || got.SportName != test.want {
				t.Errorf("%s, called %q; want %s, %q", got.Sport, got.SportName, test.sport, test.want)
			}
		})
	}
}

// The start of a source that knows its time zone is the true one.
func TestStartOfClockWithoutZone(t *testing.T) {
	rich := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.LocalTimes = true
		r.Start = noon.Add(2*time.Hour + 3*time.Second)
		r.Series = circle(100, 0)
	})
	poor := recording(func(*pierre.Source, *pierre.Recording) {})
	if got, want := merge.Activity(ranked(rich, poor)).Start, noon.Add(3*time.Second); !got.Equal(want) {
		t.Errorf("Start = %v, want %v", got, want)
	}
	if got := merge.Shift(rich, poor); got != -3 {
		t.Errorf("Shift = %v, want -3", got)
	}
}

// Where the source whose start counts says how far its clock is from UTC, that holds. The copy that calls local time UTC was
// given the offset of another hour, before the clocks changed; it may be the richest, or complete one without a zone.
func TestStartOfLocalTimeCalledUTC(t *testing.T) {
	right := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.Format, r.Series, r.UTCOffset = "gpx", line(), new(-7*3600)
	})
	wrong := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.Format, r.Series, r.UTCOffset = "gpx", line(), new(-8*3600)
		r.Series.Altitude = r.Series.Latitude
		r.Start = noon.Add(-7 * time.Hour)
	})
	unzoned := recording(func(s *pierre.Source, r *pierre.Recording) {
		s.LocalTimes = true
		r.Series = line()
		r.Series.Altitude, r.Series.Power = r.Series.Latitude, r.Series.Latitude
		r.Start = noon.Add(-7 * time.Hour)
	})
	unmeasured := func(all []merge.Facts) []merge.Facts {
		for n := range all {
			all[n].Extent = 0
		}
		return all
	}
	for name, sources := range map[string][]merge.Facts{
		"the copy is the richest":            ranked(right, wrong),
		"one without a zone is":              ranked(right, wrong, unzoned),
		"kept before tracks had an extent":   unmeasured(ranked(right, wrong)),
		"and completed by one without zones": unmeasured(ranked(right, wrong, unzoned)),
	} {
		t.Run(name, func(t *testing.T) {
			got := merge.Activity(sources)
			if !got.Start.Equal(noon) || got.UTCOffset == nil || *got.UTCOffset != -7*3600 {
				t.Errorf("starts at %v, offset %v; want %v, -7 h", got.Start, got.UTCOffset, noon)
			}
		})
	}
}

func TestNeeded(t *testing.T) {
	with := func(s pierre.Series) merge.Facts {
		return recording(func(_ *pierre.Source, r *pierre.Recording) { r.Series = s })
	}
	two, one := []float64{1, 2}, []float64{0, 1}
	all := ranked(
		with(pierre.Series{Time: one, Power: two, Speed: two}),
		with(pierre.Series{Time: one, Power: two}),
		with(pierre.Series{Time: one[:1], HeartRate: two[:1]}),
		with(pierre.Series{}),
	)
	if got, want := merge.Needed(all), []bool{true, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("Needed = %v, want %v", got, want)
	}
}

func TestFill(t *testing.T) {
	nan := math.NaN()
	s := pierre.Series{Time: []float64{0, 1, 2, 30, 60}, Power: []float64{1, 2, 3, 4, 5}}
	from := pierre.Series{
		Time:      []float64{0, 1, 40, 50},
		Power:     []float64{9, 9, 9, 9},
		HeartRate: []float64{100, 101, 140, nan},
		Altitude:  []float64{nan, nan, nan, nan},
	}
	merge.Fill(&s, from, 1)
	if want := []float64{1, 2, 3, 4, 5}; !slices.Equal(s.Power, want) {
		t.Errorf("Power = %v, want its own %v", s.Power, want)
	}
	want := []float64{100, 100, 101, nan, nan}
	if !slices.EqualFunc(s.HeartRate, want, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
		t.Errorf("HeartRate = %v, want %v", s.HeartRate, want)
	}
	if s.Altitude != nil {
		t.Errorf("Altitude = %v, want nil: nothing was recorded", s.Altitude)
	}
}
