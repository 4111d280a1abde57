package tools

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// maxGroups is how many rows may have room in an answer of the usual size: each takes more than 60 bytes of it.
const maxGroups = answerBytes / 60

type groupView struct {
	From  string `json:"from" jsonschema:"first day, local"`
	title string // as people write the day, month or year
	sum
}

// title is how people write the group that begins at start: a week by its Monday.
func (a statsArgs) title(start time.Time) string {
	switch a.GroupBy {
	case pierre.ByMonth:
		return start.Format("Jan 2006")
	case pierre.ByYear:
		return start.Format("2006")
	default:
		return start.Format(time.DateOnly)
	}
}

// grouped adds the rows, the newest that have room: from the first day asked for, or with an activity, to the last. Only as
// many days are added up as there can be rows.
func (c *Catalog) grouped(ctx context.Context, user pierre.UserID, args statsArgs, clock training.Clock, a statsAnswer) (statsAnswer, error) {
	q := args.query(clock.Zone)
	past, future := untilToday(q, clock.Today())
	years, err := c.data.SumActivityGroups(ctx, user, future, pierre.ByYear)
	if err != nil {
		return a, err
	}
	ahead := 0
	for _, y := range years {
		ahead += y.Activities
	}
	firstDay, err := c.data.FirstActivityDay(ctx, user, past)
	if err != nil {
		return a, err
	}
	if firstDay.IsZero() {
		a.Note = joined(a.Note, noneMatches, ofTheFuture(ahead))
		return a, nil
	}
	by := args.GroupBy
	first, last := args.span(firstDay, past.Days.To)
	skipped := 0
	if earliest := by.Add(last, 1-maxGroups); first.Before(earliest) {
		for ; first.Before(earliest); first = by.Add(first, 1) {
			skipped++
		}
		past.Days.From = later(past.Days.From, first)
	}
	sums, err := c.data.SumActivityGroups(ctx, user, past, by)
	if err != nil {
		return a, err
	}
	a.Note = joined(a.Note, ofTheFuture(ahead))
	rows, more := args.rows(sums, first, last)
	return a.withRows(rows, skipped+more), nil
}

// rows shows the groups from first to last, also those without an activity, and how many of the first ones it leaves out
// because the rows after them take all the room of an answer.
func (a statsArgs) rows(sums []pierre.GroupSum, first, last time.Time) (rows []groupView, left int) {
	metrics := a.Metrics
	if len(metrics) == 0 {
		metrics = []summed{sumDistance, sumDuration, sumElevation}
	}
	of := map[time.Time]pierre.ActivitySum{}
	for _, s := range sums {
		of[s.Start] = s.ActivitySum
	}
	size := 0
	for start := last; !start.Before(first); start = a.GroupBy.Add(start, -1) {
		if size > answerBytes {
			left++
			continue
		}
		row := groupView{start.Format(time.DateOnly), a.title(start), viewSum(together([]pierre.ActivitySum{of[start]}), metrics)}
		rows = append(rows, row)
		size += encodedSize(row)
	}
	slices.Reverse(rows)
	return rows, left
}

// untilToday parts a query: activities of after today are those of a device with a wrong clock, which would be many empty
// rows away.
func untilToday(q pierre.ActivityQuery, today time.Time) (past, future pierre.ActivityQuery) {
	past, future = q, q
	if q.Days.To.IsZero() {
		future.Days.To = endOfTime()
	}
	if past.Days.To.IsZero() || past.Days.To.After(today) {
		past.Days.To = today
	}
	future.Days.From = later(q.Days.From, today.AddDate(0, 0, 1))
	return past, future
}

// endOfTime is after all days that a recording can have.
func endOfTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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

// span returns the first and the last group of days with rows, of which the last day is to: from the day that was asked for,
// or else from that of the first activity.
func (a statsArgs) span(firstDay, to time.Time) (first, last time.Time) {
	first = a.GroupBy.Start(firstDay)
	if from := days(a.After, a.Before, time.UTC).From; a.After.isDate() && from.Before(firstDay) {
		first = a.GroupBy.Start(from)
	}
	return first, a.GroupBy.Start(to)
}

// withRows takes as many of the newest rows as an answer of the usual size has room for, at least one.
func (a statsAnswer) withRows(rows []groupView, skipped int) statsAnswer {
	note := a.Note
	take := func(left int) {
		a.Groups, a.Note = rows[left:], note
		if left+skipped > 0 {
			a.Note = joined(note, fmt.Sprintf("%d earlier rows are left out; ask for them with before %s, or for longer groups.", left+skipped, rows[left].From))
		}
	}
	take(leastLeftOut(len(rows), func(left int) bool {
		take(left)
		return encodedSize(a)+encodedSize(a.text()) <= answerBytes
	}))
	return a
}

// leastLeftOut returns how many of n rows have to be left out, but not the last one, until the others have room.
func leastLeftOut(n int, room func(left int) bool) int { return sort.Search(max(0, n-1), room) }
