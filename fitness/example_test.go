//go:build !race

package fitness_test

import (
	"fmt"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
)

// hour is an hour at one value, sampled every second.
func hour(value float64) (t, x []float64) {
	for i := range 3600 {
		t, x = append(t, float64(i)), append(x, value)
	}
	return t, x
}

// Load from heart rate: an hour at 150 bpm, for an athlete whose threshold is at 170.
func ExampleHeartRate_Banister() {
	hr, err := fitness.NewHeartRate(hour(150))
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	limits := fitness.HeartRateRange{RestBPM: 50, MaxBPM: 190}
	trimp, err := hr.Banister(limits, fitness.Male)
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	score, err := fitness.HRTSS(trimp, 170, limits, fitness.Male)
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	fmt.Printf("TRIMP %.1f, stress score %.1f\n%s\n", trimp.Value, score.Value, trimp.Method)
	// Output:
	// TRIMP 108.1, stress score 63.3
	// Banister TRIMP (Banister 1991; Morton, Fitz-Clarke & Banister 1990)
}

// Load from power: an hour at 200 W with an FTP of 250 W.
func ExampleTSS() {
	power, err := fitness.NewPower(hour(200))
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	np, err := power.Normalized()
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	tss, err := fitness.TSS(power.Seconds(), np, 250)
	fmt.Printf("%.0f W, TSS %.0f, %v\n", np.Value, tss.Value, err)
	// Output: 200 W, TSS 64, <nil>
}

// What cannot be computed comes with the reason, never as 0.
func ExampleUnavailableError() {
	_, err := fitness.NewHeartRate([]float64{0, 1, 2}, nil)
	fmt.Println("not available because", err)
	// Output: not available because no heart rate was recorded
}

// A race time by the VDOT of another race.
func ExampleRaceTime() {
	vdot, err := fitness.VDOT(5000, 20*60)
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	marathon, err := fitness.RaceTime(vdot.Value, fitness.Marathon)
	fmt.Printf("VDOT %.1f, marathon in %s, %v\n", vdot.Value, fitness.Clock(marathon.Value), err)
	// Output: VDOT 49.8, marathon in 3:11:17, <nil>
}

// Fitness, fatigue and form after six weeks with a load of 100 a day.
func ExampleFormByDay() {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var loads []fitness.DayLoad
	for i := range 42 {
		loads = append(loads, fitness.DayLoad{Day: day.AddDate(0, 0, i), Load: 100})
	}
	daily, err := fitness.DailyLoads(loads, day, day.AddDate(0, 0, 41))
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	form, err := fitness.FormByDay(daily, fitness.Form{})
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	last := form[len(form)-1]
	fmt.Printf("fitness %.1f, fatigue %.1f, form %.1f\n", last.Fitness, last.Fatigue, last.Balance)
	// Output: fitness 63.2, fatigue 99.8, form -37.4
}

// Critical power from three efforts that were all out.
func ExampleFitCriticalPower() {
	cp, err := fitness.FitCriticalPower([]fitness.Effort{{Seconds: 180, Watts: 400}, {Seconds: 420, Watts: 330}, {Seconds: 900, Watts: 300}})
	fmt.Printf("%.0f W and %.1f kJ, %v\n", cp.Watts, cp.WPrimeJ/1000, err)
	// Output: 275 W and 22.8 kJ, <nil>
}

// The fastest kilometre of a run whose second half is faster.
func ExampleBestEfforts() {
	var t, meters []float64
	for i := range 1200 {
		t, meters = append(t, float64(i)), append(meters, math.Min(3*float64(i), 1800)+4*math.Max(float64(i)-600, 0))
	}
	efforts, err := fitness.BestEfforts(t, meters, []float64{1000})
	if err != nil {
		fmt.Println("not available because", err)
		return
	}
	fmt.Printf("%.0f m in %s from %.0f s on\n", efforts[0].Meters, fitness.Clock(efforts[0].Seconds), efforts[0].StartSeconds)
	// Output: 1000 m in 4:10 from 600 s on
}

// Steady output with a rising heart rate.
func ExampleDecoupling() {
	t, watts := hour(200)
	bpm := make([]float64, len(t))
	for i := range bpm {
		bpm[i] = 140 + 10*t[i]/3600
	}
	r, err := fitness.Decoupling(t, watts, bpm)
	fmt.Printf("%.1f %%, %v\n", r.Value, err)
	// Output: 2.8 %, <nil>
}
