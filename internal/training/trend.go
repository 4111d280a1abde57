package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A TrendMetric is a quantity that may change over the months.
type TrendMetric string

// The metrics.
const (
	TrendPace         TrendMetric = "pace"                // s per km of each activity on foot
	TrendHeartRate    TrendMetric = "heart_rate"          // mean bpm of each activity
	TrendPower        TrendMetric = "power"               // W, normalized, of each ride
	TrendDistance     TrendMetric = "distance"            // km of each week
	TrendDuration     TrendMetric = "duration"            // h of each week
	TrendLoad         TrendMetric = "load"                // of each week
	TrendEfficiency   TrendMetric = "efficiency"          // W/bpm of each ride, metres per beat of each run
	TrendDecoupling   TrendMetric = "decoupling"          // % of each ride or run
	TrendVDOT         TrendMetric = "vdot"                // of the best run of each week
	TrendCritical     TrendMetric = "critical_power"      // W, of every four weeks
	TrendPaceAtHeart  TrendMetric = "pace_at_heart_rate"  // s per km of each run, at one heart rate
	TrendPowerAtHeart TrendMetric = "power_at_heart_rate" // W of each ride, at one heart rate
	TrendResting      TrendMetric = "resting_heart_rate"  // bpm, of the profile's history
	TrendMaximum      TrendMetric = "max_heart_rate"      // the highest bpm of each week
)

// TrendMetrics lists the metrics.
func TrendMetrics() []TrendMetric {
	return []TrendMetric{
		TrendPace, TrendHeartRate, TrendPower, TrendDistance, TrendDuration, TrendLoad, TrendEfficiency, TrendDecoupling,
		TrendVDOT, TrendCritical, TrendPaceAtHeart, TrendPowerAtHeart, TrendResting, TrendMaximum,
	}
}

// A TrendQuery says which trend is asked for.
type TrendQuery struct {
	Metric   TrendMetric
	Days     int // up to the last
	Until    time.Time
	Sport    pierre.Sport // this kind; "": what the metric is of, or else the kind with the most points
	Provider pierre.Provider
}

// A Trend is how a metric changed.
type Trend struct {
	From, To  time.Time // the first and the last day, as midnight UTC
	Clock     Clock
	Sport     pierre.Sport // the kind that the points are of; "": of all
	What      string       // what a point is, for the athlete
	Points    []TrendPoint // oldest first
	Slope     Value        // per month of 30.4375 days
	Low, High float64      // of its 95 % confidence interval
	Median    float64      // of the points
	Told      bool         // whether the interval leaves out 0
}

// A TrendPoint is the metric of an activity, or of several days.
type TrendPoint struct {
	Day      time.Time // the first, of several
	Value    float64
	Activity pierre.ActivityID // "": of more than one, or of none
}

// daysOfMonth is the mean length of a month.
const daysOfMonth = 30.4375

// Trend returns how a metric of the user's activities changed.
func (s *Service) Trend(ctx context.Context, user pierre.UserID, q TrendQuery) (Trend, error) {
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return Trend{}, err
	}
	last := athlete.Clock.until(q.Until)
	t := Trend{From: last.AddDate(0, 0, 1-q.Days), To: last, Clock: athlete.Clock, Sport: q.Sport}
	switch q.Metric {
	case TrendLoad:
		err = s.loadPoints(ctx, user, q, &t)
	case TrendResting:
		t.restingPoints(athlete)
	default:
		err = s.activityPoints(ctx, user, q, athlete, &t)
	}
	if err != nil {
		return Trend{}, err
	}
	t.tell(q.Metric)
	return t, nil
}

func (s *Service) loadPoints(ctx context.Context, user pierre.UserID, q TrendQuery, t *Trend) error {
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: q.Days, Provider: q.Provider, Until: q.Until, Sport: q.Sport})
	t.What, t.Points = "load of each whole week", weekly(t.From, t.To, h.loadsByDay())
	return err
}

func (t *Trend) restingPoints(athlete Athlete) {
	t.What, t.Sport = "resting heart rate of the profile's history", ""
	for _, step := range athlete.Steps("resting_heart_rate_bpm") {
		if !step.Day.Before(t.From) && !step.Day.After(t.To) {
			t.Points = append(t.Points, TrendPoint{Day: step.Day, Value: step.Value})
		}
	}
}

func (s *Service) activityPoints(ctx context.Context, user pierre.UserID, q TrendQuery, athlete Athlete, t *Trend) error {
	c := newCollector(q, t, athlete)
	t.Sport = c.sport
	find := pierre.ActivityQuery{
		Providers: providers(q.Provider), Ascending: true,
		After: t.From.AddDate(0, 0, -1), Before: t.To.AddDate(0, 0, 2), // local days may begin a day earlier, or later
	}
	if c.sport != "" {
		find.Sports = kindOf(c.sport)
	}
	if err := s.each(ctx, user, find, c.add); err != nil {
		return err
	}
	c.finish(t)
	return nil
}

// tell estimates the slope of the points.
func (t *Trend) tell(metric TrendMetric) {
	input := Input{Name: string(metric), Source: Recorded, Note: fmt.Sprintf("%d points: %s", len(t.Points), t.What)}
	if len(t.Points) > fitness.MostTrendPoints {
		t.Points = t.Points[len(t.Points)-fitness.MostTrendPoints:]
		input.Note = fmt.Sprintf("the newest %d points: %s", len(t.Points), t.What)
	}
	x, y := make([]float64, len(t.Points)), make([]float64, len(t.Points))
	for i, p := range t.Points {
		x[i], y[i] = p.Day.Sub(t.From).Hours()/24/daysOfMonth, p.Value
	}
	found, err := fitness.TheilSen(x, y)
	if err != nil {
		t.Slope = unavailable(because("no trend can be told: %v", err))
		return
	}
	t.Low, t.High, t.Median, t.Told = found.Low, found.High, found.Median, found.Told()
	t.Slope = Value{found.Slope, Evidence{Method: found.Method, Inputs: []Input{input}}}
	if !t.Told {
		t.Slope.Note = "no trend can be told: the interval includes 0"
	}
}
