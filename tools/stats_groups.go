package tools

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A grouping is what the rows of get_stats stand for.
type grouping string

const (
	byDay   grouping = "day"
	byWeek  grouping = "week"
	byMonth grouping = "month"
	byYear  grouping = "year"
)

func groupings() []grouping { return []grouping{byDay, byWeek, byMonth, byYear} }

// start returns the first day of the group that a day belongs to.
func (g grouping) start(day time.Time) time.Time {
	switch g {
	case byWeek:
		return training.Monday(day)
	case byMonth:
		return day.AddDate(0, 0, 1-day.Day())
	case byYear:
		return time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case byDay:
	}
	return day
}

// next returns the first day of the group after the one that begins on start.
func (g grouping) next(start time.Time) time.Time {
	switch g {
	case byWeek:
		return start.AddDate(0, 0, 7)
	case byMonth:
		return start.AddDate(0, 1, 0)
	case byYear:
		return start.AddDate(1, 0, 0)
	case byDay:
	}
	return start.AddDate(0, 0, 1)
}

// maxGroups is how many rows an answer can have at most; its size is another limit.
const maxGroups = 200

type groupView struct {
	From string `json:"from" jsonschema:"first day, local"`
	sum
}

// grouped adds the rows, the newest that have room: from the first day asked for, or with an activity, to the last.
func (a statsAnswer) grouped(days []pierre.DaySum, args statsArgs, today time.Time) statsAnswer {
	metrics := args.Metrics
	if len(metrics) == 0 {
		metrics = []summed{sumDistance, sumDuration, sumElevation}
	}
	sums := map[time.Time][]pierre.ActivitySum{}
	var first, last time.Time
	future := 0 // activities of a device with a wrong clock, which would be many empty rows away
	for _, d := range days {
		if d.Day.After(today) {
			future += d.Activities
			continue
		}
		start := args.GroupBy.start(d.Day)
		sums[start] = append(sums[start], d.ActivitySum)
		if first.IsZero() || start.Before(first) {
			first = start
		}
		if start.After(last) {
			last = start
		}
	}
	if len(sums) == 0 {
		a.Note = joined(a.Note, noneMatches, ofTheFuture(future))
		return a
	}
	first, last = args.span(first, last, today)
	var rows []groupView
	skipped := 0
	for start := first; !start.After(last); start = args.GroupBy.next(start) {
		rows = append(rows, groupView{start.Format(time.DateOnly), viewSum(together(sums[start]), metrics)})
		if len(rows) > maxGroups {
			rows, skipped = rows[1:], skipped+1
		}
	}
	a.Note = joined(a.Note, ofTheFuture(future))
	return a.withRows(rows, skipped)
}

// ofTheFuture says how many activities are in no row, "" if none is missing.
func ofTheFuture(n int) string {
	if n == 0 {
		return ""
	}
	return human.Plural(n, "activity") + " of after today, as of a wrong clock, in no row."
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// span widens the groups from first to last by the days that were asked for, but not into the future.
func (a statsArgs) span(first, last, today time.Time) (from, to time.Time) {
	d := days(a.After, a.Before, time.UTC)
	if start := a.GroupBy.start(d.From); a.After.isDate() && start.Before(first) {
		first = start
	}
	end := today
	if a.Before.isDate() && d.To.Before(today) {
		end = d.To
	}
	if start := a.GroupBy.start(end); start.After(last) {
		last = start
	}
	return first, last
}

// withRows takes as many of the newest rows as an answer of the usual size has room for, at least one.
func (a statsAnswer) withRows(rows []groupView, skipped int) statsAnswer {
	note := a.Note
	for n := len(rows); ; n-- {
		left := len(rows) - n
		a.Groups, a.Note = rows[left:], note
		if left+skipped > 0 {
			a.Note = joined(note, fmt.Sprintf("%d earlier rows are left out; ask for them with before %s, or for longer groups.", left+skipped, rows[left].From))
		}
		if n == 1 || encodedSize(a)+encodedSize(a.text()) <= answerBytes {
			return a
		}
	}
}
