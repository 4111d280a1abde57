package demoathlete

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// HealthFile is the name of the archive with the values of days, in the folder; the app that sends a phone's health data writes such
// documents.
const HealthFile = "health_auto_export.zip"

const healthDocument = "HealthAutoExport.json"

// A Day is what a file holds of a day: sleep of the night that ends on it. A kind that was not measured is missing.
type Day struct {
	Date   string                          `json:"date"`
	Values map[pierre.WellnessKind]float64 `json:"values"`
}

// A body is how the athlete is in the course of the year. What wanders slowly keeps some of it from day to day.
type body struct {
	rng   *rand.Rand
	pulse noise // bpm
	vary  noise // of the logarithm of the heart rate variability
	mass  noise // kg
}

// effort is what a day's activities ask of the body, as far as days tell: a session of an hour at threshold is 1.
type effort struct {
	load  float64
	steps float64
	kcal  float64
	ran   bool
}

// efforts adds up the activities by days.
func efforts(outings []outing, rendered []rendering) map[int]effort {
	by := map[int]effort{}
	for i, o := range outings {
		e, whole := by[o.day], rendered[i].whole
		intensity := 0.6
		if hr := whole.AverageHeartRateBPM; hr != nil {
			intensity = (*hr - restingHR) / (thresholdHR - restingHR)
		}
		if d := whole.DurationSeconds; d != nil {
			e.load += intensity * intensity * *d / 3600
		}
		if kcal := whole.CaloriesKcal; kcal != nil {
			e.kcal += *kcal
		}
		const meters = 0.95 // of a step
		switch d := o.legs[len(o.legs)-1].discipline; {
		case whole.DistanceMeters == nil:
		case d == running, d == hiking:
			e.steps += *whole.DistanceMeters / meters
			e.ran = e.ran || d == running
		}
		by[o.day] = e
	}
	return by
}

// days returns the year's days, and the night after the last one.
func days(opts Options, by map[int]effort) []Day {
	first := opts.Until.AddDate(0, 0, -daysInYear)
	b := body{
		rng:   rand.New(rand.NewPCG(opts.Seed, 0xda15)), //nolint:gosec // reproducible days, not a secret
		pulse: noise{spread: 1.1, memory: 0.6}, vary: noise{spread: 0.09, memory: 0.5}, mass: noise{spread: 0.35, memory: 0.8},
	}
	all := make([]Day, 0, daysInYear+1)
	for day := range daysInYear + 1 {
		date := first.AddDate(0, 0, day)
		d := Day{date.Format(time.DateOnly), map[pierre.WellnessKind]float64{}}
		b.night(d.Values, day, date.Weekday(), by[day-1])
		if day < daysInYear {
			b.waking(d.Values, day, date.Weekday(), by[day])
		}
		all = append(all, d)
	}
	return all
}

// ill is how ill the athlete is on a day, from 0 to 1.
func ill(day int) float64 {
	if day < illnessStart-1 || day >= illnessEnd {
		return 0
	}
	return 1 - 0.8*float64(day-illnessStart+1)/(illnessEnd-illnessStart+1)
}

func onHoliday(day int) bool { return day > holidayStart && day <= holidayEnd }

// night adds the values of the night that ends on the day. The watch is not worn in one of 25.
func (b *body) night(v map[pierre.WellnessKind]float64, day int, weekday time.Weekday, before effort) {
	strain, illness := min(before.load, 2), ill(day)
	rest := restingHR + 1.5*(1-float64(formOn(min(day, daysInYear-1)).ftp)/265)*20 + b.pulse.next(b.rng) + 1.8*strain + 9*illness
	hrv := 64 * math.Exp(b.vary.next(b.rng)-0.13*strain-0.35*illness)
	bed, wake := -75+b.minutes(22), 400+b.minutes(12) // 22:45, 6:40
	if weekday == time.Saturday || weekday == time.Sunday {
		bed, wake = bed+50, wake+65
	}
	if onHoliday(day) {
		bed, wake = bed+40, wake+75
	}
	bed, wake = bed-20*illness, wake+50*illness
	asleep := (wake - bed) * (0.915 - 0.02*strain - 0.05*illness + 0.018*b.rng.NormFloat64())
	deep, rem := asleep*(0.17+0.015*strain+0.02*b.rng.NormFloat64()), asleep*(0.22+0.02*b.rng.NormFloat64())
	if worn := b.rng.IntN(25) > 0; !worn {
		return
	}
	seconds := func(minutes float64) float64 { return math.Round(minutes) * 60 }
	v[pierre.WellnessRestingHeartRate] = math.Round(rest)
	v[pierre.WellnessHRVSDNN] = tenth(hrv)
	v[pierre.WellnessRespiration] = tenth(13.8 + 0.25*b.rng.NormFloat64() + 1.8*illness)
	v[pierre.WellnessBedtime], v[pierre.WellnessWakeTime] = seconds(bed), seconds(wake)
	v[pierre.WellnessInBed] = seconds(wake) - seconds(bed)
	v[pierre.WellnessDeepSleep], v[pierre.WellnessREMSleep], v[pierre.WellnessLightSleep] = seconds(deep), seconds(rem), seconds(asleep-deep-rem)
	v[pierre.WellnessSleep] = v[pierre.WellnessDeepSleep] + v[pierre.WellnessREMSleep] + v[pierre.WellnessLightSleep]
	v[pierre.WellnessAwake] = min(seconds(asleep*0.05), v[pierre.WellnessInBed]-v[pierre.WellnessSleep])
}

func (b *body) minutes(spread float64) float64 { return spread * b.rng.NormFloat64() }

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// waking adds what is counted and weighed by day: on Mondays, Wednesdays and Saturdays.
func (b *body) waking(v map[pierre.WellnessKind]float64, day int, weekday time.Weekday, e effort) {
	walked := 6300 + 1500*b.rng.NormFloat64()
	if weekday == time.Saturday || weekday == time.Sunday || onHoliday(day) {
		walked += 1800
	}
	walked = max(walked*(1-0.7*ill(day)), 900)
	v[pierre.WellnessSteps] = math.Round(walked + e.steps)
	v[pierre.WellnessActiveEnergy] = math.Round(walked*0.045 + 90 + e.kcal)
	kg := weightKg + 0.9 - 0.9*min(1, float64(day)/raceDay) + b.mass.next(b.rng)
	if onHoliday(day) {
		kg += 0.5
	}
	weighs := weekday == time.Monday || weekday == time.Wednesday || weekday == time.Saturday
	if weighs && !onHoliday(day) { // the scale is at home
		v[pierre.WellnessWeight] = tenth(kg)
	}
	if e.ran {
		// ACSM's equation for running.
		const share = 0.88 // of the speed at the maximum oxygen uptake, which can be held for an hour
		v[pierre.WellnessVO2Max] = tenth(3.5 + 0.2*60*formOn(day).run/share + 0.4*b.rng.NormFloat64())
	}
}

// healthFile writes the days as the app does that sends Apple Health's data.
func healthFile(opts Options, all []Day) (file, error) {
	type list = []map[string]any
	metric := func(name, units string, data list) map[string]any {
		return map[string]any{"name": name, "units": units, "data": data}
	}
	var metrics []map[string]any
	for _, m := range []struct {
		kind        pierre.WellnessKind
		name, units string
	}{
		{pierre.WellnessRestingHeartRate, "resting_heart_rate", "count/min"},
		{pierre.WellnessHRVSDNN, "heart_rate_variability", "ms"},
		{pierre.WellnessRespiration, "respiratory_rate", "count/min"},
		{pierre.WellnessWeight, "weight_body_mass", "kg"},
		{pierre.WellnessSteps, "step_count", "count"},
		{pierre.WellnessActiveEnergy, "active_energy", "kcal"},
		{pierre.WellnessVO2Max, "vo2_max", "ml/(kg·min)"},
	} {
		data := list{}
		for i, d := range all {
			if v, ok := d.Values[m.kind]; ok {
				data = append(data, map[string]any{"date": clock(opts, i, 0), "qty": v, "source": newWatch})
			}
		}
		metrics = append(metrics, metric(m.name, m.units, data))
	}
	nights := list{}
	for i, d := range all {
		if _, ok := d.Values[pierre.WellnessSleep]; !ok {
			continue
		}
		hours := func(kind pierre.WellnessKind) float64 { return d.Values[kind] / 3600 }
		bed, wake := clock(opts, i, d.Values[pierre.WellnessBedtime]), clock(opts, i, d.Values[pierre.WellnessWakeTime])
		nights = append(nights, map[string]any{
			"date": clock(opts, i, 0), "source": newWatch, "totalSleep": hours(pierre.WellnessSleep), "core": hours(pierre.WellnessLightSleep),
			"deep": hours(pierre.WellnessDeepSleep), "rem": hours(pierre.WellnessREMSleep), "awake": hours(pierre.WellnessAwake),
			"inBed": hours(pierre.WellnessInBed), "inBedStart": bed, "inBedEnd": wake, "sleepStart": bed, "sleepEnd": wake,
		})
	}
	metrics = append(metrics, metric("sleep_analysis", "hr", nights))
	text, err := json.Marshal(map[string]any{"data": map[string]any{"metrics": metrics, "workouts": list{}}})
	if err != nil {
		return file{}, err
	}
	data, err := zipped([]file{{healthDocument, text}})
	return file{HealthFile, data}, err
}

// clock writes a time, in seconds after the midnight that begins a day of the year, on the athlete's clock.
func clock(opts Options, day int, seconds float64) string {
	at := opts.Until.AddDate(0, 0, day-daysInYear).Add(time.Duration(seconds) * time.Second)
	return fmt.Sprintf("%s %+03d00", at.Format(time.DateTime), int(utcOffset.Hours()))
}
