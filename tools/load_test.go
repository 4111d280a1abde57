//go:build !race

package tools_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type trainingLoad struct {
	From, To      string
	CTL, ATL, TSB computed
	Ramp          computed `json:"ramp_per_week"`
	Monotony      computed
	Strain        computed
	Ratio         computed `json:"acute_chronic_ratio"`
	Loads         struct {
		Activities, Counted int
		By                  map[string]int
		NotCounted          []struct {
			Reason     string
			Activities int
		} `json:"not_counted"`
		Inputs []knownInput
	}
	Weeks []struct {
		Start      string `json:"week_start"`
		Activities int
		Load, CTL  float64
	}
	Recent []struct {
		Date    string
		Load    float64
		BasedOn string `json:"based_on"`
	}
}

func loadOf(t *testing.T, h host, args map[string]any) trainingLoad {
	t.Helper()
	r := h.call("analyze_training_load", args)
	if r.Bytes > answerBytes {
		t.Errorf("the load of %v has %d bytes", args, r.Bytes)
	}
	var got trainingLoad
	r.decode(t, &got)
	return got
}

// thresholdHour is an hour at 250 W, which is 100 at an FTP of 250 W.
func thresholdHour(start time.Time) session {
	return session{name: "Hour", sport: "ride", start: start, seconds: 3599, step: 1, power: always(250)}
}

// 100 a day for 42 days is the case whose result everyone can look up.
func TestLoadOfSixSteadyWeeks(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i := range 42 {
		importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -i).Add(-2*time.Hour)))
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	got := loadOf(t, h, map[string]any{"timeframe": "quarter"})
	got.CTL.check(t, "CTL", 63.21, 0.01)
	got.ATL.check(t, "ATL", 99.75, 0.01)
	got.TSB.check(t, "TSB", 62.33-99.71, 0.02)
	got.Monotony.lacks(t, "monotony", "the same load")
	got.Ratio.check(t, "acute:chronic ratio", 1, 0.01)
	if !strings.Contains(got.CTL.Note, "warming up: 42 days") {
		t.Errorf("CTL of 42 days is noted as %q", got.CTL.Note)
	}
	if c := got.CTL.Coverage; c == nil || *c != 100 {
		t.Errorf("the coverage is %v", show(c))
	}
	l := got.Loads
	if l.Activities != 42 || l.Counted != 42 || l.By["power"] != 42 || len(l.NotCounted) != 0 || len(l.Inputs) != 1 || l.Inputs[0].Name != "ftp_watts" {
		t.Errorf("the loads are %+v", l)
	}
	if w := got.Weeks; len(w) != 7 || w[3].Load != 700 || w[3].Activities != 7 || w[6].Start != "2026-06-15" || w[6].Load != 100 {
		t.Errorf("the weeks are %+v", w)
	}
	if len(got.Recent) != 5 || got.Recent[0].Date != "2026-06-15" || got.Recent[0].Load != 100 || got.Recent[0].BasedOn != "power" {
		t.Errorf("the recent loads are %+v", got.Recent)
	}
}

func TestMonotonyOfAWeek(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i, load := range []float64{300, 200, 400, 0, 350, 500, 0} { // Foster's arithmetic, in fitness.md: 1.291, 2259
		if load > 0 {
			hour := thresholdHour(now().AddDate(0, 0, i-6).Add(-5 * time.Hour))
			hour.seconds, hour.step = int(load*36)-1, 1
			importSession(t, s, user, hour)
		}
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	got := loadOf(t, h, map[string]any{"timeframe": "week"})
	got.Monotony.check(t, "monotony", 1.291, 0.005)
	got.Strain.check(t, "strain", 2259, 3)
	got.Ratio.lacks(t, "acute:chronic ratio", "days are too few")
}

// Loads count for the athlete's day, and what cannot be counted is said.
func TestLoadCountsAndExcuses(t *testing.T) {
	t.Parallel()
	h, _ := sampleHost(t)
	got := loadOf(t, h, map[string]any{"timeframe": "year"})
	got.CTL.lacks(t, "CTL without a profile", "no activity has a load; mostly")
	if got.Loads.Counted != 0 || got.Loads.Activities != 57 || len(got.Weeks) != 0 {
		t.Errorf("without a profile the loads are %+v", got.Loads)
	}
	h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 50, "sex": "male", "max_heart_rate_bpm": 190, "threshold_heart_rate_bpm": 170})
	got = loadOf(t, h, map[string]any{"timeframe": "year"})
	// Endurance rides have power and no heart rate; the swim, the hike and yoga nothing.
	if got.Loads.By["heart_rate"] != 30 || got.Loads.By["mean_heart_rate"] != 1 || got.Loads.By["power"] != 0 || got.Loads.Counted != 31 {
		t.Errorf("by heart rate alone the loads are %+v", got.Loads)
	}
	reasons := fmt.Sprint(got.Loads.NotCounted)
	if !strings.Contains(reasons, "set ftp_watts with set_athlete_profile 23}") || !strings.Contains(reasons, "neither power (of a ride) nor heart rate nor pace (of a run or swim) was recorded 2}") {
		t.Errorf("not counted are %s", reasons)
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	got = loadOf(t, h, map[string]any{"timeframe": "year"})
	if got.Loads.By["power"] != 25 || got.Loads.By["heart_rate"] != 28 || *got.CTL.Coverage >= 100 {
		t.Errorf("with FTP the loads are %+v", got.Loads)
	}
	strava := loadOf(t, h, map[string]any{"provider": "strava"})
	if strava.Loads.Activities != 2 || strava.Loads.Counted != 1 {
		t.Errorf("of strava alone the loads are %+v", strava.Loads)
	}
	none := loadOf(t, newHostWithoutData(t), nil)
	none.CTL.lacks(t, "CTL of nothing", "there are no activities")
}

func newHostWithoutData(t *testing.T) host {
	t.Helper()
	s := storetest.New(t)
	return newHost(t, s, newUser(t, s, "new@example.com"))
}

// A year with every week filled and many reasons stays a short answer.
func TestLoadOfAFullYearIsShort(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for day := range 365 {
		importSession(t, s, user, session{
			name: "Run", sport: "run", start: now().AddDate(0, 0, -day).Add(-4 * time.Hour), seconds: 1800, step: 30, speed: always(3), heart: always(130 + float64(day%40)),
		})
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"birth_year": 1980, "resting_heart_rate_bpm": 50, "sex": "female"})
	got := loadOf(t, h, map[string]any{"timeframe": "year"}) // which checks the size
	if len(got.Weeks) != 53 || got.Loads.Counted != 365 {
		t.Errorf("there are %d weeks and %d loads", len(got.Weeks), got.Loads.Counted)
	}
}

// A counting store counts the recordings that are decoded.
type counting struct {
	*store.Store

	recordings atomic.Int32
}

func (c *counting) Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error) {
	c.recordings.Add(1)
	return c.Store.Recording(ctx, user, id)
}

// Samples are decoded once, and again only when an activity's sources change.
func TestDigestsAreKept(t *testing.T) {
	c := &counting{Store: storetest.New(t)}
	user := newUser(t, c.Store, "ana@example.com")
	importSeason(t, c.Store, user)
	h := newHost(t, c, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "resting_heart_rate_bpm": 50, "max_heart_rate_bpm": 190, "sex": "male"})
	decoded := func(args map[string]any) (int32, trainingLoad) {
		before := c.recordings.Load()
		got := loadOf(t, h, args)
		return c.recordings.Load() - before, got
	}
	n, first := decoded(nil)
	if n != 57 {
		t.Errorf("%d of 57 recordings were decoded at first", n)
	}
	n, again := decoded(nil)
	if n != 0 || *again.CTL.Value != *first.CTL.Value {
		t.Errorf("%d recordings were decoded again, and CTL went from %v to %v", n, *first.CTL.Value, *again.CTL.Value)
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 200})
	if n, got := decoded(nil); n != 0 || *got.CTL.Value <= *first.CTL.Value {
		t.Errorf("after a change of the profile %d recordings were decoded, and CTL went from %v to %v", n, *first.CTL.Value, *got.CTL.Value)
	}
	hike := season()["hike"]
	hike.heart = always(120) // now from another device as well
	src := pierre.Source{Provider: "garmin", ExternalID: "1", Format: "fit", SHA256: sha256.Sum256(nil), Imported: now()}
	if added, err := c.ImportRecording(t.Context(), user, src, hike.recording()); err != nil || added.Outcome != pierre.OutcomeMerged {
		t.Fatal(added, err)
	}
	if n, got := decoded(nil); n != 1 || got.Loads.Counted != first.Loads.Counted+1 {
		t.Errorf("after a merge %d recordings were decoded and %d loads counted", n, got.Loads.Counted)
	}
}

// Predictions start from a race over 5 km in 19:57, which the published table has at VDOT 50.
func TestPrediction(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	speed := 5000 / 1197.
	race := importSession(t, s, user, session{
		name: "Race", sport: "run", start: now().AddDate(0, 0, -20), seconds: 1500, step: 1,
		speed: func(t float64) float64 { return map[bool]float64{true: speed, false: 1.5}[t <= 1197] },
	})
	importSession(t, s, user, session{name: "Old", sport: "run", start: now().AddDate(0, 0, -200), seconds: 1200, step: 1, speed: always(5)})
	importSession(t, s, user, session{name: "Ride", sport: "ride", start: now().AddDate(0, 0, -2), seconds: 3600, step: 1, speed: always(6)})
	importSession(t, s, user, session{name: "Glitch", sport: "run", start: now().AddDate(0, 0, -3), seconds: 600, step: 1, speed: always(7.9)})
	h := newHost(t, s, user)
	type prediction struct {
		Days        *int `json:"days_until_target"`
		Predictions struct {
			VDOT     computed `json:"vdot_seconds"`
			Riegel   computed `json:"riegel_seconds"`
			Own      computed `json:"riegel_own_exponent_seconds"`
			Cameron  computed `json:"cameron_seconds"`
			Critical computed `json:"critical_speed_seconds"`
		}
		Fastest  *float64      `json:"fastest_seconds"`
		Slowest  *float64      `json:"slowest_seconds"`
		VDOT     computed      `json:"vdot_ml_per_kg_min"`
		Paces    trainingPaces `json:"training_paces"`
		Evidence struct {
			Meters   float64           `json:"distance_meters"`
			Seconds  float64           `json:"seconds"`
			Date     string            `json:"date"`
			Activity pierre.ActivityID `json:"activity_id"`
		}
		Efforts []struct{} `json:"best_efforts"`
	}
	predict := func(h host, args map[string]any) (got prediction) {
		h.call("predict_performance", args).decode(t, &got)
		return got
	}
	got := predict(h, map[string]any{"target_sport": "run", "target_distance": 10_000, "target_date": "2026-06-25"})
	got.VDOT.check(t, "VDOT", 50, 0.1)
	got.Predictions.VDOT.check(t, "10 km by VDOT", 2481, 0.003*2481)
	got.Predictions.Riegel.check(t, "10 km by Riegel", 1197*math.Pow(2, 1.06), 1)
	got.Predictions.Cameron.check(t, "10 km by Cameron", 1197*2499.7/1200, 2)
	if e := got.Evidence; e.Meters != 5000 || math.Abs(e.Seconds-1197) > 1 || e.Date != "2026-05-26" || e.Activity != race || *got.Days != 10 {
		t.Errorf("the evidence is %+v, %d days before", e, *got.Days)
	}
	// The published table has 4:31, 4:15 and 3:55 per km for a VDOT of 50. Easy is 67 % of it, worked out, and
	// repetition 6 s per 400 m faster than interval.
	got.Paces.check(t, map[string]float64{"easy": 317.9, "marathon": 271, "threshold": 255, "interval": 235, "repetition": 220})
	if *got.Fastest > *got.Slowest || len(got.Efforts) != 5 {
		t.Errorf("from %v to %v by %d stretches", *got.Fastest, *got.Slowest, len(got.Efforts))
	}
	for sport, reason := range map[string]string{"ride": "the wind and drafting", "swim": "the stroke and the water"} {
		other := predict(h, map[string]any{"target_sport": sport, "target_distance": 10_000})
		other.Predictions.VDOT.lacks(t, "a prediction of a "+sport, reason)
		other.Paces.lacks(t, "training paces of a "+sport, reason)
	}
	predict(newHostWithoutData(t), map[string]any{"target_sport": "run", "target_distance": 5000}).Predictions.Cameron.lacks(t, "a prediction from nothing", "there is no run of 1000 m or more in the last 180 days")
}

// A marathon is not predicted from a mile if there is something longer.
func TestPredictionPrefersLongEvidence(t *testing.T) {
	h, ids := sampleHost(t)
	for meters, want := range map[float64]string{42195: "race", 1500: "mile"} {
		var got struct {
			Evidence struct {
				Activity pierre.ActivityID `json:"activity_id"`
			}
		}
		h.call("predict_performance", map[string]any{"target_sport": "run", "target_distance": meters}).decode(t, &got)
		if got.Evidence.Activity != ids[want] {
			t.Errorf("%v m are predicted from %s, want the %s", meters, got.Evidence.Activity, want)
		}
	}
}
