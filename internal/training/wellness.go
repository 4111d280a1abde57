package training

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A WellnessStore reads values of days.
type WellnessStore interface {
	Wellness(ctx context.Context, user pierre.UserID, q pierre.WellnessQuery) ([]pierre.Wellness, error)
	// NewestWellness returns the values of the newest day up to last of each kind.
	NewestWellness(ctx context.Context, user pierre.UserID, kinds []pierre.WellnessKind, last time.Time) ([]pierre.Wellness, error)
	// WellnessRevision is another one after each change of the user's values.
	WellnessRevision(ctx context.Context, user pierre.UserID) (int64, error)
}

// A WellnessQuery says which values of days are asked for. The zero value means the last four weeks of the usual kinds.
type WellnessQuery struct {
	Kinds       []pierre.WellnessKind // empty: the first eight of [UsualKinds] that have values
	First, Last time.Time             // days, as midnight UTC; zero, and in the future: four weeks up to today
	Source      pierre.Provider       // only its values; "": those of one source for each kind
	LoadDays    int                   // also how the values go with the load of so many days before; 0: not
}

// Wellness is what sources say of an athlete's days.
type Wellness struct {
	From, To time.Time // the first and the last day, as midnight UTC
	Clock    Clock
	Kinds    []WellnessOf
	Others   []pierre.WellnessKind // that have values in these days or before, and were not asked for

	Uncounted int // activities without a load, where the values are set beside loads
}

// WellnessOf is what is known of one kind.
type WellnessOf struct {
	pierre.WellnessRange

	Source   pierre.Provider // of all of the following; "": there is none
	Others   []SourceDays    // further sources, which are not taken
	Newest   *pierre.Wellness
	Values   []pierre.Wellness // of the period, at most one a day, oldest first
	Standing Standing
	Trend    WellnessTrend
	Load     LoadCorrelation
}

// SourceDays is a source and how many days it has a value of.
type SourceDays struct {
	Source pierre.Provider
	Days   int
}

// UsualKinds lists the kinds that most questions are about.
func UsualKinds() []pierre.WellnessKind {
	return []pierre.WellnessKind{
		pierre.WellnessSleep, pierre.WellnessHRV, pierre.WellnessHRVSDNN, pierre.WellnessRestingHeartRate, pierre.WellnessWeight,
		pierre.WellnessSteps, pierre.WellnessVO2Max, pierre.WellnessSleepScore, pierre.WellnessReadiness, pierre.WellnessSleepEfficiency,
		pierre.WellnessFatigue, pierre.WellnessSoreness, pierre.WellnessStress, pierre.WellnessRespiration,
	}
}

const (
	wellnessDays = 28 // of a period that nobody asked for
	usualShown   = 8  // kinds
	// beforeDays are read before the last day: the week and the baseline.
	beforeDays = fitness.WeekDays + fitness.BaselineDays
)

// Wellness returns what sources say of the user's days.
func (s *Service) Wellness(ctx context.Context, user pierre.UserID, q WellnessQuery) (Wellness, error) {
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return Wellness{}, err
	}
	w := Wellness{To: clock.until(q.Last), Clock: clock}
	if w.From = q.First; w.From.IsZero() {
		w.From = w.To.AddDate(0, 0, 1-wellnessDays)
	}
	newest, err := s.data.NewestWellness(ctx, user, allKinds(), w.To)
	if err != nil {
		return Wellness{}, err
	}
	kinds := present(newest)
	if len(q.Kinds) > 0 {
		kinds = slices.Compact(slices.Sorted(slices.Values(q.Kinds)))
	}
	first := w.From
	if early := w.To.AddDate(0, 0, 1-beforeDays); early.Before(first) {
		first = early
	}
	read, err := s.series(ctx, user, kinds, span{first, w.To}, q.Source)
	if err != nil {
		return Wellness{}, err
	}
	for _, k := range kinds {
		w.Kinds = append(w.Kinds, read[k].of(k, span{w.From, w.To}, newest, q.Source))
	}
	for _, n := range newest {
		if !slices.Contains(kinds, n.Kind) && !slices.Contains(w.Others, n.Kind) {
			w.Others = append(w.Others, n.Kind)
		}
	}
	if q.LoadDays > 0 {
		err = s.withLoad(ctx, user, &w, q.LoadDays)
	}
	return w, err
}

func allKinds() []pierre.WellnessKind {
	var kinds []pierre.WellnessKind
	for _, r := range pierre.WellnessKinds() {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

// present returns the first of the usual kinds that there are values of.
func present(values []pierre.Wellness) []pierre.WellnessKind {
	var kinds []pierre.WellnessKind
	for _, k := range UsualKinds() {
		if len(kinds) < usualShown && slices.ContainsFunc(values, func(v pierre.Wellness) bool { return v.Kind == k }) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// A span is some days, both ends included, as midnight UTC.
type span struct{ first, last time.Time }

func (s span) has(day time.Time) bool { return !day.Before(s.first) && !day.After(s.last) }

// days is how many there are.
func (s span) days() int { return daysBetween(s.first, s.last) + 1 }

// A series is the values of one kind from one source, oldest first.
type series struct {
	source pierre.Provider
	others []SourceDays
	days   []pierre.Wellness
}

// series reads the values of kinds, each from one source: the one asked for or else the one that is in use.
func (s *Service) series(ctx context.Context, user pierre.UserID, kinds []pierre.WellnessKind, in span, from pierre.Provider) (map[pierre.WellnessKind]series, error) {
	if len(kinds) == 0 {
		return map[pierre.WellnessKind]series{}, nil
	}
	list, err := s.data.Wellness(ctx, user, pierre.WellnessQuery{Kinds: kinds, Sources: providers(from), First: in.first, Last: in.last})
	if err != nil {
		return nil, err
	}
	byKind := map[pierre.WellnessKind][]pierre.Wellness{}
	for _, v := range list {
		byKind[v.Kind] = append(byKind[v.Kind], v)
	}
	read := make(map[pierre.WellnessKind]series, len(byKind))
	for k, values := range byKind {
		read[k] = newSeries(values, in.last)
	}
	return read, nil
}

// inUseDays up to the last decide which source is taken.
const inUseDays = 14

// newSeries takes the values of the source that has the most of the last two weeks, or else of all the days: sources measure
// differently, so that a mean over several would move with who measured.
func newSeries(values []pierre.Wellness, last time.Time) series {
	all, recent := map[pierre.Provider]int{}, map[pierre.Provider]int{}
	for _, v := range values {
		all[v.Source]++
		if daysBetween(v.Day, last) < inUseDays {
			recent[v.Source]++
		}
	}
	sources := slices.SortedFunc(maps.Keys(all), func(a, b pierre.Provider) int {
		return cmp.Or(cmp.Compare(recent[b], recent[a]), cmp.Compare(all[b], all[a]), cmp.Compare(a, b))
	})
	s := series{source: sources[0], days: slices.DeleteFunc(values, func(v pierre.Wellness) bool { return v.Source != sources[0] })}
	for _, other := range sources[1:] {
		s.others = append(s.others, SourceDays{other, all[other]})
	}
	return s
}

// of says what is known of a kind in a period. Where nothing was read, newest is what there was before, from the source that was
// asked for.
func (s series) of(k pierre.WellnessKind, in span, newest []pierre.Wellness, from pierre.Provider) WellnessOf {
	r, _ := pierre.RangeOf(k)
	w := WellnessOf{WellnessRange: r, Source: s.source, Others: s.others}
	if n := len(s.days); n > 0 {
		w.Newest = new(s.days[n-1])
	} else if at := slices.IndexFunc(newest, func(v pierre.Wellness) bool { return v.Kind == k && (from == "" || v.Source == from) }); at >= 0 {
		w.Newest = new(newest[at])
	}
	for _, v := range s.days {
		if in.has(v.Day) {
			w.Values = append(w.Values, v)
		}
	}
	w.Standing = s.standing(k, in.last)
	w.Trend = wellnessTrend(w.Values, in)
	return w
}

// A Side says where a week's mean lies.
type Side string

// The sides of the usual range.
const (
	Below  Side = "below"
	Within Side = "within"
	Above  Side = "above"
)

// Sides lists the sides.
func Sides() []Side { return []Side{Below, Within, Above} }

// A Standing is the mean of the last seven days beside the personal baseline. HRV is compared by its logarithm; the numbers are in
// the kind's unit all the same.
type Standing struct {
	Week      Value
	WeekDays  int     // that have a value
	Usual     Value   // the baseline's mean
	SD        float64 // of the days of the baseline; of HRV that of the logarithms
	UsualDays int
	Low, High float64 // of the usual range
	Off       float64 // standard deviations of the week's mean from the baseline's
	Side      Side    // "": it cannot be told
}

// standing compares the week up to a day with the baseline.
func (s series) standing(k pierre.WellnessKind, last time.Time) Standing {
	values := make([]fitness.DayValue, len(s.days))
	for i, v := range s.days {
		values[i] = fitness.DayValue{Day: daysBetween(last, v.Day), Value: v.Value}
	}
	method, width, back, note := fitness.MethodWeek, fitness.UsualOther, func(v float64) float64 { return v }, ""
	if k == pierre.WellnessHRV || k == pierre.WellnessHRVSDNN {
		method, width, back = fitness.MethodHRVWeek, fitness.UsualHRV, math.Exp
		values = fitness.Logarithms(values)
		if k == pierre.WellnessHRVSDNN {
			note = "the rule was published for rMSSD; SDNN is another quantity, compared with itself alone"
		}
	}
	week, errWeek := fitness.WeekMean(values, 0)
	usual, errUsual := fitness.BaselineOf(values, 0)
	input := Input{Name: string(k), Source: Recorded, Note: string(s.source)}
	valueOf := func(m fitness.Mean, err error, of float64) Value {
		return computed(fitness.Result{Value: back(m.Value), Method: method, Coverage: float64(m.Days) / of, Note: note}, err, input)
	}
	st := Standing{
		Week: valueOf(week, errWeek, fitness.WeekDays), WeekDays: week.Days,
		Usual: valueOf(usual.Mean, errUsual, fitness.BaselineDays), UsualDays: usual.Days,
	}
	if errUsual != nil {
		return st
	}
	low, high := usual.Range(width)
	st.SD, st.Low, st.High = usual.SD, back(low), back(high)
	off, ok := usual.Off(week.Value)
	if errWeek != nil || !ok {
		return st
	}
	st.Off, st.Side = off, Within
	if week.Value < low {
		st.Side = Below
	} else if week.Value > high {
		st.Side = Above
	}
	return st
}
