package fitness

import "gonum.org/v1/gonum/stat"

// A Week is Foster's view of seven daily loads.
type Week struct {
	Monotony float64 // mean over sample standard deviation; over 2 is flagged
	Strain   float64 // the week's load × monotony
	Method   Method
}

// Foster returns the monotony and strain of a week of daily loads, rest
// days 0. The standard deviation is the sample's (n − 1). Seven equal days have
// none, so monotony is not defined.
func Foster(week []float64) (Week, error) {
	if err := checkDaily(week); err != nil {
		return Week{}, err
	}
	if len(week) != 7 {
		return Week{}, unavailable("a week has 7 days, not %d", len(week))
	}
	mean, sd := stat.MeanStdDev(week, nil)
	if sd <= 1e-9*mean || mean == 0 {
		return Week{}, unavailable("every day of the week has the same load, so monotony is not defined")
	}
	return Week{Monotony: mean / sd, Strain: 7 * mean * mean / sd, Method: MethodFoster}, nil
}

// An ACWR compares the load of the last week to that of the last four. It
// describes; it predicts nothing.
type ACWR struct {
	Acute   float64 // exponential mean daily load, 7 days
	Chronic float64 // exponential mean daily load, 28 days
	Ratio   float64
	Method  Method
	Note    string
}

const acwrNote = "a description of change only: studies found no causal link to injury, and its critics advise against using it (Lolli 2019, Impellizzeri 2020)"

const acuteDays, chronicDays = 7, 28

// AcuteChronicUncoupled returns the acute:chronic workload ratio of exponential
// means, the chronic load being that of the days before the last seven. It needs 35
// days.
func AcuteChronicUncoupled(daily []float64) (ACWR, error) {
	if err := checkDaily(daily); err != nil {
		return ACWR{}, err
	}
	if len(daily) < chronicDays+acuteDays {
		return ACWR{}, tooFew(len(daily), "day", "days", chronicDays+acuteDays)
	}
	a := ACWR{
		Acute:   ewma(daily, acuteDays),
		Chronic: ewma(daily[:len(daily)-acuteDays], chronicDays),
		Method:  MethodACWRUncoupled,
		Note:    acwrNote,
	}
	if a.Chronic < 1e-6 {
		return ACWR{}, unavailable("there was no training to compare with")
	}
	a.Ratio = a.Acute / a.Chronic
	return a, nil
}

func ewma(x []float64, days float64) float64 {
	mean := x[0]
	for _, v := range x[1:] {
		mean += (v - mean) * 2 / (days + 1)
	}
	return mean
}
