package training

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Recovery is how recovered an athlete is, by a sum of signs.
type Recovery struct {
	Sleep // of the last week

	Score    fitness.Score
	ScoreErr error
	Last     *Night // of today or yesterday
	Form     Value  // TSB
	Monotony Value  // of the last 7 days
	Felt     []Said // today or yesterday
	InRow    int    // days with an activity that counts, up to yesterday or today
	Signs    []Sign // that speak for rest
}

// Said is what the athlete said of a day.
type Said struct {
	Kind  pierre.WellnessKind
	Value float64
}

// A Sign speaks for rest.
type Sign string

// The signs.
const (
	SignHRV      Sign = "hrv_below_baseline"
	SignResting  Sign = "resting_heart_rate_above_baseline"
	SignShort    Sign = "short_night"
	SignForm     Sign = "form_below_minus_30"
	SignMonotony Sign = "monotony_above_2"
	SignInRow    Sign = "many_days_in_a_row"
	SignFelt     Sign = "felt_bad"
)

// The limits of the signs.
const (
	badForm    = -30 // TSB, a coaches' rule
	flagged    = 2   // monotony (Foster 1998)
	manyInRow  = 10  // days with training, own rule
	feltBadly  = 40  // of 100, own rule
	weekNights = 7
)

// Recovery returns how recovered the user is on the last day.
func (s *Service) Recovery(ctx context.Context, user pierre.UserID, q SleepQuery) (Recovery, error) {
	q.Days = weekNights
	sleep, err := s.Sleep(ctx, user, q)
	if err != nil {
		return Recovery{}, err
	}
	r := Recovery{Sleep: sleep}
	if n := len(r.Nights); n > 0 && daysBetween(r.Nights[n-1].Day, r.To) <= 1 && r.Nights[n-1].Err == nil {
		r.Last = &r.Nights[n-1]
	}
	if r.Felt, err = s.said(ctx, user, r.To); err != nil {
		return Recovery{}, err
	}
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: 2 * manyInRow, Until: r.To, Provider: q.Activity})
	if err != nil {
		return Recovery{}, err
	}
	r.Form, r.Monotony, r.InRow = h.Form.Balance, h.Form.Monotony, h.inRow()
	r.Score, r.ScoreErr = fitness.Recovery(r.signs())
	r.Signs = r.flags()
	return r, nil
}

// feltKinds are what athletes say of their days.
func feltKinds() []pierre.WellnessKind {
	return []pierre.WellnessKind{pierre.WellnessFeel, pierre.WellnessFatigue, pierre.WellnessSoreness, pierre.WellnessStress, pierre.WellnessMood}
}

// said returns what the athlete said of today, or else of yesterday.
func (s *Service) said(ctx context.Context, user pierre.UserID, today time.Time) ([]Said, error) {
	read, err := s.series(ctx, user, feltKinds(), span{today.AddDate(0, 0, -1), today}, "")
	if err != nil {
		return nil, err
	}
	var list []Said
	for _, k := range feltKinds() {
		if days := read[k].days; len(days) > 0 {
			list = append(list, Said{k, days[len(days)-1].Value})
		}
	}
	return list, nil
}

// felt is the mean of what the athlete said, from 0, the worst, to 100; nil if nothing was said. The lowest point of each scale is
// the best.
func (r Recovery) felt() *float64 {
	if len(r.Felt) == 0 {
		return nil
	}
	sum := 0.0
	for _, f := range r.Felt {
		scale, _ := pierre.RangeOf(f.Kind)
		sum += 100 * (scale.Max - f.Value) / (scale.Max - scale.Min)
	}
	return new(sum / float64(len(r.Felt)))
}

func (r Recovery) signs() fitness.Signs {
	signs := fitness.Signs{Felt: r.felt()}
	if r.HRV.Side != "" {
		signs.HRV = new(r.HRV.Off)
	}
	if r.Resting.Side != "" {
		signs.Resting = new(r.Resting.Off)
	}
	if r.Last != nil {
		signs.Sleep = new(r.Last.Score.Value)
	}
	if r.Form.Err == nil {
		signs.Form = new(r.Form.Value)
	}
	return signs
}

// flags returns the signs that speak for rest.
func (r Recovery) flags() []Sign {
	var signs []Sign
	felt := r.felt()
	for _, f := range []struct {
		is   bool
		sign Sign
	}{
		{r.HRV.Side == Below, SignHRV},
		{r.Resting.Side == Above, SignResting},
		{r.Last != nil && r.Last.Hours < fitness.SleepHours(r.Age).Shortest, SignShort},
		{felt != nil && *felt < feltBadly, SignFelt},
		{r.Form.Err == nil && r.Form.Value < badForm, SignForm},
		{r.Monotony.Err == nil && r.Monotony.Value > flagged, SignMonotony},
		{r.InRow >= manyInRow, SignInRow},
	} {
		if f.is {
			signs = append(signs, f.sign)
		}
	}
	return signs
}

// Explain says what a sign is, with its numbers.
func (r Recovery) Explain(s Sign) string {
	switch s {
	case SignHRV:
		return fmt.Sprintf("HRV: the 7-day mean of %.0f ms is below the usual %.0f to %.0f ms", r.HRV.Week.Value, r.HRV.Low, r.HRV.High)
	case SignResting:
		return fmt.Sprintf("resting heart rate: the 7-day mean of %.1f bpm is above the usual %.1f to %.1f bpm", r.Resting.Week.Value, r.Resting.Low, r.Resting.High)
	case SignShort:
		return fmt.Sprintf("the last night had %.1f h of sleep, less than the %.0f h that may still be appropriate (Hirshkowitz et al. 2015)", r.Last.Hours, fitness.SleepHours(r.Age).Shortest)
	case SignFelt:
		return fmt.Sprintf("the athlete feels bad: %.0f of 100", *r.felt())
	case SignForm:
		return fmt.Sprintf("form (TSB) is %.0f, below %d (coaches' rule)", r.Form.Value, badForm)
	case SignMonotony:
		return fmt.Sprintf("monotony of the last 7 days is %.1f, above %d (Foster 1998)", r.Monotony.Value, flagged)
	case SignInRow:
		return fmt.Sprintf("%d days in a row with training (own rule: %d)", r.InRow, manyInRow)
	}
	return string(s)
}

// inRow counts the days in a row with a load, up to the last day or the one before it.
func (h History) inRow() int {
	has := func(day time.Time) bool {
		return slices.ContainsFunc(h.Loads, func(l DayLoad) bool { return l.Day.Equal(day) })
	}
	day := h.To
	if !has(day) {
		day = day.AddDate(0, 0, -1)
	}
	n := 0
	for ; has(day); day = day.AddDate(0, 0, -1) {
		n++
	}
	return n
}
