package training

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Finding is what a rule says of an athlete's training.
type Finding struct {
	Name      string // with the unit
	Value     Value
	Low, High *float64 // the 95 % interval of the value, where it has one
	Detected  *bool    // whether the rule calls it a pattern; nil: it has no limit, or there is no value
	Rule      string   // the limit, and who published it
	Text      string   // what the value does not say, such as which day
}

// above sets whether the value is above the limit of the rule.
func (f Finding) above(limit float64) Finding {
	if f.Value.Err == nil {
		f.Detected = new(f.Value.Value > limit)
	}
	return f
}

// A PatternKind says what is looked for.
type PatternKind string

// The kinds.
const (
	PatternConsistency PatternKind = "training_consistency"
	PatternSeasons     PatternKind = "seasonal_trends"
	PatternPlateaus    PatternKind = "performance_plateaus"
	PatternInjury      PatternKind = "injury_risk"
)

// PatternKinds lists the kinds.
func PatternKinds() []PatternKind {
	return []PatternKind{PatternConsistency, PatternSeasons, PatternPlateaus, PatternInjury}
}

// Patterns are findings of some days.
type Patterns struct {
	From, To time.Time
	Findings []Finding
}

const (
	methodShare   fitness.Method = "share of all (arithmetic)"
	methodMean    fitness.Method = "mean (arithmetic)"
	methodSpread  fitness.Method = "sample standard deviation over mean (arithmetic)"
	methodLongest fitness.Method = "longest (arithmetic)"
)

// Patterns looks for patterns of one kind in so many days up to today. Seasons are looked for in all of five years.
func (s *Service) Patterns(ctx context.Context, user pierre.UserID, from pierre.Provider, kind PatternKind, days int) (Patterns, error) {
	of, err := s.asking(ctx, user, from)
	if err != nil {
		return Patterns{}, err
	}
	today := of.clock.Today()
	p := Patterns{From: today.AddDate(0, 0, 1-days), To: today}
	switch kind {
	case PatternConsistency:
		p.To = Monday(today).AddDate(0, 0, -1)
		p.From = p.To.AddDate(0, 0, 1-days/7*7)
		err = s.consistency(ctx, of, &p)
	case PatternSeasons:
		p.To = time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1)
		p.From = p.To.AddDate(0, 0, 1).AddDate(0, -seasonMonths, 0)
		p.Findings, err = s.monthsOfYear(ctx, of, p.From, p.To)
	case PatternPlateaus:
		p.Findings, err = s.plateaus(ctx, of, days)
	case PatternInjury:
		p.From = today.AddDate(0, 0, 1-changeDays)
		p.Findings, err = s.injury(ctx, of)
	}
	return p, err
}

func counted(n int, m fitness.Method, v float64) Value {
	return Value{v, Evidence{Method: m, Inputs: []Input{{Name: "activities", Value: new(float64(n)), Source: Recorded}}}}
}

// consistency looks at whole weeks, from that of the first activity on.
func (s *Service) consistency(ctx context.Context, of asking, p *Patterns) error {
	first, err := s.begin(ctx, of, "", p.From, p.To)
	if err != nil {
		return err
	}
	days, err := s.volumes(ctx, of, "", Monday(first), p.To)
	if err != nil {
		return err
	}
	weeks, n := weeksOf(days), total(days).Activities
	if n == 0 {
		p.Findings = []Finding{{Name: "active_weeks_percent", Value: unavailable(because("there are no activities in these weeks"))}}
		return nil
	}
	p.From = Monday(first)
	h, err := s.HistoryOf(ctx, of.user, HistoryQuery{Days: len(days), Provider: of.from, Until: p.To})
	if err != nil {
		return err
	}
	active, hours := 0, make([]float64, len(weeks))
	for i, w := range weeks {
		if hours[i] = w.Seconds / 3600; w.Activities > 0 {
			active++
		}
	}
	mean, sd := stat.MeanStdDev(hours, nil)
	spread := unavailable(because("two weeks with a time are needed"))
	if mean > 0 && len(weeks) > 1 {
		spread = counted(n, methodSpread, 100*sd/mean)
	}
	count := float64(len(weeks))
	p.Findings = []Finding{
		{Name: "active_weeks_percent", Value: counted(n, methodShare, 100*float64(active)/count)},
		{Name: "activities_per_week", Value: counted(n, methodMean, float64(n)/count)},
		{Name: "weekly_hours_spread_percent", Value: spread},
		{Name: "longest_break_days", Value: counted(n, methodLongest, float64(longestBreak(days[daysBetween(p.From, first):])))},
		weekdays(days),
		monotonous(h, p.From, p.To),
	}
	return nil
}

func longestBreak(days []Volume) int {
	longest, now := 0, 0
	for _, d := range days {
		if now++; d.Activities > 0 {
			now = 0
		}
		longest = max(longest, now)
	}
	return longest
}

// weekdays tests whether some days of the week are preferred. The days begin on a Monday.
func weekdays(days []Volume) Finding {
	f := Finding{Name: "chance_of_even_weekdays_percent", Rule: "below 5 % the days of the week are not used evenly (Pearson 1900)"}
	counts := make([]int, 7)
	active := 0
	for i, d := range days {
		if d.Activities > 0 {
			counts[i%7]++
			active++
		}
	}
	test, err := fitness.Uniform(counts)
	if err != nil {
		f.Value = unavailable(err)
		return f
	}
	f.Value = counted(active, test.Method, 100*test.Probability)
	f.Value.Inputs = append(f.Value.Inputs, Input{Name: "chi_squared", Value: new(test.Statistic), Decimals: 1, Source: Recorded})
	f.Detected = new(test.Significant())
	var texts []string
	for i, c := range counts {
		texts = append(texts, fmt.Sprintf("%s %d", time.Weekday((i+1)%7), c))
	}
	f.Text = "active " + strings.Join(texts, ", ")
	return f
}

// monotonous counts the weeks whose days are all alike.
func monotonous(h History, from, to time.Time) Finding {
	f := Finding{Name: "monotonous_weeks_percent", Rule: "a week with a monotony above 2 (Foster 1998)"}
	var loads []fitness.DayLoad
	for _, l := range h.Loads {
		loads = append(loads, fitness.DayLoad{Day: l.Day, Load: l.Load.Value.Value})
	}
	daily, err := fitness.DailyLoads(loads, from, to)
	if err != nil || len(loads) == 0 {
		f.Value = unavailable(because("no activity has a load"))
		return f
	}
	weeks, over := 0, 0
	for i := 0; i+7 <= len(daily); i += 7 {
		w, err := fitness.Foster(daily[i : i+7])
		if err != nil {
			continue
		}
		weeks++
		if w.Monotony > 2 {
			over++
		}
	}
	if weeks == 0 {
		f.Value = unavailable(because("no week has loads that differ"))
		return f
	}
	f.Value = Value{100 * float64(over) / float64(weeks), Evidence{Method: fitness.MethodFoster, Inputs: []Input{{Name: "weeks", Value: new(float64(weeks)), Source: Recorded}}}}
	return f.above(0)
}

// worthwhile is the least change of a performance that matters, in percent: half of what a runner varies from race to race,
// which is 1.2 to 4.2 % (Hopkins & Hewson 2001).
const worthwhile = 1

// plateaus looks for performances that neither rise nor fall.
func (s *Service) plateaus(ctx context.Context, of asking, days int) ([]Finding, error) {
	var list []Finding
	for _, m := range pierre.GoalMetrics() {
		marks, err := s.marks(ctx, of, m, days, marksInYear)
		if err != nil {
			return nil, err
		}
		_, c := changeOf(marks, of.clock.Today())
		f := Finding{
			Name: "change_of_" + string(m) + "_percent", Value: c.Value,
			Rule: "a plateau if the interval of the change lies within 1 %, half of what runners vary from race to race (Hopkins & Hewson 2001)",
		}
		if c.Err == nil {
			sum := 0.0
			for _, m := range marks {
				sum += m.Value
			}
			scale := 100 / (sum / float64(len(marks))) * float64(days) / changeDays
			f.Value.Value *= scale
			low, high := c.Low*scale, c.High*scale
			f.Low, f.High = &low, &high
			f.Text, f.Detected = trendOf(low, high)
		}
		list = append(list, f)
	}
	return list, nil
}

// trendOf names a change by its interval in percent, and says whether it is a plateau.
func trendOf(low, high float64) (string, *bool) {
	switch {
	case low > -worthwhile && high < worthwhile:
		return "plateau", new(true)
	case low > 0:
		return "rising", new(false)
	case high < 0:
		return "falling", new(false)
	}
	return "no change can be told from chance", nil
}
