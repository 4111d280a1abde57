package training

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Night is what is known of the sleep that ended on a day, and its score.
type Night struct {
	fitness.Night

	Day     time.Time       // of waking up, as midnight UTC
	Source  pierre.Provider // "": the caller said so
	Bed, Up *float64        // h after the midnight that begins the day; before it negative
	Score   fitness.Score
	Err     error // why there is no score
}

// A SleepQuery says which nights are asked for.
type SleepQuery struct {
	Days     int             // up to the last
	Last     time.Time       // day, as midnight UTC; zero: today
	Source   pierre.Provider // only its values; "": the one in use
	Activity pierre.Provider // only loads of its activities; "": all
	Given    []Night         // take these instead of what is kept, oldest first; a night without a day is the last
	HRV      []float64       // rMSSD of days up to the last, oldest first, instead of what is kept
}

// Sleep is an athlete's nights.
type Sleep struct {
	From, To time.Time
	Age      float64 // years; 0: not known
	Nights   []Night // oldest first
	Others   []SourceDays
	HRV      Standing
	HRVKind  pierre.WellnessKind // "": there is none
	Resting  Standing
	Spread   Value // of the middles of the nights, h
}

// nightKinds are what a night is made of.
func nightKinds() []pierre.WellnessKind {
	return []pierre.WellnessKind{
		pierre.WellnessSleep, pierre.WellnessInBed, pierre.WellnessDeepSleep, pierre.WellnessREMSleep, pierre.WellnessAwake, pierre.WellnessSleepEfficiency,
		pierre.WellnessSleepLatency, pierre.WellnessAwakenings, pierre.WellnessBedtime, pierre.WellnessWakeTime,
	}
}

// Sleep returns the user's nights, and heart rate variability and resting heart rate beside them.
func (s *Service) Sleep(ctx context.Context, user pierre.UserID, q SleepQuery) (Sleep, error) {
	rec, err := s.data.ProfileRecord(ctx, user)
	if err != nil {
		return Sleep{}, err
	}
	clock, err := s.clock(ctx, user, rec.Profile)
	if err != nil {
		return Sleep{}, err
	}
	sl := Sleep{To: clock.until(q.Last)}
	sl.From = sl.To.AddDate(0, 0, 1-q.Days)
	if rec.BirthYear != nil {
		sl.Age = float64(sl.To.Year() - *rec.BirthYear)
	}
	if sl.Nights = given(q.Given, sl.To); len(q.Given) == 0 {
		if err := s.keptNights(ctx, user, q, &sl); err != nil {
			return Sleep{}, err
		}
	}
	scoreNights(&sl)
	return sl, s.heart(ctx, user, q, &sl)
}

// given dates nights that have no day, up to the last one.
func given(nights []Night, last time.Time) []Night {
	nights = slices.Clone(nights)
	for i := range nights {
		if nights[i].Day.IsZero() {
			nights[i].Day = last.AddDate(0, 0, i+1-len(nights))
		}
	}
	slices.SortFunc(nights, func(a, b Night) int { return a.Day.Compare(b.Day) })
	return nights
}

// keptNights reads the nights from one source.
func (s *Service) keptNights(ctx context.Context, user pierre.UserID, q SleepQuery, sl *Sleep) error {
	in := span{sl.From, sl.To}
	asleep, err := s.series(ctx, user, []pierre.WellnessKind{pierre.WellnessSleep}, in, q.Source)
	if err != nil {
		return err
	}
	slept := asleep[pierre.WellnessSleep]
	if len(slept.days) == 0 {
		return nil
	}
	rest, err := s.series(ctx, user, nightKinds(), in, slept.source)
	if err != nil {
		return err
	}
	byDay := map[time.Time]map[pierre.WellnessKind]float64{}
	for _, one := range rest {
		for _, v := range one.days {
			if byDay[v.Day] == nil {
				byDay[v.Day] = map[pierre.WellnessKind]float64{}
			}
			byDay[v.Day][v.Kind] = v.Value
		}
	}
	for _, v := range slept.days {
		n := nightOf(byDay[v.Day])
		n.Day, n.Source = v.Day, slept.source
		sl.Nights = append(sl.Nights, n)
	}
	sl.Others = slept.others
	return nil
}

// nightOf makes a night of the values of a day. Efficiency is the source's, or else the time asleep over that in bed.
func nightOf(values map[pierre.WellnessKind]float64) Night {
	of := func(k pierre.WellnessKind, per float64) *float64 {
		if v, ok := values[k]; ok {
			return new(v / per)
		}
		return nil
	}
	asleep := values[pierre.WellnessSleep]
	n := Night{Night: fitness.Night{
		Hours: asleep / 3600, Efficiency: of(pierre.WellnessSleepEfficiency, 1), Latency: of(pierre.WellnessSleepLatency, 60), Awake: of(pierre.WellnessAwake, 60),
		Awakenings: of(pierre.WellnessAwakenings, 1), Deep: of(pierre.WellnessDeepSleep, asleep/100), REM: of(pierre.WellnessREMSleep, asleep/100),
	}, Bed: of(pierre.WellnessBedtime, 3600), Up: of(pierre.WellnessWakeTime, 3600)}
	bed, ok := values[pierre.WellnessInBed]
	if !ok && n.Bed != nil && n.Up != nil {
		bed = 3600 * (*n.Up - *n.Bed)
	}
	if n.Efficiency == nil && bed >= asleep && bed > 0 {
		n.Efficiency = new(100 * asleep / bed)
	}
	return n
}

// scoreNights scores each night, and says how regular they are.
func scoreNights(sl *Sleep) {
	var middles []float64
	for i := range sl.Nights {
		n := &sl.Nights[i]
		n.Score, n.Err = fitness.SleepQuality(n.Night, sl.Age)
		if n.Bed != nil && n.Up != nil {
			middles = append(middles, (*n.Bed+*n.Up)/2)
		}
	}
	spread, err := fitness.Regularity(middles)
	sl.Spread = computed(spread, err, Input{Name: "nights", Value: new(float64(len(middles))), Source: Recorded})
}

// heart adds HRV and resting heart rate against their baselines: rMSSD, or SDNN where there is no rMSSD in the week.
func (s *Service) heart(ctx context.Context, user pierre.UserID, q SleepQuery, sl *Sleep) error {
	kinds := []pierre.WellnessKind{pierre.WellnessHRV, pierre.WellnessHRVSDNN, pierre.WellnessRestingHeartRate}
	read, err := s.series(ctx, user, kinds, span{sl.To.AddDate(0, 0, 1-beforeDays), sl.To}, q.Source)
	if err != nil {
		return err
	}
	if len(q.HRV) > 0 {
		read[pierre.WellnessHRV] = saidHRV(q.HRV, sl.To)
	}
	sl.Resting = read[pierre.WellnessRestingHeartRate].standing(pierre.WellnessRestingHeartRate, sl.To)
	for _, k := range kinds[:2] {
		st := read[k].standing(k, sl.To)
		if sl.HRVKind == "" || sl.HRV.Week.Err != nil && st.Week.Err == nil {
			sl.HRVKind, sl.HRV = k, st
		}
		if len(q.HRV) > 0 {
			break
		}
	}
	if sl.HRV.WeekDays == 0 && sl.HRV.UsualDays == 0 {
		sl.HRVKind = ""
	}
	return nil
}

// saidHRV is the series of values that the caller gave, one a day up to the last.
func saidHRV(values []float64, last time.Time) series {
	var s series
	for i, v := range values {
		s.days = append(s.days, pierre.Wellness{Day: last.AddDate(0, 0, i+1-len(values)), Kind: pierre.WellnessHRV, Value: v})
	}
	return s
}

// Hours is the mean time asleep, and how many of the nights were shorter than people of the age should sleep.
func (sl Sleep) Hours() (mean float64, short int) {
	known := 0.0
	for _, n := range sl.Nights {
		if n.Err != nil {
			continue
		}
		known++
		mean += (n.Hours - mean) / known
		if n.Hours < fitness.SleepHours(sl.Age).Low {
			short++
		}
	}
	return mean, short
}

// Efficiency is the mean efficiency of the nights that have one, NaN if none has.
func (sl Sleep) Efficiency() float64 {
	sum, n := 0.0, 0.0
	for _, night := range sl.Nights {
		if night.Efficiency != nil {
			sum, n = sum+*night.Efficiency, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / n
}
