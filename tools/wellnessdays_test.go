package tools_test

import (
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// wellnessDays is how many days of the sample athlete a watch says something of, up to the tests' today.
const wellnessDays = 120

// addWellness gives the sample athlete nights and mornings: a watch that is worn on nine days of ten, a scale, and a phone that
// counts steps too. HRV falls after Mondays and Wednesdays, the days of training, and has fallen in the last week; the resting
// heart rate has risen.
func addWellness(t testing.TB, s *store.Store, user pierre.UserID) {
	t.Helper()
	today := now().Truncate(24 * time.Hour)
	var values []pierre.Wellness
	for ago := range wellnessDays {
		day := today.AddDate(0, 0, -ago)
		add := func(source pierre.Provider, kind pierre.WellnessKind, v float64) {
			values = append(values, pierre.Wellness{Day: day, Kind: kind, Source: source, Value: v})
		}
		wave, slow := math.Sin(2.4*float64(ago)), math.Sin(float64(ago)/9)
		add(pierre.ProviderAppleHealth, pierre.WellnessSteps, math.Round(9000+2500*wave))
		if ago%7 == 0 {
			add(pierre.ProviderGarmin, pierre.WellnessVO2Max, 48-float64(ago/28))
		}
		if ago%3 == 0 {
			add(pierre.ProviderGarmin, pierre.WellnessWeight, math.Round(10*(62.4+float64(ago)/80+0.3*slow))/10)
		}
		if ago%10 == 4 {
			continue // the watch was on its charger
		}
		hrv, rest, asleep := 58+5*wave+2*slow, 47+1.5*slow-wave, 7.4+0.5*wave+0.2*slow
		if day.Weekday() == time.Tuesday || day.Weekday() == time.Thursday {
			hrv, rest, asleep = hrv-9, rest+2, asleep-0.3
		}
		if ago < 7 {
			hrv, rest, asleep = hrv-10, rest+4, asleep-0.6
		}
		addNight(add, asleep, wave)
		add(pierre.ProviderGarmin, pierre.WellnessHRV, math.Round(hrv))
		add(pierre.ProviderGarmin, pierre.WellnessRestingHeartRate, math.Round(rest))
		add(pierre.ProviderGarmin, pierre.WellnessSteps, math.Round(8200+2500*wave))
	}
	if _, err := s.KeepWellness(t.Context(), user, now(), values); err != nil {
		t.Fatal(err)
	}
}

// addNight adds a night of so many hours asleep. wave is from −1 to 1.
func addNight(add func(pierre.Provider, pierre.WellnessKind, float64), asleep, wave float64) {
	awake, wakes := 0.35+0.2*wave, 6.6+0.3*wave // h, h after midnight
	for kind, hours := range map[pierre.WellnessKind]float64{
		pierre.WellnessSleep: asleep, pierre.WellnessAwake: awake, pierre.WellnessDeepSleep: 0.18 * asleep, pierre.WellnessREMSleep: 0.23 * asleep,
		pierre.WellnessLightSleep: 0.59 * asleep, pierre.WellnessBedtime: wakes - asleep - awake, pierre.WellnessWakeTime: wakes,
	} {
		add(pierre.ProviderGarmin, kind, math.Round(60*hours)*60)
	}
	add(pierre.ProviderGarmin, pierre.WellnessAwakenings, math.Round(1+wave))
}
