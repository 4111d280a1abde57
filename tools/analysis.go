package tools

import (
	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An analysis is one activity and its athlete, prepared for the metrics.
type analysis struct {
	rec    pierre.Recording
	ath    athlete
	digest digest

	heart     fitness.HeartRate
	heartErr  error
	power     fitness.Power
	powerErr  error
	graded    fitness.GradedRun
	gradedErr error

	fitted   criticalPower // to the recent history
	critical criticalPower // the athlete's own, or else fitted

	threshold thresholdSpeed // by the recent history
}

func analyze(rec pierre.Recording, ath athlete) *analysis {
	a := &analysis{rec: rec, ath: ath, digest: newDigest(rec)}
	s := rec.Series
	a.heart, a.heartErr = fitness.NewHeartRate(s.Time, s.HeartRate)
	a.power, a.powerErr = fitness.NewPower(s.Time, s.Power)
	if onFoot(rec.Sport) {
		a.graded, a.gradedErr = fitness.NewGradedRun(s.Time, distances(s), s.Altitude)
	} else {
		a.gradedErr = &fitness.UnavailableError{Reason: "grade adjustment is for running and walking"}
	}
	return a
}

func onFoot(s pierre.Sport) bool {
	return s.IsRun() || s == pierre.SportWalk || s == pierre.SportHike
}

// A metric is a quantity that calculate_metrics offers.
type metric struct {
	name    string // in the argument metrics
	key     string // in answers, with the unit
	doc     string
	compute func(*analysis) value
}

// metrics lists the scalar metrics, the most asked for first.
func metrics() []metric {
	return []metric{
		{"trimp", "trimp", "Banister's training impulse", (*analysis).trimp},
		{"edwards_trimp", "edwards_trimp", "minutes in five heart rate zones times 1 to 5", (*analysis).edwards},
		{"hrss", "heart_rate_stress_score", "load by heart rate, 100 for an hour at threshold", (*analysis).heartScore},
		{"tss", "training_stress_score", "load by power (rides), 100 for an hour at threshold", (*analysis).powerScore},
		{"normalized_power", "normalized_power_watts", "", (*analysis).normalizedPower},
		{"intensity_factor", "intensity_factor", "normalized power over threshold power", (*analysis).intensity},
		{"variability_index", "variability_index", "normalized over mean power", (*analysis).variability},
		{"work", "work_kilojoules", "", (*analysis).work},
		{"power_to_weight", "power_to_weight_watts_per_kg", "normalized power over body weight", (*analysis).powerToWeight},
		{"efficiency", "efficiency_watts_per_bpm", "rides: normalized power over mean heart rate", (*analysis).powerEfficiency},
		{"efficiency", "efficiency_meters_per_beat", "on foot: grade-adjusted speed over mean heart rate", (*analysis).speedEfficiency},
		{"decoupling", "decoupling_percent", "fall of output per heart beat from the first to the second half of a steady effort", (*analysis).decoupling},
		{"heart_rate_drift", "heart_rate_drift_percent", "rise of heart rate between the halves of a steady effort", (*analysis).drift},
		{"grade_adjusted_speed", "grade_adjusted_speed_mps", "speed on the level of the same cost", (*analysis).gradedSpeed},
		{"vdot", "vdot_ml_per_kg_min", "performance VO2max of the activity's best stretch (runs)", (*analysis).vdot},
		{"moving_time", "moving_time_seconds", "by speed, whatever the device's timer said", (*analysis).movingTime},
		{"energy", "energy_kcal", "by heart rate", (*analysis).energy},
		{"running_stress_score", "running_stress_score", "load by grade-adjusted speed (runs), 100 for an hour at threshold", (*analysis).runningStress},
		{"critical_power", "critical_power_watts", "power (and W′, the work above it) that could be held long, fitted to the best 2 to 20 minutes of the 90 days of rides up to this one", (*analysis).criticalPower},
		{"critical_power", "w_prime_kilojoules", "", (*analysis).wPrime},
		{"w_prime_balance", "w_prime_balance_lowest_kilojoules", "the least of W′ that was left in a ride", (*analysis).wBalance},
		{"w_prime_balance", "w_prime_balance_lowest_percent", "", (*analysis).wBalancePercent},
	}
}

func metricNames() []string {
	var names []string
	for _, m := range metrics() {
		if len(names) == 0 || names[len(names)-1] != m.name {
			names = append(names, m.name)
		}
	}
	return append(names, curveMaxPower, curveBestEfforts, zonesHeartRate, zonesPower)
}

func (a *analysis) trimp() value {
	l, err := a.ath.trimp(a.rec.Activity, a.digest)
	return computed(l.result, err, 1, l.inputs...)
}

func (a *analysis) edwards() value {
	if a.heartErr != nil || !a.ath.maxHR.known {
		return unavailable(firstOf(a.heartErr, a.ath.maxHR.err()))
	}
	r, err := a.heart.Edwards(a.ath.maxHR.value)
	return computed(r, err, 1, samplesInput("heart_rate_bpm"), a.ath.maxHR.input())
}

func (a *analysis) heartScore() value {
	l, err := a.ath.heartLoad(a.rec.Activity, a.digest)
	return computed(l.result, err, 1, l.inputs...)
}

func (a *analysis) powerScore() value {
	l, err := a.ath.powerLoad(a.rec.Activity, a.digest)
	return computed(l.result, err, 1, l.inputs...)
}

func (a *analysis) normalizedPower() value {
	np, _, err := normalizedPower(a.rec.Activity, a.digest)
	return computed(np, err, 1, samplesInput("power_watts"))
}

func (a *analysis) intensity() value {
	np, _, err := normalizedPower(a.rec.Activity, a.digest)
	if err = firstOf(err, a.cyclingOnly(), a.ath.ftp.err()); err != nil {
		return unavailable(err)
	}
	r, err := fitness.Intensity(np, a.ath.ftp.value)
	return computed(r, err, 3, samplesInput("power_watts"), a.ath.ftp.input())
}

func (a *analysis) cyclingOnly() error {
	if a.rec.Sport.IsRide() {
		return nil
	}
	return &fitness.UnavailableError{Reason: "the threshold power is that of cycling"}
}

func (a *analysis) variability() value {
	if a.powerErr != nil {
		return unavailable(a.powerErr)
	}
	r, err := a.power.Variability()
	return computed(r, err, 3, samplesInput("power_watts"))
}

func (a *analysis) work() value {
	if a.powerErr != nil {
		return unavailable(a.powerErr)
	}
	r, err := a.power.Work()
	return computed(r, err, 0, samplesInput("power_watts"))
}

const methodPowerToWeight fitness.Method = "normalized power over body weight (arithmetic)"

func (a *analysis) powerToWeight() value {
	np, _, err := normalizedPower(a.rec.Activity, a.digest)
	if err = firstOf(err, a.ath.weight.err()); err != nil {
		return unavailable(err)
	}
	np.Value, np.Method = np.Value/a.ath.weight.value, methodPowerToWeight
	return computed(np, nil, 2, samplesInput("power_watts"), a.ath.weight.input())
}

func (a *analysis) powerEfficiency() value {
	np, _, err := normalizedPower(a.rec.Activity, a.digest)
	if err = firstOf(err, a.heartErr); err != nil {
		return unavailable(err)
	}
	hr, err := a.heart.Mean()
	if err != nil {
		return unavailable(err)
	}
	r, err := fitness.EfficiencyOfPower(np, hr)
	return computed(r, err, 3, samplesInput("power_watts"), samplesInput("heart_rate_bpm"))
}

func (a *analysis) speedEfficiency() value {
	if err := firstOf(a.gradedErr, a.heartErr); err != nil {
		return unavailable(err)
	}
	speed, err1 := a.graded.Speed()
	hr, err2 := a.heart.Mean()
	if err := firstOf(err1, err2); err != nil {
		return unavailable(err)
	}
	r, err := fitness.EfficiencyOfSpeed(speed, hr)
	return computed(r, err, 3, a.gradedInputs("heart_rate_bpm")...)
}

// gradedInputs are the channels that grade adjustment takes, and others.
func (a *analysis) gradedInputs(others ...string) []input {
	inputs := []input{samplesInput("distance_meters"), samplesInput("altitude_meters")}
	if a.rec.Series.Distance == nil {
		inputs[0] = samplesInput(positionChannel)
	}
	for _, name := range others {
		inputs = append(inputs, samplesInput(name))
	}
	return inputs
}

// output is what the athlete did, for comparison with the heart rate: power, or else speed.
func (a *analysis) output() (channel string, values []float64) {
	if a.powerErr == nil {
		return "power_watts", a.rec.Series.Power
	}
	return "speed_mps", a.rec.Series.Speed
}

func (a *analysis) decoupling() value {
	channel, out := a.output()
	r, err := fitness.Decoupling(a.rec.Series.Time, out, a.rec.Series.HeartRate)
	return computed(r, err, 1, samplesInput(channel), samplesInput("heart_rate_bpm"))
}

func (a *analysis) drift() value {
	channel, out := a.output()
	r, err := fitness.CardiacDrift(a.rec.Series.Time, out, a.rec.Series.HeartRate)
	return computed(r, err, 1, samplesInput(channel), samplesInput("heart_rate_bpm"))
}

func (a *analysis) gradedSpeed() value {
	if a.gradedErr != nil {
		return unavailable(a.gradedErr)
	}
	r, err := a.graded.Speed()
	return computed(r, err, 3, a.gradedInputs()...)
}

func (a *analysis) vdot() value {
	best, at, err := bestVDOT(a.digest.Efforts)
	if err != nil {
		return unavailable(err)
	}
	best.Note = "as if that stretch had been a race: too low if it was not"
	return computed(best, nil, 1, input{Name: "distance_meters", Value: rounded(at.Meters, 1), Source: fromRecording},
		input{Name: "seconds", Value: rounded(at.Seconds, 1), Source: fromRecording})
}

// bestVDOT returns the highest VDOT of the stretches and the stretch that has it.
func bestVDOT(efforts []effort) (best fitness.Result, at effort, err error) {
	err = &fitness.UnavailableError{Reason: "no run of at least 1000 m was recorded"}
	for _, e := range efforts {
		if r, rErr := fitness.VDOT(e.Meters, e.Seconds); rErr == nil && r.Value > best.Value {
			best, at, err = r, e, nil
		}
	}
	return best, at, err
}

func (a *analysis) movingTime() value {
	threshold := fitness.RideMoving
	switch {
	case a.rec.Sport.IsRun():
		threshold = fitness.RunMoving
	case !a.rec.Sport.IsRide():
		threshold = fitness.WalkMoving
	}
	r, err := fitness.MovingTime(a.rec.Series.Time, a.rec.Series.Speed, threshold)
	return computed(r, err, 0, samplesInput("speed_mps"))
}

func (a *analysis) energy() value {
	if a.heartErr != nil {
		return unavailable(a.heartErr)
	}
	needs := needsOf(a.ath.weight, a.ath.age)
	if a.ath.sex == "" {
		needs = append(needs, needSex())
	}
	if err := missing(needs...); err != nil {
		return unavailable(err)
	}
	r, err := a.heart.Energy(a.ath.weight.value, a.ath.age.value, fitness.Sex(a.ath.sex))
	return computed(r, err, 0, samplesInput("heart_rate_bpm"), a.ath.weight.input(), a.ath.ageInput(), a.ath.sexInput())
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
