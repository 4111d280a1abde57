//go:build !race

package tools_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// An odd store has one recording, which is what devices write at their worst.
type odd struct {
	data

	id      pierre.ActivityID
	rec     pierre.Recording
	metrics []any // all that calculate_metrics has
}

func (o *odd) change(a *pierre.Activity) {
	if a.ID == o.id {
		a.Sport, a.Totals = o.rec.Sport, o.rec.Totals
	}
}

func (o *odd) Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error) {
	rec, err := o.data.Recording(ctx, user, id)
	if id == o.id {
		o.change(&rec.Activity)
		rec.Laps, rec.Series = o.rec.Laps, o.rec.Series
	}
	return rec, err
}

func (o *odd) Activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error) {
	a, err := o.data.Activity(ctx, user, id)
	o.change(&a)
	return a, err
}

func (o *odd) Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error) {
	page, err := o.data.Activities(ctx, user, q)
	for i := range page.Activities {
		o.change(&page.Activities[i])
	}
	return page, err
}

func (o *odd) DigestedActivities(ctx context.Context, user pierre.UserID, version int) ([]pierre.DigestedActivity, error) {
	list, err := o.data.DigestedActivities(ctx, user, version)
	for i := range list {
		o.change(&list[i].Activity)
	}
	return list, err
}

func (o *odd) SumActivities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) ([]pierre.ActivitySum, error) {
	sums, err := o.data.SumActivities(ctx, user, q)
	for i := range sums {
		sums[i].DistanceMeters, sums[i].DurationSeconds, sums[i].LongestMeters = o.rec.DistanceMeters, o.rec.DurationSeconds, o.rec.DistanceMeters
	}
	return sums, err
}

// SaveDigests keeps nothing: the next recording is another one.
func (*odd) SaveDigests(context.Context, pierre.UserID, int, map[pierre.ActivityID]pierre.Digest) error {
	return nil
}

// What no answer may have in either form, outside of words.
var noNumber = regexp.MustCompile(`(^|[^A-Za-z])(NaN|[+-]?Inf)([^A-Za-z]|$)|\x{fffe}`)

// questions are what every tool can be asked about the recording.
func (o *odd) questions() []call {
	id := map[string]any{"activity_id": o.id}
	with := func(more map[string]any) map[string]any {
		args := map[string]any{"activity_id": o.id}
		maps.Copy(args, more)
		return args
	}
	return []call{
		{"get_activities", nil},
		{"get_activity", with(map[string]any{"series": map[string]any{
			"channels":   []string{"heart_rate_bpm", "power_watts", "speed_mps", "cadence_rpm", "altitude_meters", "distance_meters", "temperature_celsius", "position"},
			"max_points": 10,
		}})},
		{"get_stats", nil},
		{"get_athlete", nil},
		{"get_connection_status", nil},
		{"analyze_activity", id},
		{"calculate_metrics", id},
		{"calculate_metrics", with(map[string]any{"metrics": o.metrics})},
		{"calculate_metrics", with(map[string]any{"metrics": []string{"w_prime_balance"}, "critical_power_watts": 200, "w_prime_kilojoules": 15})},
		{"analyze_training_load", map[string]any{"timeframe": "year"}},
		{"predict_performance", map[string]any{"target_sport": "run", "target_distance": 10_000}},
		{"compare_activities", with(map[string]any{"comparison_type": "similar_activities"})},
		{"compare_activities", with(map[string]any{"comparison_type": "average"})},
		{"compare_activities", with(map[string]any{"comparison_type": "personal_best"})},
	}
}

// ask fails on an answer that is none.
func (h host) ask(t *testing.T, questions ...call) {
	t.Helper()
	h.t = t
	for _, c := range questions {
		r := h.call(c.tool, c.args)
		if r.IsError {
			t.Errorf("%s %v fails: %s", c.tool, c.args, r.Text)
		}
		for _, form := range []string{r.Text, string(r.Structured)} {
			if at := noNumber.FindStringIndex(form); at != nil {
				t.Errorf("%s %v answers %q", c.tool, c.args, form[max(0, at[0]-80):min(len(form), at[1]+40)])
			}
		}
	}
}

// metricNames are the values of calculate_metrics' argument metrics.
func (h host) metricNames() []any {
	for _, tool := range h.list() {
		if tool.Name == "calculate_metrics" {
			return tool.InputSchema.Properties["metrics"].Items.Enum
		}
	}
	return nil
}

// newOdd is a store with a plausible season beside the recording that is to be odd.
func newOdd(t testing.TB) (*odd, host) {
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "ana@example.com", now())
	if err != nil {
		t.Fatal(err)
	}
	profile := func(p *pierre.ProfileRecord) error {
		p.FTPWatts, p.MaxHeartRateBPM, p.RestingHeartRateBPM, p.WeightKg, p.Sex, p.BirthYear = new(250.), new(190.), new(50.), new(70.), "male", new(1990)
		return nil
	}
	if _, err := s.UpdateProfile(t.Context(), u.ID, now(), profile); err != nil {
		t.Fatal(err)
	}
	for i, sport := range []pierre.Sport{"run", "ride", "walk", "swim"} {
		importSession(t, s, u.ID, session{
			name: "Plain", sport: sport, start: now().AddDate(0, 0, -9-i), seconds: 3000, step: 5, speed: always(3), heart: always(140), power: always(150),
		})
	}
	id := importSession(t, s, u.ID, session{name: "NaNette's run", sport: "run", start: now().AddDate(0, 0, -2), seconds: 100, step: 5, speed: always(3)})
	o := &odd{data: s, id: id}
	h := newHost(t, o, u.ID)
	o.metrics = h.metricNames()
	return o, h
}

// everyChannel fills all columns of a series.
func everyChannel(n int, at func(i int) float64, value func(i int) float64) pierre.Series {
	var s pierre.Series
	for i := range n {
		s.Time = append(s.Time, at(i))
		for _, column := range []*[]float64{
			&s.Latitude, &s.Longitude, &s.Altitude, &s.Distance, &s.Speed, &s.HeartRate, &s.Power, &s.Cadence, &s.Temperature,
		} {
			*column = append(*column, value(i))
		}
	}
	return s
}

func everyTotal(v float64) pierre.Totals {
	return pierre.Totals{
		DistanceMeters: &v, DurationSeconds: &v, ElapsedSeconds: &v, ElevationGainMeters: &v, ElevationLossMeters: &v,
		AverageHeartRateBPM: &v, MaxHeartRateBPM: &v, AveragePowerWatts: &v, MaxPowerWatts: &v, NormalizedPowerWatts: &v,
		AverageSpeedMPS: &v, MaxSpeedMPS: &v, AverageCadenceRPM: &v, CaloriesKcal: &v,
	}
}

// Every tool answers about every odd recording, and never with NaN or infinity.
func TestOddRecordings(t *testing.T) {
	t.Parallel()
	every := func(step float64) func(int) float64 { return func(i int) float64 { return step * float64(i) } }
	constant := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	cases := map[string]pierre.Series{
		"no samples":          {},
		"times alone":         {Time: []float64{0, 1, 2}},
		"one sample":          everyChannel(1, every(1), constant(120)),
		"two at one time":     everyChannel(2, constant(0), constant(120)),
		"all at one time":     everyChannel(1500, constant(5), constant(120)),
		"all equal":           everyChannel(1500, every(1), constant(120)),
		"all zero":            everyChannel(1500, every(1), constant(0)),
		"all negative":        everyChannel(1500, every(1), constant(-7)),
		"all missing":         everyChannel(1500, every(1), constant(math.NaN())),
		"huge":                everyChannel(1500, every(1), constant(math.MaxFloat64)),
		"tiny":                everyChannel(1500, every(1), constant(math.SmallestNonzeroFloat64)),
		"infinite":            everyChannel(1500, every(1), constant(math.Inf(1))),
		"rising for ever":     everyChannel(1500, every(1), func(i int) float64 { return math.Pow(10, float64(i)/9) }),
		"times that fall":     everyChannel(1500, every(-1), every(1)),
		"a time that is none": everyChannel(1500, func(i int) float64 { return map[bool]float64{true: math.NaN(), false: float64(i)}[i == 7] }, every(1)),
		"an infinite time":    everyChannel(1500, func(i int) float64 { return map[bool]float64{true: math.Inf(1), false: float64(i)}[i == 1499] }, every(1)),
		"huge times":          everyChannel(1500, every(1e300), every(1)),
		"half of it":          everyChannel(1500, every(1), func(i int) float64 { return map[bool]float64{true: math.NaN(), false: 130}[i > 750] }),
	}
	for _, gap := range []float64{29, 30, 31, 60, 120, 300, 600} {
		cases[fmt.Sprintf("a sample every %v s", gap)] = everyChannel(300, every(gap), every(3*gap))
		cases[fmt.Sprintf("heart rate every %v s", gap)] = everyChannel(300, every(gap), constant(140))
	}
	for _, sport := range []pierre.Sport{"run", "ride", "swim"} {
		t.Run(string(sport), func(t *testing.T) {
			t.Parallel()
			o, h := newOdd(t)
			for name, series := range cases {
				t.Run(name, func(t *testing.T) {
					o.rec = pierre.Recording{Activity: pierre.Activity{Sport: sport, Totals: everyTotal(3600)}, Series: series}
					h.ask(t, o.questions()...)
				})
			}
		})
	}
	o, h := newOdd(t)
	for _, v := range []float64{0, -1, 1e-300, 1e300, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN()} {
		t.Run(fmt.Sprintf("totals of %v", v), func(t *testing.T) {
			o.rec = pierre.Recording{Activity: pierre.Activity{Sport: "ride", Totals: everyTotal(v)}, Laps: []pierre.Lap{{StartSeconds: v, Totals: everyTotal(v)}}}
			h.ask(t, o.questions()...)
		})
	}
}

// One question about a recording of random oddities: all of them take too long to try many recordings.
func FuzzOddRecordings(f *testing.F) {
	o, h := newOdd(f)
	questions := o.questions()
	for i := range questions {
		f.Add(uint64(i), uint16(50*i), uint8(i), uint8(i))
		f.Add(uint64(0), uint16(72), uint8('~'), uint8(i)) // times too far apart for a number
	}
	f.Fuzz(func(t *testing.T, seed uint64, samples uint16, wildness, question uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		edges := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e-9, 1e9, math.MaxFloat64, -math.MaxFloat64}
		wild := func(plausible float64) float64 {
			if r.IntN(256) < int(wildness) {
				return edges[r.IntN(len(edges))]
			}
			return plausible
		}
		at := 0.0
		times := func(int) float64 {
			at += []float64{0, 1, 1, 1, 5, 10, 31, 60, 600}[r.IntN(9)]
			return wild(at)
		}
		o.rec = pierre.Recording{
			Activity: pierre.Activity{Sport: []pierre.Sport{"run", "ride", "walk", "swim"}[r.IntN(4)], Totals: everyTotal(wild(1800))},
			Series:   everyChannel(int(samples)%1000, times, func(i int) float64 { return wild(float64(i) / 20) }),
		}
		h.ask(t, questions[int(question)%len(questions)])
	})
}

// An answer with a number that is none is a fault of the server's own, whichever form it is in.
func TestNumbersThatAreNone(t *testing.T) {
	o, h := newOdd(t)
	r := h.call("get_activity", map[string]any{"activity_id": o.id})
	if !strings.Contains(r.Text, "NaNette") {
		t.Errorf("a name that begins like NaN is %s", r.Text)
	}
}
