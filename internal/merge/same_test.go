package merge_test

import (
	"crypto/rand"
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// recording makes the facts of a source; change adjusts them.
func recording(change func(*pierre.Source, *pierre.Recording)) merge.Facts {
	src := pierre.Source{Provider: pierre.ProviderFile, Format: "fit"}
	rec := pierre.Recording{Activity: pierre.Activity{Start: noon, Sport: pierre.SportRun, Totals: pierre.Totals{
		DistanceMeters: new(10000.0), DurationSeconds: new(3000.0), ElapsedSeconds: new(3100.0),
	}}}
	change(&src, &rec)
	if src.SHA256 == [32]byte{} {
		rand.Read(src.SHA256[:])
	}
	return merge.FactsOf(src, rec)
}

func TestCompare(t *testing.T) {
	type change = func(*pierre.Source, *pierre.Recording)
	track := func(r *pierre.Recording) { r.Series = circle(3100, 0) }
	copied := func(s *pierre.Source, r *pierre.Recording) { s.Format, r.Series = "gpx", line() }
	// in UTC+1 by one clock and in UTC by the other, if it is a copy
	hourLater := func(change change) change {
		return func(s *pierre.Source, r *pierre.Recording) {
			change(s, r)
			r.Start, r.UTCOffset = noon.Add(time.Hour), new(3600)
		}
	}
	court := func(s *pierre.Source, r *pierre.Recording) { s.Format, r.Series = "gpx", circle(3600, 0) }
	still := func(s *pierre.Source, r *pierre.Recording) {
		s.Format, r.Series = "gpx", pierre.Series{Time: line().Time, Latitude: make([]float64, len(line().Time)), Longitude: make([]float64, len(line().Time))}
	}
	sprint := func(s *pierre.Source, r *pierre.Recording) {
		s.Format, r.Series = "gpx", pierre.Series{Time: line().Time[:60], Latitude: line().Latitude[:60], Longitude: line().Longitude[:60]}
		*r.DurationSeconds, *r.ElapsedSeconds, *r.DistanceMeters = 60, 60, 480
	}
	for _, test := range []struct {
		name string
		a, b change
		want merge.Verdict
	}{
		{"the same", func(*pierre.Source, *pierre.Recording) {}, func(*pierre.Source, *pierre.Recording) {}, merge.Same},
		{"within the tolerances", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Start = noon.Add(59 * time.Second)
			*r.DurationSeconds, *r.ElapsedSeconds, *r.DistanceMeters = 3055, 3200, 9720
		}, merge.Same},
		{"61 seconds later", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Start = noon.Add(61 * time.Second)
		}, merge.Different},
		{"another duration", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			*r.DurationSeconds, *r.ElapsedSeconds = 3100, 3200
		}, merge.Different},
		{"another timer, the same wall clock", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			*r.DurationSeconds = 2500
		}, merge.Same},
		{"another distance", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			*r.DistanceMeters = 9600
		}, merge.Different},
		{"no distance, as in the gym", func(_ *pierre.Source, r *pierre.Recording) {
			r.DistanceMeters = nil
		}, func(_ *pierre.Source, r *pierre.Recording) { r.DistanceMeters = nil }, merge.Same},
		{"an indoor distance of 0", func(_ *pierre.Source, r *pierre.Recording) {
			*r.DistanceMeters = 0
		}, func(*pierre.Source, *pierre.Recording) {}, merge.Same},
		{"no duration", func(_ *pierre.Source, r *pierre.Recording) {
			r.DurationSeconds, r.ElapsedSeconds = nil, nil
		}, func(*pierre.Source, *pierre.Recording) {}, merge.Different},
		{"a run and a ride", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Sport = pierre.SportRide
		}, merge.Different},
		{"a run and a hike", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Sport = pierre.SportHike
		}, merge.Same},
		{"a run and an unnamed sport", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Sport = pierre.SportOther
		}, merge.Same},
		{"two tracks", func(_ *pierre.Source, r *pierre.Recording) { track(r) }, func(_ *pierre.Source, r *pierre.Recording) {
			track(r)
			*r.DistanceMeters = 8000
		}, merge.SameIfTracksAgree},
		{"one hour later", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Start = noon.Add(time.Hour)
		}, merge.Different},
		{"one hour later by a clock without a zone", func(*pierre.Source, *pierre.Recording) {}, func(s *pierre.Source, r *pierre.Recording) {
			s.LocalTimes = true
			r.Start = noon.Add(time.Hour + 20*time.Second)
		}, merge.Same},
		{"half an hour later by a clock without a zone", func(*pierre.Source, *pierre.Recording) {}, func(s *pierre.Source, r *pierre.Recording) {
			s.LocalTimes = true
			r.Start = noon.Add(30 * time.Minute)
		}, merge.Different},
		{"hours later in the gym, by a clock without a zone", func(_ *pierre.Source, r *pierre.Recording) {
			r.DistanceMeters = nil
		}, func(s *pierre.Source, r *pierre.Recording) {
			s.LocalTimes = true
			r.Start, r.DistanceMeters = noon.Add(3*time.Hour), nil
		}, merge.Different},
		{"later by the offset of their place", copied, func(s *pierre.Source, r *pierre.Recording) {
			copied(s, r)
			r.Start, r.UTCOffset = noon.Add(-7*time.Hour+15*time.Second), new(-7*3600)
		}, merge.SameIfTracksCoincide},
		{"later by nearly the offset of their place", copied, func(s *pierre.Source, r *pierre.Recording) {
			copied(s, r)
			r.Start, r.UTCOffset = noon.Add(-7*time.Hour+16*time.Second), new(-7*3600)
		}, merge.Different},
		{"later by the offset, without tracks", func(*pierre.Source, *pierre.Recording) {}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Start, r.UTCOffset = noon.Add(-7*time.Hour), new(-7*3600)
		}, merge.Different},
		{"an hour later in UTC+1", copied, hourLater(copied), merge.SameIfTracksCoincide},
		{"an hour later in UTC+1, one by a format that states its clock", func(_ *pierre.Source, r *pierre.Recording) {
			r.Series = line()
		}, hourLater(copied), merge.SameIfTracksCoincide},
		{"an hour later in UTC+1, both by such a format", func(_ *pierre.Source, r *pierre.Recording) {
			r.Series = line()
		}, hourLater(func(_ *pierre.Source, r *pierre.Recording) { r.Series = line() }), merge.Different},
		{"the next hour on the court", court, hourLater(court), merge.Different},
		{"the next hour at one place", still, hourLater(still), merge.Different},
		{"the same minute an hour later", sprint, hourLater(sprint), merge.Different},
		{"the same way an hour later, with other samples", copied, hourLater(func(s *pierre.Source, r *pierre.Recording) {
			copied(s, r)
			r.Series = every(line(), 2)
		}), merge.Different},
		{"two minutes each, back to back", func(_ *pierre.Source, r *pierre.Recording) {
			*r.DurationSeconds, *r.ElapsedSeconds, r.DistanceMeters = 50, 50, nil
		}, func(_ *pierre.Source, r *pierre.Recording) {
			r.Start = noon.Add(55 * time.Second)
			*r.DurationSeconds, *r.ElapsedSeconds, r.DistanceMeters = 50, 50, nil
		}, merge.Different},
		{"the parts of one file", func(s *pierre.Source, _ *pierre.Recording) {
			s.SHA256 = [32]byte{255}
		}, func(s *pierre.Source, _ *pierre.Recording) { s.SHA256, s.Part = [32]byte{255}, 1 }, merge.Different},
		{"one file from two providers", func(s *pierre.Source, _ *pierre.Recording) {
			s.SHA256 = [32]byte{254}
		}, func(s *pierre.Source, r *pierre.Recording) {
			s.SHA256, s.Provider, r.DurationSeconds = [32]byte{254}, pierre.ProviderStrava, nil
		}, merge.Same},
		{"an entry that was edited", func(s *pierre.Source, _ *pierre.Recording) {
			s.Provider, s.ExternalID = pierre.ProviderStrava, "7"
		}, func(s *pierre.Source, r *pierre.Recording) {
			s.Provider, s.ExternalID = pierre.ProviderStrava, "7"
			r.Sport, *r.DistanceMeters = pierre.SportRide, 1
		}, merge.Same},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := recording(test.a), recording(test.b)
			if got := merge.Compare(a, b); got != test.want {
				t.Errorf("Compare(a, b) = %v, want %v", got, test.want)
			}
			if got := merge.Compare(b, a); got != test.want {
				t.Errorf("Compare(b, a) = %v, want %v", got, test.want)
			}
		})
	}
}

// circle is a track of n seconds at 1 Hz and 3 m/s around a park of 400 m, moved east by so many metres.
func circle(n int, east float64) pierre.Series {
	var s pierre.Series
	const perDegree, radius = 111195, 400 / (2 * math.Pi)
	for i := range n {
		angle := float64(i) * 3 / radius
		s.Time = append(s.Time, float64(i))
		s.Latitude = append(s.Latitude, 48+radius*math.Sin(angle)/perDegree)
		s.Longitude = append(s.Longitude, 16+(east+radius*math.Cos(angle))/perDegree/math.Cos(48*math.Pi/180))
	}
	return s
}

// line is a track of ten minutes at 1 Hz and 8 m/s to the north.
func line() pierre.Series {
	var s pierre.Series
	for i := range 600 {
		s.Time = append(s.Time, float64(i))
		s.Latitude = append(s.Latitude, 48+float64(i)*8/111195)
		s.Longitude = append(s.Longitude, 16)
	}
	return s
}

func every(s pierre.Series, n int) pierre.Series {
	var out pierre.Series
	for i := 0; i < len(s.Time); i += n {
		out.Time = append(out.Time, s.Time[i])
		out.Latitude = append(out.Latitude, s.Latitude[i])
		out.Longitude = append(out.Longitude, s.Longitude[i])
	}
	return out
}

func TestTracksAgree(t *testing.T) {
	holes := circle(600, 0)
	for i := 100; i < 140; i++ {
		holes.Latitude[i], holes.Longitude[i] = math.NaN(), math.NaN()
	}
	indoor := pierre.Series{Time: circle(600, 0).Time}
	lost := circle(600, 0)
	for i := range lost.Latitude {
		lost.Latitude[i], lost.Longitude[i] = math.NaN(), math.NaN()
	}
	for _, test := range []struct {
		name  string
		a, b  pierre.Series
		shift float64
		want  bool
	}{
		{"the same", circle(600, 0), circle(600, 0), 0, true},
		{"20 m aside", circle(600, 0), circle(600, 20), 0, true},
		{"smart recording", circle(600, 0), every(circle(600, 0), 7), 0, true},
		{"with a tunnel", circle(600, 0), holes, 0, true},
		{"started 30 s later", line(), line(), 30, true},
		{"a clock 40 s off", line(), shifted(line(), 40), 0, true},
		{"the beginning of it", circle(600, 0), circle(60, 0), 0, true},
		{"the beginning of another", circle(600, 500), circle(60, 0), 0, false},
		{"the next park", circle(600, 0), circle(600, 500), 0, false},
		{"a street and a park", circle(600, 0), line(), 0, false},
		{"no time in common", line(), line(), 5000, false},
		{"nearly no time in common", line(), line(), 590, false},
		{"no track", circle(600, 0), indoor, 0, false},
		{"a track without a position", circle(600, 0), lost, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := merge.TracksAgree(test.a, test.b, test.shift); got != test.want {
				t.Errorf("TracksAgree(a, b) = %v, want %v", got, test.want)
			}
			if got := merge.TracksAgree(test.b, test.a, -test.shift); got != test.want {
				t.Errorf("TracksAgree(b, a) = %v, want %v", got, test.want)
			}
		})
	}
}

// Copies have one track to the metre; who runs the same way again, at the same pace, has not.
func TestTracksCoincide(t *testing.T) {
	again := circle(600, 0)
	for i := range again.Latitude {
		again.Latitude[i] += 15 * math.Sin(float64(i)/40) / 111195
	}
	for _, test := range []struct {
		name string
		b    pierre.Series
		want bool
	}{
		{"a copy", circle(600, 0), true},
		{"rounded to metres", circle(600, 1), true},
		{"to the second the same way again", again, false},
		{"on a clock 40 s off", shifted(circle(600, 0), 40), false},
	} {
		if got := merge.TracksCoincide(circle(600, 0), test.b, 0); got != test.want {
			t.Errorf("%s: TracksCoincide(a, b) = %v, want %v", test.name, got, test.want)
		}
		if got := merge.TracksCoincide(test.b, circle(600, 0), 0); got != test.want {
			t.Errorf("%s: TracksCoincide(b, a) = %v, want %v", test.name, got, test.want)
		}
	}
}

// shifted is s on a clock that is ahead.
func shifted(s pierre.Series, seconds float64) pierre.Series {
	for i := range s.Time {
		s.Time[i] += seconds
	}
	return s
}
