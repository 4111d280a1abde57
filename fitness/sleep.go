package fitness

import "gonum.org/v1/gonum/stat"

// A Night is what is known of a night's sleep. What was not measured is nil.
type Night struct {
	Hours      float64  // asleep
	Efficiency *float64 // % of the time in bed
	Latency    *float64 // min to fall asleep
	Awake      *float64 // min awake after falling asleep
	Awakenings *float64
	Deep, REM  *float64 // % of the time asleep
}

// A Part is one of the scores that a sum is made of.
type Part struct {
	Name   string
	Value  float64 // that was measured, in the unit of the part
	Score  float64 // 0 to 100
	Weight float64
	Rule   string // what is good, and who says so
}

// A Score is the weighted mean of parts, which are all that it is made of.
type Score struct {
	Value    float64 // 0 to 100
	Coverage float64 // share (0, 1] of the weights that had a value
	Parts    []Part
}

// sum makes a score of the parts that there are, of so much weight if all were there.
func sum(parts []Part, whole float64) (Score, error) {
	points, weights := 0.0, 0.0
	for _, p := range parts {
		points, weights = points+p.Weight*p.Score, weights+p.Weight
	}
	if weights == 0 {
		return Score{}, unavailable("nothing was measured")
	}
	return Score{points / weights, weights / whole, parts}, nil
}

// line is 0 at the value none and 100 at the value all, straight between them.
func line(v, none, all float64) float64 { return 100 * max(0, min(1, (v-none)/(all-none))) }

// SleepHours returns how long people of an age should sleep (National Sleep Foundation, Hirshkowitz et al. 2015). Age 0 stands for an adult whose age is not known.
func SleepHours(age float64) SleepNeed {
	switch {
	case age == 0:
		return SleepNeed{7, 9, 6, 10}
	case age < 18:
		return SleepNeed{8, 10, 7, 11}
	case age < 26:
		return SleepNeed{7, 9, 6, 11}
	case age < 65:
		return SleepNeed{7, 9, 6, 10}
	default:
		return SleepNeed{7, 8, 5, 9}
	}
}

// A SleepNeed is how many hours of sleep are recommended, and how few and many may still be appropriate.
type SleepNeed struct{ Low, High, Shortest, Longest float64 }

// SleepQuality scores a night for an age by what the consensus panels of the National Sleep Foundation call good; see
// [MethodSleepQuality]. Stages weigh little: there is no consensus on them, and wearables tell them roughly.
func SleepQuality(n Night, age float64) (Score, error) {
	if !(n.Hours > 0 && n.Hours <= 24) {
		return Score{}, unavailable("the time asleep is not known")
	}
	parts := []Part{{"duration_hours", n.Hours, durationScore(n.Hours, age), 40, "hours that are recommended for the age (Hirshkowitz et al. 2015); at least 7 of adults (Watson et al. 2015)"}}
	const whole = 40 + 20 + 10 + 10 + 10 + 5 + 5
	for _, p := range []struct {
		value       *float64
		none, all   float64
		weight      float64
		name, words string
	}{
		{n.Efficiency, 65, 85, 20, "efficiency_percent", "85 % and more is good (Ohayon et al. 2017)"},
		{n.Latency, 60, 15, 10, "latency_minutes", "15 minutes and less is good, up to 30 acceptable (Ohayon et al. 2017)"},
		{n.Awake, 60, 20, 10, "awake_minutes", "20 minutes and less is good (Ohayon et al. 2017)"},
		{n.Awakenings, 5, 1, 10, "awakenings", "one of more than 5 minutes, or none, is good (Ohayon et al. 2017); sources count shorter ones too"},
		{n.Deep, 5, 16, 5, "deep_percent", "16 to 20 % is indicative only: no consensus, and wearables tell stages roughly (Ohayon et al. 2017)"},
		{n.REM, 10, 21, 5, "rem_percent", "21 to 30 % is indicative only, likewise"},
	} {
		if p.value != nil && finite(*p.value) {
			parts = append(parts, Part{p.name, *p.value, line(*p.value, p.none, p.all), p.weight, p.words})
		}
	}
	return sum(parts, whole)
}

// durationScore is 100 in the recommended hours, 50 where they may still be appropriate, and goes on straight.
func durationScore(hours, age float64) float64 {
	need := SleepHours(age)
	switch {
	case hours < need.Low:
		return max(0, 100-50*(need.Low-hours)/(need.Low-need.Shortest))
	case hours > need.High:
		return max(0, 100-50*(hours-need.High)/(need.Longest-need.High))
	}
	return 100
}

// Signs are what tells of recovery. What is not known is nil.
type Signs struct {
	HRV     *float64 // SDs of the week's mean of ln rMSSD, or SDNN, from the baseline
	Resting *float64 // SDs of the week's mean of the resting heart rate from the baseline
	Sleep   *float64 // score of the last night
	Form    *float64 // TSB
	Felt    *float64 // 0 (worst) to 100, as the athlete says
}

// Recovery adds signs up; see [MethodRecovery]. Form alone is no recovery: it needs one of the others.
func Recovery(s Signs) (Score, error) {
	var parts []Part
	add := func(v *float64, none, all float64, p Part) {
		if v != nil && finite(*v) {
			p.Value, p.Score = *v, line(*v, none, all)
			parts = append(parts, p)
		}
	}
	add(s.HRV, -2.5, -UsualHRV, Part{Name: "hrv", Weight: 30, Rule: "SDs of the 7-day mean from the baseline: from -0.5 on usual (Plews et al. 2012, 2013)"})
	add(s.Resting, 3, UsualOther, Part{Name: "resting_heart_rate", Weight: 20, Rule: "SDs of the 7-day mean from the baseline: up to 1 usual"})
	add(s.Sleep, 0, 100, Part{Name: "sleep", Weight: 25, Rule: "score of the last night"})
	add(s.Felt, 0, 100, Part{Name: "felt", Weight: 10, Rule: "as the athlete said of fatigue, soreness, stress, mood and feel"})
	if len(parts) == 0 {
		return Score{}, unavailable("neither HRV nor resting heart rate nor sleep nor how the athlete feels is known of these days")
	}
	add(s.Form, -40, -10, Part{Name: "form", Weight: 15, Rule: "TSB: from -10 on fresh enough, below -30 very tired (coaches' rule)"})
	return sum(parts, 100)
}

// Regularity is the standard deviation, in hours, of the middles of nights, which are given in hours after midnight. It
// needs five.
func Regularity(middles []float64) (Result, error) {
	if len(middles) < 5 {
		return Result{}, unavailable("%d nights have a bedtime and a time of waking up, and 5 are needed", len(middles))
	}
	return result(stat.StdDev(middles, nil), MethodRegularity, 0)
}
