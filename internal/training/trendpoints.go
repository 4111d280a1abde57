package training

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A collector goes through the activities of a period and makes points of them.
type collector struct {
	metric   TrendMetric
	sport    pierre.Sport // "": all
	from, to time.Time
	athlete  Athlete
	points   []kindPoint
	byDay    map[time.Time]float64     // sums of weekly metrics
	blocks   map[time.Time]*bestPowers // of critical power, by their first day
}

// A kindPoint is a point, the kind of sport that it is of, and the heart rate beside it.
type kindPoint struct {
	TrendPoint

	kind pierre.Sport
	bpm  float64
}

func newCollector(q TrendQuery, t *Trend, athlete Athlete) *collector {
	c := &collector{metric: q.Metric, sport: q.Sport, from: t.From, to: t.To, athlete: athlete, byDay: map[time.Time]float64{}, blocks: map[time.Time]*bestPowers{}}
	if c.sport == "" {
		switch q.Metric {
		case TrendPace, TrendVDOT, TrendPaceAtHeart:
			c.sport = pierre.SportRun
		case TrendPower, TrendCritical, TrendPowerAtHeart:
			c.sport = pierre.SportRide
		default:
		}
	}
	return c
}

// leastTrendSeconds is the shortest activity whose output and heart rate are compared: the heart rate lags behind.
const leastTrendSeconds = 1200

func (c *collector) add(act pierre.Activity, d digest) {
	day := c.athlete.Clock.DayOf(act)
	if day.Before(c.from) || day.After(c.to) {
		return
	}
	switch c.metric {
	case TrendDistance:
		if act.DistanceMeters != nil {
			c.byDay[day] += *act.DistanceMeters / 1000
		}
	case TrendDuration:
		if act.DurationSeconds != nil {
			c.byDay[day] += *act.DurationSeconds / 3600
		}
	case TrendCritical:
		c.addBlock(act, d, day)
	default:
		value, bpm, ok := c.value(act, d)
		if ok {
			c.points = append(c.points, kindPoint{TrendPoint{day, value, act.ID}, kindOf(act.Sport)[0], bpm})
		}
	}
}

// blockDays is how many days the efforts of one critical power are from.
const blockDays = 28

func (c *collector) addBlock(act pierre.Activity, d digest, day time.Time) {
	ago := int(c.to.Sub(day)/(24*time.Hour)) / blockDays
	first := c.to.AddDate(0, 0, 1-(ago+1)*blockDays)
	if first.Before(c.from) {
		return // not whole
	}
	if c.blocks[first] == nil {
		c.blocks[first] = &bestPowers{}
	}
	c.blocks[first].add(act, d)
}

// finish gives the trend its points.
func (c *collector) finish(t *Trend) {
	switch c.metric {
	case TrendDistance, TrendDuration:
		t.What, t.Points = fmt.Sprintf("%s of each whole week", c.metric), weekly(c.from, c.to, c.byDay)
	case TrendCritical:
		t.What, t.Points = fmt.Sprintf("fitted to the best of each %d days", blockDays), c.critical()
	default:
		c.finishActivities(t)
	}
}

func (c *collector) finishActivities(t *Trend) {
	if c.sport == "" && (c.metric == TrendEfficiency || c.metric == TrendDecoupling) { // which differ by sport
		t.Sport = c.mostFrequent()
		c.points = slices.DeleteFunc(c.points, func(p kindPoint) bool { return p.kind != t.Sport })
	}
	t.What = "one of each activity"
	switch c.metric {
	case TrendVDOT, TrendMaximum:
		c.points, t.What = bestOfWeeks(c.points), "the highest of each week"
	case TrendPaceAtHeart, TrendPowerAtHeart:
		t.What = c.atOneHeartRate()
	default:
	}
	for _, p := range c.points {
		t.Points = append(t.Points, p.TrendPoint)
	}
}

func (c *collector) mostFrequent() pierre.Sport {
	counts := map[pierre.Sport]int{}
	for _, p := range c.points {
		counts[p.kind]++
	}
	kinds := slices.Sorted(maps.Keys(counts))
	if len(kinds) == 0 {
		return ""
	}
	return slices.MaxFunc(kinds, func(a, b pierre.Sport) int { return cmp.Compare(counts[a], counts[b]) })
}

// bestOfWeeks keeps the highest point of each week.
func bestOfWeeks(points []kindPoint) []kindPoint {
	var best []kindPoint
	for _, p := range points {
		last := len(best) - 1
		switch {
		case last < 0 || !Monday(best[last].Day).Equal(Monday(p.Day)):
			best = append(best, p)
		case p.Value > best[last].Value:
			best[last] = p
		}
	}
	return best
}

// withinHeart is how far the mean heart rate of an activity may be from the one that its output is brought to, in bpm.
const withinHeart = 10

// atOneHeartRate brings the outputs to the median heart rate: the reserve above rest that a heart rate takes up is in
// proportion to the share of the oxygen uptake (Swain & Leutholtz 1997), and that about to power or running speed.
func (c *collector) atOneHeartRate() string {
	if len(c.points) == 0 {
		return "no activity of 20 minutes or more has both"
	}
	rates := make([]float64, len(c.points))
	for i, p := range c.points {
		rates[i] = p.bpm
	}
	slices.Sort(rates)
	at := rates[len(rates)/2]
	kept := c.points[:0]
	for _, p := range c.points {
		rest := 0.0
		if a := c.athlete.On(p.Day); a.restingHR.known {
			rest = a.restingHR.value
		}
		if p.bpm < at-withinHeart || p.bpm > at+withinHeart || p.bpm <= rest || at <= rest {
			continue
		}
		p.Value *= (at - rest) / (p.bpm - rest)
		if c.metric == TrendPaceAtHeart {
			p.Value = 1000 / p.Value
		}
		kept = append(kept, p)
	}
	c.points = kept
	by := "in proportion to the heart rate, as the resting heart rate is not known"
	if c.athlete.restingHR.known {
		by = "in proportion to the heart rate reserve (Swain & Leutholtz 1997)"
	}
	return fmt.Sprintf("at %.0f bpm, %s, of each activity within %d bpm of it", at, by, withinHeart)
}

func (c *collector) critical() []TrendPoint {
	var points []TrendPoint
	for _, first := range slices.SortedFunc(maps.Keys(c.blocks), time.Time.Compare) {
		var efforts []fitness.Effort
		for _, b := range *c.blocks[first] {
			efforts = append(efforts, fitness.Effort{Seconds: b.Seconds, Watts: b.Watts})
		}
		if cp, err := fitness.FitCriticalPower(efforts); err == nil {
			points = append(points, TrendPoint{Day: first, Value: cp.Watts})
		}
	}
	return points
}
