//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestRestingEnergy(t *testing.T) {
	for _, c := range []struct {
		weight, height, age float64
		sex                 Sex
		want                float64
	}{{80, 180, 30, Male, 1780}, {60, 165, 30, Female, 1320.25}} {
		r, err := RestingEnergy(c.weight, c.height, c.age, c.sex)
		if err != nil || r.Value != c.want || r.Method != MethodMifflin {
			t.Errorf("%+v: %+v, %v", c, r, err)
		}
	}
	for _, bad := range [][3]float64{{10, 180, 30}, {80, 90, 30}, {80, 180, 3}, {math.NaN(), 180, 30}} {
		if r, err := RestingEnergy(bad[0], bad[1], bad[2], Male); err == nil {
			t.Errorf("%v: %v", bad, r.Value)
		}
	}
	if _, err := RestingEnergy(80, 180, 30, ""); err == nil {
		t.Error("without a sex there is a value")
	}
}

// By hand: 1.4 · 1780 · 23/24 + 700 = 3088.17.
func TestDailyEnergy(t *testing.T) {
	if r, err := DailyEnergy(1780, 1, 700); err != nil || math.Abs(r.Value-3088.17) > .01 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := DailyEnergy(1780, 25, 700); err == nil {
		t.Errorf("a day of 25 hours: %v", r.Value)
	}
	if r, err := DailyEnergyByLevel(1780, ModeratelyActive); err != nil || math.Abs(r.Value-2759) > .01 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := DailyEnergyByLevel(1780, "lazy"); err == nil {
		t.Error("an unknown level has a value")
	}
}

func TestNutrientRanges(t *testing.T) {
	for hours, want := range map[float64]float64{0: 3, 0.49: 3, 0.5: 5, 1: 5, 1.25: 6, 3: 6, 3.5: 8, 6: 8} {
		if low, high := CarbohydratePerKg(hours); low != want || high <= low {
			t.Errorf("%v h: %v to %v", hours, low, high)
		}
	}
	for hours, want := range map[float64]float64{0.9: 0, 1: 60, 2.4: 60, 2.5: 90} {
		if _, high := CarbohydrateDuring(hours); high != want {
			t.Errorf("%v h: %v", hours, high)
		}
	}
	for _, g := range NutritionGoals() {
		low, high, m := g.ProteinPerKg()
		if low < 1.4 || high > 2.7 || high <= low || m.Source() == "" {
			t.Errorf("%s: %v to %v, %s", g, low, high, m)
		}
	}
	if LoseWeight.EnergyChange() != -400 || GainMuscle.EnergyChange() != 420 || MaintainWeight.EnergyChange() != 0 {
		t.Error("the changes are others")
	}
}

func TestSplitEnergy(t *testing.T) {
	s, err := SplitEnergy(20, 50, 10, 0)
	if err != nil || s.Kcal != 370 || math.Abs(s.Protein-21.6) > 0.05 || math.Abs(s.Carbohydrate-54.1) > 0.05 || math.Abs(s.Fat-24.3) > 0.05 || s.Alcohol != 0 {
		t.Errorf("it is %+v, %v", s, err)
	}
	if s, err := SplitEnergy(0, 0, 0, 10); err != nil || s.Kcal != 70 || s.Alcohol != 100 {
		t.Errorf("of alcohol it is %+v, %v", s, err)
	}
	for _, v := range []float64{0, -1, math.NaN()} {
		if s, err := SplitEnergy(v, v, v, v); err == nil {
			t.Errorf("of %v each it is %+v", v, s)
		}
	}
}
