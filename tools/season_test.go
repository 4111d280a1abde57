package tools_test

import (
	"crypto/sha256"
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A session describes a recording by formulas, so that what the tools must answer can be worked out.
type session struct {
	name     string
	provider pierre.Provider
	sport    pierre.Sport
	start    time.Time
	offset   *int
	seconds  int
	step     int                     // s between samples, 0: no samples at all
	speed    func(t float64) float64 // m/s
	heart    func(t float64) float64 // bpm
	power    func(t float64) float64 // W
	altitude func(t float64) float64 // m
	gps      bool
	indoor   bool
	laps     int
	totals   pierre.Totals // of a session without samples
}

func always(v float64) func(float64) float64 { return func(float64) float64 { return v } }

// wave swings around the middle once every 10 minutes.
func wave(middle, by float64) func(float64) float64 {
	return func(t float64) float64 { return math.Round(10*(middle+by*math.Sin(2*math.Pi*t/600))) / 10 }
}

func (s session) recording() pierre.Recording {
	rec := pierre.Recording{Activity: pierre.Activity{
		Name: s.name, Sport: s.sport, Start: s.start, UTCOffset: s.offset, HasGPS: s.gps, Indoor: s.indoor, Device: "Example Watch", Totals: s.totals,
	}}
	if s.step == 0 {
		rec.Device = ""
		return rec
	}
	series, t := &rec.Series, &rec.Totals
	meters := 0.0
	for i := 0; i <= s.seconds; i += s.step {
		at := float64(i)
		series.Time = append(series.Time, at)
		if s.speed != nil {
			if i > 0 {
				meters += s.speed(at) * float64(s.step)
			}
			series.Distance = append(series.Distance, math.Round(100*meters)/100)
			series.Speed = append(series.Speed, s.speed(at))
		}
		if s.gps {
			series.Latitude, series.Longitude = append(series.Latitude, 45+meters/111_195.08), append(series.Longitude, 7.5)
		}
		for f, column := range map[*func(float64) float64]*[]float64{&s.heart: &series.HeartRate, &s.power: &series.Power, &s.altitude: &series.Altitude} {
			if *f != nil {
				*column = append(*column, (*f)(at))
			}
		}
	}
	length := float64(s.seconds)
	t.DurationSeconds, t.ElapsedSeconds = &length, &length
	if s.speed != nil {
		t.DistanceMeters, t.AverageSpeedMPS = new(series.Distance[len(series.Distance)-1]), new(meters/length)
	}
	t.AverageHeartRateBPM, t.MaxHeartRateBPM = meanAndMax(series.HeartRate)
	t.AveragePowerWatts, t.MaxPowerWatts = meanAndMax(series.Power)
	for i := range s.laps {
		part := length / float64(s.laps)
		lap := pierre.Lap{StartSeconds: float64(i) * part, Totals: pierre.Totals{DurationSeconds: new(part)}}
		if s.speed != nil {
			lap.DistanceMeters = new(meters / float64(s.laps))
		}
		rec.Laps = append(rec.Laps, lap)
	}
	return rec
}

func meanAndMax(values []float64) (mean, most *float64) {
	if len(values) == 0 {
		return nil, nil
	}
	total, top := 0.0, 0.0
	for _, v := range values {
		total, top = total+v, max(top, v)
	}
	return new(math.Round(total / float64(len(values)))), new(top)
}

// season is a plausible half year before [now], with one activity of each kind that the tools must cope with.
func season() map[string]session {
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
	}
	summer := new(7200)
	sessions := map[string]session{
		"run": {
			name: "Morning run", sport: pierre.SportRun, start: at(6, 14, 6), offset: summer, seconds: 2400, step: 1,
			speed: always(3), heart: wave(145, 5), altitude: wave(300, 10), gps: true, laps: 4,
		},
		"ride": {
			name: "Valley loop", sport: pierre.SportRide, start: at(6, 13, 7), offset: summer, seconds: 5400, step: 1,
			speed: always(8), heart: wave(130, 15), power: wave(180, 60), altitude: wave(500, 40), gps: true, laps: 2,
		},
		"trainer": {
			name: "Trainer", sport: pierre.SportVirtualRide, start: at(6, 10, 17), offset: summer, seconds: 3600, step: 1,
			heart: always(140), power: always(200),
		},
		"race": {
			name: "City 10 km", sport: pierre.SportRun, start: at(5, 10, 8), offset: summer, seconds: 2700, step: 1,
			speed: func(t float64) float64 { return map[bool]float64{true: 4.2, false: 2.2}[t <= 2400] }, heart: wave(172, 6), gps: true,
		},
		"3000": {
			name: "Track test", sport: pierre.SportRun, start: at(5, 2, 16), offset: summer, seconds: 900, step: 1,
			speed: func(t float64) float64 { return map[bool]float64{true: 4.8, false: 2}[t <= 630] }, heart: wave(165, 10),
		},
		"mile": {
			name: "Mile", sport: pierre.SportRun, start: at(4, 25, 16), offset: summer, seconds: 600, step: 1,
			speed: func(t float64) float64 { return map[bool]float64{true: 5.3, false: 2}[t <= 320] }, heart: wave(165, 15),
		},
		"swim": {
			name: "Lake", sport: pierre.SportSwim, start: at(6, 11, 5), offset: summer, seconds: 1800, step: 5, speed: always(0.9), gps: true,
		},
		"strength": {name: "Gym", sport: pierre.SportStrengthTraining, start: at(6, 9, 16), seconds: 2400, step: 1, heart: wave(105, 20)},
		"hike": {
			name: "Hut", sport: pierre.SportHike, start: at(6, 6, 6), seconds: 9000, step: 10, speed: always(1.1), altitude: wave(1500, 100), gps: true,
		},
		"manual": {
			name: "Treadmill, by hand", provider: pierre.ProviderStrava, sport: pierre.SportRun, start: at(6, 8, 17),
			totals: pierre.Totals{DurationSeconds: new(1800.), DistanceMeters: new(5000.), AverageHeartRateBPM: new(150.)},
		},
		"bare": {name: "Yoga", provider: pierre.ProviderStrava, sport: "yoga", start: at(6, 7, 18), totals: pierre.Totals{DurationSeconds: new(3600.)}},
	}
	for week := range 23 {
		day := at(1, 5, 6).AddDate(0, 0, 7*week)
		for i, s := range []session{
			{name: "Easy run", sport: pierre.SportRun, seconds: 2700, step: 5, speed: always(2.8), heart: wave(140, 4)},
			{name: "Endurance ride", sport: pierre.SportRide, seconds: 4500, step: 5, speed: always(7.5), power: wave(160, 40)},
		} {
			s.start = day.AddDate(0, 0, 2*i)
			sessions[s.name+s.start.Format(" 01-02")] = s
		}
	}
	return sessions
}

// importSeason imports the season and returns the activities' ids by their names in it.
func importSeason(t *testing.T, s *store.Store, user pierre.UserID) map[string]pierre.ActivityID {
	t.Helper()
	ids := map[string]pierre.ActivityID{}
	for key, session := range season() {
		ids[key] = importSession(t, s, user, session)
	}
	return ids
}

func importSession(t testing.TB, s *store.Store, user pierre.UserID, session session) pierre.ActivityID {
	t.Helper()
	src := pierre.Source{
		Provider: pierre.ProviderFile, File: session.start.Format("2006-01-02") + ".fit", Format: "fit",
		SHA256: sha256.Sum256([]byte(session.name + session.start.String())), Imported: now().AddDate(0, 0, -1),
	}
	if session.provider != "" {
		src.Provider, src.File, src.Format = session.provider, "activities.csv", "csv"
		src.ExternalID = session.start.Format("20060102")
	}
	added, err := s.ImportRecording(t.Context(), user, src, session.recording())
	if err != nil || added.Outcome != pierre.OutcomeAdded {
		t.Fatalf("importing %s: %v, %v", session.name, added.Outcome, err)
	}
	return added.Activity
}
