//go:build !race

package tools_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

type comparison struct {
	With struct {
		Type       string `json:"comparison_type"`
		Count      int
		Activities []struct{ ID pierre.ActivityID }
	} `json:"compared_with"`
	Differences []difference
	Efforts     []struct {
		Meters  float64 `json:"distance_meters"`
		Seconds float64
		Best    float64           `json:"best_seconds"`
		IsBest  bool              `json:"is_personal_best"`
		Which   pierre.ActivityID `json:"best_activity_id"`
	} `json:"best_efforts"`
	Note string
}

type difference struct {
	Field            string
	Value, Reference float64
	Percent          float64           `json:"difference_percent"`
	Activities       int               `json:"activities"`
	Which            pierre.ActivityID `json:"reference_activity_id"`
}

func (c comparison) field(name string) difference {
	for _, d := range c.Differences {
		if d.Field == name {
			return d
		}
	}
	return difference{}
}

func TestComparisons(t *testing.T) {
	h, ids := sampleHost(t)
	compare := func(args map[string]any) comparison {
		var got comparison
		h.call("compare_activities", args).decode(t, &got)
		return got
	}
	t.Run("similar", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["run"], "comparison_type": "similar_activities"})
		// 7200 m: the easy runs of 7560 m are near, the race and the tests are not.
		d := got.field("average_speed_mps")
		if got.With.Count != 10 || d.Value != 3 || d.Reference != 2.8 || d.Percent != 7.1 || d.Activities != 10 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("similar by duration", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["strength"], "comparison_type": "similar_activities"})
		if got.With.Count != 0 || got.Note == "" || len(got.Differences) != 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("recent", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["race"], "comparison_type": "recent"})
		if got.With.Count != 5 || got.With.Activities[1].ID != ids["3000"] {
			t.Errorf("got %+v", got.With)
		}
	})
	t.Run("average", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["ride"], "comparison_type": "average"})
		d := got.field("average_power_watts")
		// 23 endurance rides at 162 W (their samples, every 5 s) and the trainer at 200 W.
		if d.Value != 180 || d.Reference != 163.58 || d.Activities != 24 || got.With.Count != 24 {
			t.Errorf("power is %+v; %+v", d, got.With)
		}
	})
	t.Run("personal best", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["race"], "comparison_type": "personal_best"})
		d := got.field("distance_meters")
		if d.Reference != 7560 || d.Activities != 27 || d.Which == "" || got.field("average_heart_rate_bpm") != (difference{}) {
			t.Errorf("got %+v", got.Differences)
		}
		for _, e := range got.Efforts {
			want := map[float64]pierre.ActivityID{1000: ids["mile"], 1500: ids["mile"], 1609.3: ids["mile"], 3000: ids["3000"], 5000: ids["race"], 10000: ids["race"]}[e.Meters]
			if e.Which != want || e.IsBest != (want == ids["race"]) || e.Best > e.Seconds {
				t.Errorf("over %v m the best is %+v, want in %s", e.Meters, e, want)
			}
		}
		if len(got.Efforts) != 6 {
			t.Errorf("there are %d best efforts", len(got.Efforts))
		}
	})
	t.Run("given", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["run"], "other_activity_ids": []any{ids["race"], ids["swim"]}})
		d := got.field("distance_meters")
		if got.With.Type != "given_activities" || d.Reference != (10_740+1620)/2 || d.Activities != 2 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("only one provider", func(t *testing.T) {
		got := compare(map[string]any{"activity_id": ids["race"], "comparison_type": "personal_best", "provider": "strava"})
		if got.With.Count != 1 || got.With.Activities[0].ID != ids["manual"] {
			t.Errorf("got %+v", got.With)
		}
	})
}
