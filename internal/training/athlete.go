package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An Athlete is what the formulas take about a person on one day, each with where it came from: what the athlete said
// goes before what was recorded, and that before what is estimated.
type Athlete struct {
	Clock       Clock
	past        *past
	day         time.Time // that was asked for
	from, until time.Time // the days on which all of the following holds; until is the first of others
	ftp         quantity
	maxHR       quantity
	restingHR   quantity
	thresholdHR quantity
	runPace     quantity // s per km
	swimPace    quantity // s per 100 m
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

// Athlete returns what the formulas know about the user today. It looks through the recordings only for
// what the profile lacks.
func (s *Service) Athlete(ctx context.Context, user pierre.UserID) (Athlete, error) {
	p, err := s.past(ctx, user)
	if err != nil {
		return Athlete{}, err
	}
	if p.MaxHeartRateBPM == nil {
		recent := pierre.ActivityQuery{After: s.now().AddDate(-observedYears, 0, 0)}
		err = s.each(ctx, user, recent, func(_ pierre.Activity, d digest) {
			if d.PeakHR > 0 {
				p.peaks = append(p.peaks, d.PeakHR)
			}
		})
	}
	return p.on(p.clock.Today()), err
}

// past returns what is known of the user without a look at the recordings.
func (s *Service) past(ctx context.Context, user pierre.UserID) (*past, error) {
	rec, err := s.data.ProfileRecord(ctx, user)
	if err != nil {
		return nil, err
	}
	clock, err := s.clock(ctx, user, rec.Profile)
	if err != nil {
		return nil, err
	}
	measured, err := s.measuredOf(ctx, user)
	if err != nil {
		return nil, err
	}
	return newPast(rec, clock, measured.steps), nil
}

// BodyWeight returns the weight of the user today as an input, without a value if it is not known.
func (s *Service) BodyWeight(ctx context.Context, user pierre.UserID) (Input, error) {
	p, err := s.past(ctx, user)
	if err != nil {
		return Input{}, err
	}
	return p.weight(p.clock.Today()).inputIfKnown(), nil
}

// Inputs lists what is known about the athlete.
func (a Athlete) Inputs() []Input {
	var list []Input
	for _, q := range []quantity{a.ftp, a.maxHR, a.restingHR, a.thresholdHR, a.runPace, a.swimPace, a.weight()} {
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

// ageInput is the age as an input of a formula.
func ageInput(age quantity) Input {
	return Input{Name: "age_years", Value: new(age.value), Source: age.source, Note: age.note}
}

func (a Athlete) sexInput() Input {
	from, note := a.past.origin("sex")
	return Input{Name: "sex", Text: string(a.sex), Source: from, Note: note}
}
