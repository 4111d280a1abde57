package training

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Suggestion is a goal that follows from what an athlete has shown.
type Suggestion struct {
	Goal  pierre.Goal // without title, and with its dates
	Rule  string      // how the target follows from the basis, and who says so
	Basis Value
}

const (
	suggestedDays  = 84  // twelve weeks
	suggestedMore  = 1.1 // of a usual week
	worthwhileGap  = 0.01
	mostActivities = 7 // a week
)

// A Suggestions is what can be suggested, and why something cannot.
type Suggestions struct {
	Goals []Suggestion
	None  []Value // whose Err says why
}

// Suggest returns goals for the next twelve weeks, by what the user has shown: of distance, performance and consistency.
func (s *Service) Suggest(ctx context.Context, user pierre.UserID, from pierre.Provider, wanted func(pierre.GoalType) bool) (Suggestions, error) {
	of, err := s.asking(ctx, user, from)
	if err != nil {
		return Suggestions{}, err
	}
	clock := of.clock
	list := &suggesting{goal: pierre.Goal{Start: clock.Today(), Date: clock.Today().AddDate(0, 0, suggestedDays), Status: pierre.GoalActive}}
	for _, sport := range []pierre.Sport{pierre.SportRun, pierre.SportRide, pierre.SportSwim} {
		if !wanted(pierre.GoalDistance) {
			break
		}
		usual, _, err := s.usualWeek(ctx, of, sport, func(v Volume) float64 { return v.Meters })
		if err != nil {
			return Suggestions{}, err
		}
		list.distance(sport, usual)
	}
	if wanted(pierre.GoalFrequency) {
		usual, _, err := s.usualWeek(ctx, of, "", func(v Volume) float64 { return float64(v.Activities) })
		if err != nil {
			return Suggestions{}, err
		}
		list.frequency(usual)
	}
	if !wanted(pierre.GoalTime) {
		return list.Suggestions, nil
	}
	races, err := s.races(ctx, user, from, clock.Now, evidenceDays)
	if err != nil {
		return Suggestions{}, err
	}
	list.times(races)
	marks, err := s.marks(ctx, of, pierre.GoalPower20, yearDays, marksInYear)
	if err != nil {
		return Suggestions{}, err
	}
	_, change := changeOf(marks, clock.Today())
	list.power(marks, change)
	return list.Suggestions, nil
}

// InputBest is the input of a suggested race time that is the athlete's best over the distance so far, in s.
const InputBest = "best_seconds"

type suggesting struct {
	Suggestions

	goal pierre.Goal
}

func (l *suggesting) add(g pierre.Goal, basis Value, rule string) {
	g.Start, g.Date, g.Status = l.goal.Start, l.goal.Date, l.goal.Status
	l.Goals = append(l.Goals, Suggestion{g, rule, basis})
}

func (l *suggesting) distance(sport pierre.Sport, usual Value) {
	const least = 1000 // m a week that are worth counting
	if usual.Err != nil || usual.Value < least {
		return // a sport that the athlete does not do
	}
	meters := math.Round(usual.Value*suggestedMore*suggestedDays/7/1000) * 1000
	l.add(pierre.Goal{Type: pierre.GoalDistance, Sport: sport, Target: meters}, usual,
		"a tenth more than in a usual week: injuries were more frequent where weeks grew by more than 30 % (Nielsen et al. 2014)")
}

func (l *suggesting) frequency(usual Value) {
	if usual.Err != nil {
		l.None = append(l.None, usual)
		return
	}
	if next := math.Floor(usual.Value) + 1; next <= mostActivities {
		l.add(pierre.Goal{Type: pierre.GoalFrequency, Target: next}, usual, "the next whole number above a usual week (own rule)")
	}
}

// times suggests the distance over which the athlete is furthest behind what the strongest effort is equal to.
func (l *suggesting) times(races []Race) {
	best := pierre.Goal{Type: pierre.GoalTime, Sport: pierre.SportRun}
	var basis Value
	gap := worthwhileGap
	for _, r := range races {
		start, ok := strongest(races, r.Meters)
		if !ok || r.Meters < 3000 || start.Meters == r.Meters {
			continue
		}
		equal, err := fitness.RaceTime(start.VDOT.Value, r.Meters)
		if err == nil && (r.Seconds-equal.Value)/r.Seconds > gap {
			gap = (r.Seconds - equal.Value) / r.Seconds
			best.Target, best.Meters = math.Ceil(equal.Value), new(r.Meters)
			basis = computed(equal, nil, Input{Name: "vdot_ml_per_kg_min", Value: new(start.VDOT.Value), Decimals: 1, Source: Recorded},
				Input{Name: InputBest, Value: new(r.Seconds), Decimals: 1, Source: Recorded, Note: "over the distance, so far"})
		}
	}
	switch {
	case best.Meters != nil:
		l.add(best, basis, "what the athlete's strongest effort is equal to over this distance (Daniels & Gilbert 1979)")
	case len(races) == 0:
		l.None = append(l.None, unavailable(noRuns(evidenceDays)))
	}
}

func (l *suggesting) power(marks []Mark, change Change) {
	if len(marks) == 0 {
		return // the athlete does not ride with power
	}
	best := slices.MaxFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Value, b.Value) })
	switch {
	case change.Err != nil:
		l.None = append(l.None, change.Value)
	case change.Low > 0:
		target := best.Value + change.Low*suggestedDays/changeDays
		l.add(pierre.Goal{Type: pierre.GoalPerformance, Sport: pierre.SportRide, Metric: pierre.GoalPower20, Target: math.Round(target)}, change.Value,
			"the best of the year and the least rate at which it surely rose (Draper & Smith 1998)")
	}
}
