package training

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An Athlete is what the formulas take about a person, each with where it came from: what the athlete said
// goes before what was recorded, and that before what is estimated.
type Athlete struct {
	Clock       Clock
	imported    []string // fields of the profile that files said
	ftp         quantity
	maxHR       quantity
	restingHR   quantity
	thresholdHR quantity
	weight      quantity
	age         quantity
	sex         pierre.Sex
}

// A quantity is a number about an athlete.
type quantity struct {
	Need

	value  float64
	known  bool
	source Source
	note   string
}

// given is a quantity as the profile has it.
func (a Athlete) given(what, name string, v *float64) quantity {
	q := quantity{Need: Need{"the " + what, name}}
	if v != nil {
		q.value, q.known = *v, true
		q.source, q.note = a.origin(name)
	}
	return q
}

// origin says where a field of the profile came from.
func (a Athlete) origin(field string) (from Source, note string) {
	if slices.Contains(a.imported, field) {
		return Recorded, "from an imported file"
	}
	return User, ""
}

func (q quantity) input() Input {
	return Input{Name: q.Field, Value: new(q.value), Decimals: 1, Source: q.source, Note: q.note}
}

// err says that q is not known.
func (q quantity) err() error {
	if q.known {
		return nil
	}
	return missing(q.Need)
}

// orElse takes the result of an estimate in place of what is not known.
func (q quantity) orElse(r fitness.Result, err error, from Source, note string) quantity {
	if !q.known && err == nil {
		q.value, q.known, q.source, q.note = r.Value, true, from, note
	}
	return q
}

// estimated takes the highest heart rate that was recorded, or what is usual at that age if nobody has seen the athlete go
// as high: the hardest of easy runs is no maximum.
func (q quantity) estimated(peaks []float64, age quantity) quantity {
	observed, err := fitness.ObservedHRMax(peaks)
	seen := err == nil
	if age.known {
		usual, err := fitness.HRMaxTanaka(age.value)
		if err == nil && !(seen && observed.Value >= usual.Value) {
			note := string(usual.Method) + "; one person in three is more than 10 bpm off"
			if seen {
				note += fmt.Sprintf("; the highest recorded is %.0f", observed.Value)
			}
			return q.orElse(usual, nil, Estimated, note)
		}
	}
	return q.orElse(observed, err, Recorded, "the highest that two activities reach: too low if the athlete never went all out")
}

// observedYears is how long a recorded highest heart rate counts.
const observedYears = 2

// Athlete returns what the formulas know about the user. It looks through the recordings only for
// what the profile lacks.
func (s *Service) Athlete(ctx context.Context, user pierre.UserID) (Athlete, error) {
	p, err := s.data.Profile(ctx, user)
	if err != nil {
		return Athlete{}, err
	}
	imported, err := s.data.ImportedFields(ctx, user)
	if err != nil {
		return Athlete{}, err
	}
	clock, err := s.clock(ctx, user, p)
	if err != nil {
		return Athlete{}, err
	}
	if p.MaxHeartRateBPM != nil {
		return newAthlete(p, imported, clock, nil), nil
	}
	var peaks []float64
	recent := pierre.ActivityQuery{After: s.now().AddDate(-observedYears, 0, 0)}
	err = s.each(ctx, user, recent, func(_ pierre.Activity, d digest) {
		if d.PeakHR > 0 {
			peaks = append(peaks, d.PeakHR)
		}
	})
	if err != nil {
		return Athlete{}, err
	}
	return newAthlete(p, imported, clock, peaks), nil
}

// thresholdShare of the maximum heart rate is where most trained athletes' lactate threshold lies.
const thresholdShare = 0.88

// newAthlete completes a profile, of which files said the imported fields, by what was observed: the peaks
// of heart rate of the athlete's activities.
func newAthlete(p pierre.Profile, imported []string, c Clock, peaks []float64) Athlete {
	a := Athlete{Clock: c, imported: imported, sex: p.Sex}
	a.ftp = a.given("functional threshold power", "ftp_watts", p.FTPWatts)
	a.maxHR = a.given("maximum heart rate", "max_heart_rate_bpm", p.MaxHeartRateBPM)
	a.restingHR = a.given("resting heart rate", "resting_heart_rate_bpm", p.RestingHeartRateBPM)
	a.thresholdHR = a.given("threshold heart rate", "threshold_heart_rate_bpm", p.ThresholdHRBPM)
	a.weight = a.given("body weight", "weight_kg", p.WeightKg)
	a.age = a.given("age", "birth_year", nil)
	if p.BirthYear != nil {
		a.age = a.given("age", "birth_year", new(float64(c.Now.Year()-*p.BirthYear)))
	}
	a.maxHR = a.maxHR.estimated(peaks, a.age)
	if a.maxHR.known {
		r := fitness.Result{Value: thresholdShare * a.maxHR.value}
		a.thresholdHR = a.thresholdHR.orElse(r, nil, Estimated, "88 % of the maximum heart rate (coaching rule)")
	}
	return a
}

// Inputs lists what is known about the athlete.
func (a Athlete) Inputs() []Input {
	var list []Input
	for _, q := range []quantity{a.ftp, a.maxHR, a.restingHR, a.thresholdHR, a.weight} {
		if q.known {
			list = append(list, q.input())
		}
	}
	return list
}

// heartRates returns the range of the athlete's heart rate and the inputs that Banister's formula takes.
func (a Athlete) heartRates() (fitness.HeartRateRange, []Input, error) {
	needs := needsOf(a.restingHR, a.maxHR)
	if a.sex == "" {
		needs = append(needs, needSex())
	}
	if err := missing(needs...); err != nil {
		return fitness.HeartRateRange{}, nil, err
	}
	r := fitness.HeartRateRange{RestBPM: a.restingHR.value, MaxBPM: a.maxHR.value}
	return r, []Input{a.restingHR.input(), a.maxHR.input(), a.sexInput()}, nil
}

// needsOf returns those of the quantities that are not known.
func needsOf(quantities ...quantity) []Need {
	var needs []Need
	for _, q := range quantities {
		if !q.known {
			needs = append(needs, q.Need)
		}
	}
	return needs
}

func needSex() Need { return Need{"the sex (by which the formula differs)", "sex"} }

// ageOn returns the age in the year of a time.
func (a Athlete) ageOn(at time.Time) quantity {
	q := a.age
	q.value -= float64(a.Clock.Now.Year() - at.Year())
	return q
}

// ageInput is the age as an input of a formula.
func ageInput(age quantity) Input {
	return Input{Name: "age_years", Value: new(age.value), Source: age.source, Note: age.note}
}

func (a Athlete) sexInput() Input {
	from, note := a.origin("sex")
	return Input{Name: "sex", Text: string(a.sex), Source: from, Note: note}
}
