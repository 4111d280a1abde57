//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type grams struct {
	Least, Most, Target *float64
	Percent             *float64 `json:"energy_percent"`
	NotAvailable        string   `json:"not_available"`
}

type shownDay struct {
	Resting computed `json:"bmr_kcal"`
	Used    computed `json:"tdee_kcal"`
	Target  *float64 `json:"target_kcal"`
	Protein grams    `json:"protein_g"`
	Carbs   grams    `json:"carbs_g"`
	Fat     grams    `json:"fat_g"`
	Notes   []string
}

// trainedHost is a host of a man of 80 kg and 180 cm, born in 1996, with rides of an hour and 700 kcal on so many days.
func trainedHost(t *testing.T, days int, calories bool) host {
	t.Helper()
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	for n := range days {
		totals := pierre.Totals{DurationSeconds: new(3600.)}
		if calories {
			totals.CaloriesKcal = new(700.)
		}
		importSession(t, s, u, session{name: "Ride", sport: "ride", start: now().AddDate(0, 0, -n), totals: totals})
	}
	h := newHost(t, s, u)
	h.call("set_athlete_profile", map[string]any{"weight_kg": 80, "height_cm": 180, "birth_year": 1996, "sex": "male", "time_zone": "UTC"})
	return h
}

// With recordings the energy of a day is that of what was trained, by hand 1.4 · 1780 · 23/24 + 700 = 3088.
func TestNutritionByWhatWasRecorded(t *testing.T) {
	h := trainedHost(t, 28, true)
	var got shownDay
	h.call("calculate_daily_nutrition", nil).decode(t, &got)
	got.Resting.check(t, "at rest", 1780, 0.5)
	got.Used.check(t, "used", 3088, 0.5)
	if *got.Carbs.Least != 400 || *got.Carbs.Most != 560 || *got.Protein.Least != 112 || *got.Protein.Most != 160 {
		t.Errorf("it is %+v", got)
	}
	sum := 4**got.Protein.Target + 4**got.Carbs.Target + 9**got.Fat.Target
	if math.Abs(sum-*got.Target) > 10 || math.Abs(*got.Protein.Percent+*got.Carbs.Percent+*got.Fat.Percent-100) > 1 {
		t.Errorf("the nutrients have %v kcal: %+v", sum, got)
	}
	for name, n := range map[string]grams{"protein": got.Protein, "carbohydrate": got.Carbs, "fat": got.Fat} {
		if *n.Target < *n.Least-1 || *n.Target > *n.Most+1 {
			t.Errorf("%s is %v, outside of %v to %v", name, *n.Target, *n.Least, *n.Most)
		}
	}
	h.call("calculate_daily_nutrition", map[string]any{"activity_level": "sedentary", "training_goal": "weight_loss"}).decode(t, &got)
	got.Used.check(t, "used by the level", 2136, 0.5)
	if *got.Target != 1780 || !strings.Contains(strings.Join(got.Notes, " "), "at rest would be left") {
		t.Errorf("less than at rest: %+v", got)
	}
}

// What the call says goes before the profile.
func TestNutritionByArguments(t *testing.T) {
	h := trainedHost(t, 28, true)
	var got shownDay
	h.call("calculate_daily_nutrition", map[string]any{"weight_kg": 60, "height_cm": 165, "age": 30, "gender": "female", "training_goal": "muscle_gain"}).decode(t, &got)
	got.Resting.check(t, "at rest", 1320, 0.5)
	if *got.Target-*got.Used.Value != 420 || *got.Protein.Least != 96 {
		t.Errorf("it is %+v", got)
	}
}

// Where devices recorded no energy, or there is less than a week, nothing is made up.
func TestNutritionWithoutMeasurements(t *testing.T) {
	for name, h := range map[string]host{"no energy": trainedHost(t, 28, false), "six days": trainedHost(t, 6, true)} {
		var got shownDay
		h.call("calculate_daily_nutrition", nil).decode(t, &got)
		if got.Used.Value != nil || got.Target != nil || got.Fat.NotAvailable == "" || got.Protein.Least == nil {
			t.Errorf("%s: %+v", name, got)
		}
		if carbs := got.Carbs.Least != nil; carbs != (name == "no energy") {
			t.Errorf("%s: carbohydrate is %+v", name, got.Carbs)
		}
	}
}

func TestNutrientTiming(t *testing.T) {
	h := trainedHost(t, 28, true)
	type timing struct {
		Minutes float64 `json:"duration_minutes"`
		From    string  `json:"duration_from"`
		Before  grams   `json:"pre_workout_carbs_g"`
		During  grams   `json:"during_carbs_g_per_hour"`
		Rebuild grams   `json:"post_workout_protein_g"`
		Meals   float64 `json:"meals_per_day"`
		Each    float64 `json:"protein_per_meal_g"`
	}
	for _, c := range []struct {
		args           map[string]any
		minutes        float64
		from           string
		before, during float64 // most
	}{
		{nil, 60, "recorded", 320, 60},
		{map[string]any{"duration_minutes": 180}, 180, "user", 320, 90},
		{map[string]any{"duration_minutes": 40, "workout_intensity": "high"}, 40, "user", 0, 0},
		{map[string]any{"duration_minutes": 90, "workout_intensity": "low"}, 90, "user", 0, 60},
	} {
		var got timing
		h.call("get_nutrient_timing", c.args).decode(t, &got)
		if got.Minutes != c.minutes || got.From != c.from || *got.Before.Most != c.before || *got.During.Most != c.during || *got.Rebuild.Least != 20 || got.Meals != 5 || got.Each != 27 {
			t.Errorf("%v: %+v", c.args, got)
		}
	}
	var got timing
	trainedHost(t, 0, false).call("get_nutrient_timing", map[string]any{"daily_protein_g": 90}).decode(t, &got)
	if got.During.NotAvailable == "" || got.Before.NotAvailable == "" || got.Meals != 4 {
		t.Errorf("without a duration: %+v", got)
	}
}
