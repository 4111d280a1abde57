package console

import (
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// A comparison is today beside the same weekday of the weeks before.
type comparison struct {
	now   time.Time
	hours map[time.Time]usage.Sums
	days  map[time.Time]usage.Sums
}

func compare(hours, days []usage.BreakdownRow, now time.Time) comparison {
	by := func(rows []usage.BreakdownRow) map[time.Time]usage.Sums {
		found := map[time.Time]usage.Sums{}
		for _, row := range rows {
			if row.Start != nil {
				found[row.Start.UTC()] = row.Sums
			}
		}
		return found
	}
	return comparison{now, by(hours), by(days)}
}

func (c comparison) day() time.Time { return c.now.Truncate(24 * time.Hour) }

// usual returns the mean of a figure over the same weekday's hours of the weeks before: those of the hour h, or, with
// whole, all up to it. known is false if there is no week with calls.
func (c comparison) usual(h int, whole bool, figure func(usage.Sums) int64) (mean float64, known bool) {
	weeks := 0
	for w := 1; w <= usualWeeks; w++ {
		day := c.day().AddDate(0, 0, -7*w)
		if c.days[day].Requests == 0 {
			continue
		}
		weeks++
		for i := range h + 1 {
			n := float64(figure(c.hours[day.Add(time.Duration(i)*time.Hour)]))
			if i == h && whole { // the hour is not over
				n *= float64(c.now.Sub(c.now.Truncate(time.Hour))) / float64(time.Hour)
			}
			if i == h || whole {
				mean += n
			}
		}
	}
	if weeks == 0 {
		return 0, false
	}
	return mean / float64(weeks), true
}

// usualP95 is the median of the days before.
func (c comparison) usualP95() (ms float64, known bool) {
	var all []float64
	for day, sums := range c.days {
		if sums.Response != nil && day.Before(c.day()) {
			all = append(all, sums.Response.P95)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}

func (c comparison) stats() []ui.Stat {
	today := c.days[c.day()]
	note := func(figure func(usage.Sums) int64) string {
		if n, ok := c.usual(c.now.Hour(), true, figure); ok {
			return "usual by now: " + human.Count(int64(n+0.5))
		}
		return "nothing to compare with yet"
	}
	calls := ui.Stat{Label: "Calls today", Value: human.Count(today.Requests), Note: note(func(s usage.Sums) int64 { return s.Requests })}
	failed := ui.Stat{Label: "Failed", Value: human.Count(today.Failed), Note: note(func(s usage.Sums) int64 { return s.Failed })}
	refused := ui.Stat{Label: "Refused", Value: human.Count(today.RateLimited), Note: note(func(s usage.Sums) int64 { return s.RateLimited })}
	const (
		most       = 0.05 // of the calls, from which errors stand out
		muchSlower = 2    // times the usual
		slowFrom   = 100  // milliseconds: what nobody notices does not stand out
	)
	if today.ErrorRate != nil && *today.ErrorRate > most {
		failed.Tone, failed.Note = "bad", ui.Percent(*today.ErrorRate)+" of the calls"
	}
	p95 := ui.Stat{Label: "Slowest 5 % (p95)", Value: "–", Note: "no calls yet"}
	if today.Response != nil {
		p95.Value, p95.Note = ui.Milliseconds(today.Response.P95), ""
	}
	if ms, ok := c.usualP95(); ok {
		p95.Note = "usual: " + ui.Milliseconds(ms)
		if today.Response != nil && today.Response.P95 > muchSlower*ms && today.Response.P95 > slowFrom {
			p95.Tone = "warn"
		}
	}
	return []ui.Stat{calls, failed, p95, refused}
}

// chart draws today's hours beside what is usual.
func (c comparison) chart() ui.Chart {
	chart := ui.Chart{ID: "today", Title: "Calls by the hour", Kind: "lines", Unit: "calls", Lines: []ui.Line{{Name: "Today", Tone: "accent"}, {Name: "Usual", Tone: "muted"}}}
	for h := range 24 {
		at := c.day().Add(time.Duration(h) * time.Hour)
		chart.At = append(chart.At, at)
		var today, usual *float64
		if !at.After(c.now) {
			today = new(float64(c.hours[at].Requests))
		}
		if n, ok := c.usual(h, false, func(s usage.Sums) int64 { return s.Requests }); ok {
			usual = &n
		}
		chart.Lines[0].Values, chart.Lines[1].Values = append(chart.Lines[0].Values, today), append(chart.Lines[1].Values, usual)
	}
	return chart
}

// silent reports whether the last whole hour of today had no calls, though it usually has many: the server may be out of
// reach, or its metering stands still.
func (c comparison) silent() bool {
	last := c.now.Truncate(time.Hour).Add(-time.Hour)
	if last.Before(c.day()) || c.hours[last].Requests > 0 {
		return false
	}
	n, ok := c.usual(last.Hour(), false, func(s usage.Sums) int64 { return s.Requests })
	return ok && n >= silentFrom
}
