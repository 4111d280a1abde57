package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/training"
)

// now is the present of the athlete.
func now() time.Time { return time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC) }

// leastActivities is how many are needed so that each call of so many rounds has one to ask about, or a pair to merge.
func leastActivities(rounds int) int { return detailed + 4*rounds }

// An athlete has some years of activities and a goal.
type athlete struct {
	user pierre.UserID
	goal pierre.GoalID
	ids  []pierre.ActivityID // the newest first
}

// fill imports an athlete's n activities, as an import does it.
func fill(ctx context.Context, s *store.Store, n int) (athlete, error) {
	u, err := s.EnsureUser(ctx, "ana@example.com", now())
	if err != nil {
		return athlete{}, err
	}
	a := athlete{user: u.ID}
	if err := a.settle(ctx, s); err != nil {
		return a, err
	}
	coach := training.New(s, now, slog.New(slog.DiscardHandler), training.Options{})
	for i := range n {
		src := pierre.Source{
			Provider: pierre.ProviderFile, File: strconv.Itoa(i) + ".fit", Format: "fit",
			SHA256: sha256.Sum256([]byte(strconv.Itoa(i))), Imported: now(),
		}
		added, err := s.ImportRecording(ctx, u.ID, src, recording(i))
		if err != nil {
			return a, err
		}
		a.ids = append(a.ids, added.Activity)
		if err := coach.Digest(ctx, u.ID, []pierre.ActivityID{added.Activity}); err != nil {
			return a, err
		}
	}
	return a, coach.Digested(ctx, u.ID)
}

// settle sets what the athlete says.
func (a *athlete) settle(ctx context.Context, s *store.Store) error {
	_, err := s.UpdateProfile(ctx, a.user, now(), func(p *pierre.ProfileRecord) error {
		p.FTPWatts, p.MaxHeartRateBPM, p.RestingHeartRateBPM, p.ThresholdHRBPM = new(250.), new(188.), new(48.), new(168.)
		p.WeightKg, p.Sex, p.BirthYear, p.TimeZone = new(66.), "female", new(1990), "Europe/Vienna"
		return nil
	})
	if err != nil {
		return err
	}
	g, err := s.AddGoal(ctx, a.user, now(), pierre.Goal{
		Title: "Summer of running", Type: pierre.GoalDistance, Sport: pierre.SportRun, Target: 300_000, Status: pierre.GoalActive,
		Start: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Date: time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC),
	})
	a.goal = g.ID
	if err != nil {
		return err
	}
	_, err = s.KeepWellness(ctx, a.user, now(), wellness())
	return err
}

// wellness are three years of what a watch says of nights, mornings and days.
func wellness() []pierre.Wellness {
	var values []pierre.Wellness
	for ago := range 3 * 365 {
		wave := math.Sin(float64(ago))
		for kind, v := range map[pierre.WellnessKind]float64{
			pierre.WellnessSleep: 26_000 + 2000*wave, pierre.WellnessDeepSleep: 5000 + 500*wave, pierre.WellnessREMSleep: 6000 - 500*wave,
			pierre.WellnessLightSleep: 15_000 + 2000*wave, pierre.WellnessAwake: 1500 - 600*wave, pierre.WellnessAwakenings: 2,
			pierre.WellnessBedtime: -4000 - 1500*wave, pierre.WellnessWakeTime: 23_500, pierre.WellnessHRV: 60 + 8*wave,
			pierre.WellnessRestingHeartRate: 48 - 2*wave, pierre.WellnessWeight: 66 + 0.3*wave, pierre.WellnessSteps: 9000 + 3000*wave, pierre.WellnessVO2Max: 52,
		} {
			day := now().Truncate(24*time.Hour).AddDate(0, 0, -ago)
			values = append(values, pierre.Wellness{Day: day, Kind: kind, Source: pierre.ProviderGarmin, Value: v})
		}
	}
	return values
}

// Each activity takes an hour. The newest ones, which calls ask about, have a sample every second, the others one in five.
const (
	seconds  = 3600
	detailed = 10             // activities
	apart    = 70 * time.Hour // pairs of activities
	within   = 10 * time.Hour // a pair
)

// recording is the athlete's activity number i, 0 the newest: runs and rides, half of these with power, and some hikes. A
// third have neither positions nor an offset from UTC.
func recording(i int) pierre.Recording {
	rec := pierre.Recording{Activity: pierre.Activity{
		Name: "Hour " + strconv.Itoa(i), Sport: pierre.SportRun, Start: now().Add(-2*time.Hour - time.Duration(i/2)*apart - time.Duration(i%2)*within), Device: "Example Watch",
	}}
	speed, power := 2.8+0.4*math.Sin(float64(i)), 0.0
	switch {
	case i%10 == 9:
		rec.Sport, speed = pierre.SportHike, 1.2
	case i%2 == 1:
		rec.Sport, speed = pierre.SportRide, 3*speed
		if i%4 == 1 {
			power = 180 + 30*math.Sin(float64(i))
		}
	}
	if i%3 != 0 {
		rec.HasGPS, rec.UTCOffset = true, new(7200)
	}
	step := 5
	if i < detailed {
		step = 1
	}
	rec.Series = samples(speed, power, step, rec.HasGPS)
	meters := rec.Series.Distance[len(rec.Series.Distance)-1]
	rec.DistanceMeters, rec.DurationSeconds, rec.ElapsedSeconds = &meters, new(float64(seconds)), new(float64(seconds))
	return rec
}

// samples are those of an hour, one every step seconds. Power 0: there was no power meter.
func samples(speed, power float64, step int, gps bool) pierre.Series {
	var s pierre.Series
	meters := 0.0
	for t := 0; t <= seconds; t += step {
		wave := math.Sin(2 * math.Pi * float64(t) / 600)
		s.Time = append(s.Time, float64(t))
		s.Speed = append(s.Speed, math.Round(1000*speed*(1+0.1*wave))/1000)
		s.Distance = append(s.Distance, math.Round(100*meters)/100)
		s.HeartRate = append(s.HeartRate, math.Round(142+16*wave))
		s.Altitude = append(s.Altitude, math.Round(5*(300+40*wave))/5)
		if power > 0 {
			s.Power = append(s.Power, math.Round(power*(1+0.3*wave)))
		}
		if gps {
			s.Latitude, s.Longitude = append(s.Latitude, 45+meters/111_195), append(s.Longitude, 7.5)
		}
		meters += s.Speed[len(s.Speed)-1] * float64(step)
	}
	return s
}
