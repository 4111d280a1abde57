package pierre

import (
	"math"
	"time"
)

// A WellnessKind says what a value of a day is. Each kind has one unit, in which all sources' values are kept.
type WellnessKind string

// The kinds.
const (
	WellnessRestingHeartRate WellnessKind = "resting_heart_rate" // bpm
	WellnessHRV              WellnessKind = "hrv_rmssd"          // ms; root mean square of successive differences, overnight or in the morning
	WellnessHRVSDNN          WellnessKind = "hrv_sdnn"           // ms; another quantity than rMSSD, never mixed with it
	WellnessSleep            WellnessKind = "sleep"              // s asleep in the night that ends on the day, naps left out where they are told apart
	WellnessInBed            WellnessKind = "in_bed"             // s
	WellnessDeepSleep        WellnessKind = "sleep_deep"         // s
	WellnessREMSleep         WellnessKind = "sleep_rem"          // s
	WellnessLightSleep       WellnessKind = "sleep_light"        // s
	WellnessAwake            WellnessKind = "sleep_awake"        // s awake between the first sleep and the last
	WellnessSleepEfficiency  WellnessKind = "sleep_efficiency"   // % of the time in bed, as the source computes it
	WellnessSleepLatency     WellnessKind = "sleep_latency"      // s from bedtime to sleep
	WellnessBedtime          WellnessKind = "bedtime"            // s after the midnight that begins the day, on the athlete's clock; before it negative
	WellnessWakeTime         WellnessKind = "wake_time"          // s after that midnight
	WellnessAwakenings       WellnessKind = "awakenings"         // number
	WellnessSleepScore       WellnessKind = "sleep_score"        // 0 to 100, by the source's own rule; not comparable between sources
	WellnessReadiness        WellnessKind = "readiness_score"    // 0 to 100, by the source's own rule: readiness, recovery
	WellnessRespiration      WellnessKind = "respiratory_rate"   // breaths a minute, asleep
	WellnessOxygen           WellnessKind = "oxygen_saturation"  // %
	WellnessSkinTemperature  WellnessKind = "skin_temperature"   // °C
	WellnessTemperatureShift WellnessKind = "temperature_shift"  // °C from the athlete's own mean
	WellnessWeight           WellnessKind = "weight"             // kg
	WellnessBodyFat          WellnessKind = "body_fat"           // %
	WellnessSteps            WellnessKind = "steps"              // number
	WellnessActiveEnergy     WellnessKind = "active_energy"      // kcal beyond rest
	WellnessVO2Max           WellnessKind = "vo2max"             // ml/kg/min, as the source estimates it
	WellnessSystolic         WellnessKind = "systolic_pressure"  // mmHg
	WellnessDiastolic        WellnessKind = "diastolic_pressure" // mmHg
	WellnessFeel             WellnessKind = "feel"               // 1 (best) to 5, as the athlete says
	WellnessStress           WellnessKind = "stress_level"       // 1 (low) to 4, as the athlete says
	WellnessFatigue          WellnessKind = "fatigue"            // 1 (low) to 4, as the athlete says
	WellnessSoreness         WellnessKind = "soreness"           // 1 (low) to 4, as the athlete says
	WellnessMood             WellnessKind = "mood"               // 1 (best) to 4, as the athlete says
	WellnessHydration        WellnessKind = "hydration"          // l drunk
	WellnessEaten            WellnessKind = "energy_eaten"       // kcal
)

// A WellnessRange is the unit of a kind's values and what they can be; others are mistakes of a source.
type WellnessRange struct {
	Kind     WellnessKind
	Unit     string // "": a number of things, or a point of a scale
	Min, Max float64
}

// WellnessKinds lists the kinds, with the range of their values.
func WellnessKinds() []WellnessRange {
	const day = 24 * 3600
	return []WellnessRange{
		{WellnessRestingHeartRate, "bpm", 20, 150},
		{WellnessHRV, "ms", 1, 400},
		{WellnessHRVSDNN, "ms", 1, 500},
		{WellnessSleep, "s", 1, day},
		{WellnessInBed, "s", 1, day},
		{WellnessDeepSleep, "s", 0, day},
		{WellnessREMSleep, "s", 0, day},
		{WellnessLightSleep, "s", 0, day},
		{WellnessAwake, "s", 0, day},
		{WellnessSleepEfficiency, "%", 1, 100},
		{WellnessSleepLatency, "s", 0, day},
		{WellnessBedtime, "s", -day, day},
		{WellnessWakeTime, "s", -day, 2 * day},
		{WellnessAwakenings, "", 0, 200},
		{WellnessSleepScore, "", 1, 100},
		{WellnessReadiness, "", 1, 100},
		{WellnessRespiration, "/min", 4, 60},
		{WellnessOxygen, "%", 50, 100},
		{WellnessSkinTemperature, "°C", 20, 45},
		{WellnessTemperatureShift, "°C", -10, 10},
		{WellnessWeight, "kg", 20, 400},
		{WellnessBodyFat, "%", 1, 75},
		{WellnessSteps, "", 0, 200_000},
		{WellnessActiveEnergy, "kcal", 0, 30_000},
		{WellnessVO2Max, "ml/kg/min", 10, 100},
		{WellnessSystolic, "mmHg", 50, 300},
		{WellnessDiastolic, "mmHg", 20, 200},
		{WellnessFeel, "", 1, 5},
		{WellnessStress, "", 1, 4},
		{WellnessFatigue, "", 1, 4},
		{WellnessSoreness, "", 1, 4},
		{WellnessMood, "", 1, 4},
		{WellnessHydration, "l", 0.01, 20},
		{WellnessEaten, "kcal", 1, 30_000},
	}
}

// RangeOf returns the range of a kind's values, and whether there is such a kind.
func RangeOf(k WellnessKind) (WellnessRange, bool) {
	for _, r := range WellnessKinds() {
		if r.Kind == k {
			return r, true
		}
	}
	return WellnessRange{}, false
}

// Holds reports whether a value can be one of the kind.
func (r WellnessRange) Holds(v float64) bool { return !math.IsNaN(v) && v >= r.Min && v <= r.Max }

// A Wellness is one value of one day from one source. There is at most one for a day, a kind and a source: a later one takes
// its place. Two sources' values stay beside each other; they are never added up.
type Wellness struct {
	Day    time.Time // midnight UTC of the day on the athlete's calendar; of a night, the day of waking up
	Kind   WellnessKind
	Source Provider // where it comes from
	Value  float64  // in the kind's unit, within its range
}

// Unit returns the unit of the value.
func (w Wellness) Unit() string {
	r, _ := RangeOf(w.Kind)
	return r.Unit
}

// A WellnessQuery selects values. The zero value selects all.
type WellnessQuery struct {
	Kinds       []WellnessKind // empty: all
	Sources     []Provider     // empty: all
	First, Last time.Time      // the first day and the last, both of them included; zero: without an end
}
