package training

import (
	"errors"
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func activity(id pierre.ActivityID, meters, seconds float64) pierre.Activity {
	return pierre.Activity{ID: id, Sport: pierre.SportRun, Totals: pierre.Totals{DistanceMeters: &meters, DurationSeconds: &seconds}}
}

func TestCompareWithMeans(t *testing.T) {
	act := activity("act_1", 10_000, 3000)
	got := CompareWith(act, []pierre.Activity{activity("act_2", 8000, 2500), activity("act_3", 12_000, 3500), {ID: "act_4", Sport: pierre.SportRun}})
	if got.Count != 3 || len(got.Newest) != 3 {
		t.Fatalf("compared with %+v", got)
	}
	want := map[string]float64{"distance_meters": 10_000, "duration_seconds": 3000, "average_speed_mps": (3.2 + 12_000/3500.) / 2}
	if len(got.Fields) != len(want) {
		t.Errorf("the fields are %+v", got.Fields)
	}
	for _, d := range got.Fields {
		if math.Abs(d.Reference-want[d.Field]) > 1e-9 || d.Activities != 2 || d.Which != "" {
			t.Errorf("%+v, want %v", d, want[d.Field])
		}
	}
}

// The fields that are compared are totals by their names.
func TestComparedFieldsAreTotals(t *testing.T) {
	var all pierre.Totals
	for i, f := range all.Fields() {
		*f.Value = new(float64(i + 1))
	}
	for i, v := range compared(all) {
		if v == nil {
			t.Errorf("%s is not one of the totals", ComparedFields()[i])
		}
	}
}

// Speed means nothing where the other activity is much shorter.
func TestBestIntensityOfLongOnes(t *testing.T) {
	c := newComparer(activity("act_1", 10_000, 3000), CompareBest)
	c.add(activity("sprint", 1000, 200)) // 5 m/s
	c.add(activity("long", 9500, 2500))  // 3.8 m/s
	c.add(activity("longest", 20_000, 9000))
	best := map[string]pierre.ActivityID{}
	for _, d := range c.comparison().Fields {
		best[d.Field] = d.Which
	}
	if best["average_speed_mps"] != "long" || best["distance_meters"] != "longest" {
		t.Errorf("the best are %v", best)
	}
}

func TestSplit(t *testing.T) {
	nan := math.NaN()
	even := func(n int, apart, speed float64) (at, meters []float64) {
		for i := range n {
			at, meters = append(at, apart*float64(i)), append(meters, speed*apart*float64(i))
		}
		return at, meters
	}
	at, meters := even(1001, 1, 3)
	for i := 501; i < len(meters); i++ {
		meters[i] = meters[500] + 2.5*float64(i-500)
	}
	minutes, minuteMeters := even(100, 60, 3)
	missing := make([]float64, len(at))
	for i := range missing {
		missing[i] = nan
	}
	for name, tt := range map[string]struct {
		t, d          []float64
		before, after float64
		ok            bool
	}{
		"slower in the end": {at, meters, 459, 541, true},
		"a point a minute":  {minutes, minuteMeters, 0, 0, false},
		"nothing":           {},
		"all missing":       {at, missing, 0, 0, false},
		"too short":         {at[:100], meters[:100], 0, 0, false},
		"infinite":          {at, append([]float64{math.Inf(-1)}, meters[1:]...), 0, 0, false},
	} {
		a := &Analysis{Recording: pierre.Recording{Series: pierre.Series{Time: tt.t}}, meters: tt.d}
		before, after, ok := a.Split()
		if ok != tt.ok || ok && (math.Abs(before-tt.before) > 1 || math.Abs(after-tt.after) > 1) {
			t.Errorf("%s: %v then %v, %v", name, before, after, ok)
		}
	}
}

// Errors keep what the athlete would have to be asked for.
func TestMissingFields(t *testing.T) {
	l := newAthlete(pierre.ProfileRecord{}, Clock{}).load(pierre.Activity{Sport: pierre.SportRide, Totals: pierre.Totals{
		NormalizedPowerWatts: new(200.), DurationSeconds: new(3600.), AverageHeartRateBPM: new(140.),
	}}, digest{}, nil)
	both, ok := errors.AsType[*NoLoadError](l.Err)
	if !ok {
		t.Fatalf("the reason is %v", l.Err)
	}
	power, ok1 := errors.AsType[*MissingError](both.First)
	heart, ok2 := errors.AsType[*MissingError](both.Other)
	if !ok1 || !ok2 {
		t.Fatalf("the reasons are %v and %v", both.First, both.Other)
	}
	if len(power.Fields()) != 1 || power.Fields()[0] != "ftp_watts" || len(heart.Fields()) != 3 {
		t.Errorf("missing are %v and %v", power.Fields(), heart.Fields())
	}
	if got := heart.Error(); got != "the resting heart rate, the maximum heart rate and the sex (by which the formula differs) are not known" {
		t.Error(got)
	}
}
