package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A trendFrame is how far back analyze_performance_trends looks.
type trendFrame string

const (
	trendWeek      trendFrame = "week"
	trendMonth     trendFrame = "month"
	trendQuarter   trendFrame = "quarter"
	trendSixMonths trendFrame = "sixmonths"
	trendYear      trendFrame = "year"
	trendTwoYears  trendFrame = "twoyears"
)

func trendFrames() []trendFrame {
	return []trendFrame{trendWeek, trendMonth, trendQuarter, trendSixMonths, trendYear, trendTwoYears}
}

func (f trendFrame) days() int {
	switch f {
	case trendWeek:
		return 7
	case trendMonth:
		return 28
	case trendQuarter:
		return 91
	case trendYear:
		return 365
	case trendTwoYears:
		return 730
	default:
		return 182
	}
}

// A trendUnit is the unit of a metric, the digits of it that mean something, and whether more of it is better.
type trendUnit struct {
	unit     string
	decimals int
	better   betterWay
}

// A betterWay says which way of a metric is better.
type betterWay string

const (
	betterHigher betterWay = "higher"
	betterLower  betterWay = "lower"
	betterNone   betterWay = "neither"
)

func unitOf(m training.TrendMetric, s pierre.Sport) trendUnit {
	switch m {
	case training.TrendPace, training.TrendPaceAtHeart:
		return trendUnit{"seconds_per_km", 1, betterLower}
	case training.TrendHeartRate, training.TrendMaximum, training.TrendResting:
		return trendUnit{"bpm", 1, betterNone}
	case training.TrendPower, training.TrendPowerAtHeart, training.TrendCritical:
		return trendUnit{"watts", 1, betterHigher}
	case training.TrendDistance:
		return trendUnit{"km_per_week", 1, betterNone}
	case training.TrendDuration:
		return trendUnit{"hours_per_week", 2, betterNone}
	case training.TrendLoad:
		return trendUnit{"load_per_week", 0, betterNone}
	case training.TrendDecoupling:
		return trendUnit{"percent", 2, betterLower}
	case training.TrendVDOT:
		return trendUnit{"ml_per_kg_min", 2, betterHigher}
	default:
		if s.IsRide() {
			return trendUnit{"watts_per_bpm", 3, betterHigher}
		}
		return trendUnit{"meters_per_beat", 3, betterHigher}
	}
}

func (c *Catalog) analyzePerformanceTrends() tool {
	return declare(c, spec{
		name:  "analyze_performance_trends",
		title: "Analyse performance trends",
		doc: "Slope per month of a metric, with its 95 % confidence interval, number of points and the points, or that no trend can be told. " +
			"vdot, max_heart_rate, distance, duration and load are by week, critical_power by four weeks, resting_heart_rate by the profile's history, the others by activity.",
	}, c.describeTrend)
}

type trendArgs struct {
	Metric    training.TrendMetric `json:"metric" jsonschema:"What to look at. pace_at_heart_rate and power_at_heart_rate are brought to the median heart rate." brief:""`
	Timeframe trendFrame           `json:"timeframe,omitempty" jsonschema:"How far back: 7, 28, 91, 182, 365 or 730 days." brief:"" default:"sixmonths"`
	Sport     sportChoice          `json:"sport_type,omitempty" jsonschema:"Only this kind of sport: run means all running, ride all cycling." brief:""`
	End       date                 `json:"end_date,omitempty" jsonschema:"Last day. Default: today." brief:"default today"`
	Provider  pierre.Provider      `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
}

type trendAnswer struct {
	Metric    training.TrendMetric `json:"metric"`
	Unit      string               `json:"unit" jsonschema:"of the points; the slope is in this unit per month"`
	Better    betterWay            `json:"better" jsonschema:"which way is better"`
	Sport     pierre.Sport         `json:"sport_type,omitempty" jsonschema:"run: all running, ride: all cycling; absent: all sports"`
	From      string               `json:"from" jsonschema:"first local day"`
	To        string               `json:"to" jsonschema:"last local day"`
	TimeZone  zoneView             `json:"time_zone" jsonschema:"of the days of activities without a recorded offset"`
	Count     int                  `json:"points_count"`
	Slope     value                `json:"slope_per_month" jsonschema:"a month has 30.4375 days"`
	Low       *float64             `json:"slope_low,omitempty" jsonschema:"lower limit of the 95 % confidence interval"`
	High      *float64             `json:"slope_high,omitempty" jsonschema:"upper limit of it"`
	Median    *float64             `json:"median,omitempty" jsonschema:"of the points"`
	Direction direction            `json:"direction" jsonschema:"none: no trend can be told"`
	Points    []trendPoint         `json:"points" jsonschema:"the newest, oldest first"`
	Earlier   int                  `json:"earlier_points,omitempty" jsonschema:"number of points before these, which count as well"`
}

// A direction is which way a metric goes.
type direction string

const (
	directionRising  direction = "rising"
	directionFalling direction = "falling"
	directionNone    direction = "none"
)

type trendPoint struct {
	Date  string            `json:"date" jsonschema:"local day; of several, the first"`
	Value *float64          `json:"value"`
	ID    pierre.ActivityID `json:"activity_id,omitempty"`
}

// trendShown is how many points are listed.
const trendShown = 50

func (c *Catalog) describeTrend(ctx context.Context, user pierre.UserID, args trendArgs) (trendAnswer, error) {
	q := training.TrendQuery{Metric: args.Metric, Days: args.Timeframe.days(), Sport: pierre.Sport(args.Sport), Provider: args.Provider}
	q.Until, _ = args.End.day()
	t, err := c.training.Trend(ctx, user, q)
	if err != nil {
		return trendAnswer{}, err
	}
	if q.Until.After(t.To) {
		return trendAnswer{}, wrongArguments([]string{fmt.Sprintf("end_date must not be after today, %s.", t.To.Format(time.DateOnly))})
	}
	return viewTrend(args.Metric, t), nil
}

func viewTrend(m training.TrendMetric, t training.Trend) trendAnswer {
	unit := unitOf(m, t.Sport)
	a := trendAnswer{
		Metric: m, Unit: unit.unit, Better: unit.better, Sport: t.Sport, From: t.From.Format(time.DateOnly), To: t.To.Format(time.DateOnly),
		TimeZone: viewClock(t.Clock), Count: len(t.Points), Slope: viewValue(t.Slope, unit.decimals+1), Direction: directionNone, Points: []trendPoint{},
	}
	if t.Slope.Err == nil {
		a.Low, a.High, a.Median = rounded(t.Low, unit.decimals+1), rounded(t.High, unit.decimals+1), rounded(t.Median, unit.decimals)
	}
	switch {
	case t.Told && t.Slope.Value > 0:
		a.Direction = directionRising
	case t.Told:
		a.Direction = directionFalling
	}
	a.Earlier = max(0, len(t.Points)-trendShown)
	for _, p := range t.Points[a.Earlier:] {
		a.Points = append(a.Points, trendPoint{p.Day.Format(time.DateOnly), rounded(p.Value, unit.decimals), p.Activity})
	}
	return a
}

func (a trendAnswer) text() string {
	head := fmt.Sprintf("%s from %s to %s, %s: ", a.Metric, a.From, a.To, human.Plural(a.Count, "point"))
	if a.Slope.Value == nil {
		return head + a.Slope.NotAvailable
	}
	text := fmt.Sprintf("%s%s %s a month (95 %% interval %s to %s), median %s", head, plain(*a.Slope.Value), a.Unit, plain(*a.Low), plain(*a.High), plain(*a.Median))
	if a.Direction == directionNone {
		return text + ": no trend can be told"
	}
	return text + ": " + string(a.Direction)
}
