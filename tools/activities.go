package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// defaultPage is how many activities a page of get_activities holds if nothing is said.
const defaultPage = 20

const (
	// answerBytes is what an answer whose size was not asked for may take, text form included and the protocol's
	// wrapping not, to stay under 8 KB: models pay for every byte.
	answerBytes   = 8192 - 150
	longestCursor = 160
)

func (c *Catalog) getActivities() tool {
	return declare(c, spec{
		name:  "get_activities",
		title: "List activities",
		doc: "Lists the athlete's activities, newest first, with their totals and ids. " +
			"Use it to find activities by sport, time, name, length or ascent; follow next_cursor for older ones. For sums over a period use get_stats.",
	}, c.listActivities)
}

// A sportChoice is one of all sports.
type sportChoice pierre.Sport

type activitiesArgs struct {
	Provider pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"one source; default all, merged"`
	Sport    sportChoice     `json:"sport_type,omitempty" jsonschema:"Only this sport, exactly: run does not include trail_running." brief:"run, trail_running, ride, virtual_ride, swim, walk, hike and so on, exactly"`
	Limit    int             `json:"limit,omitempty" jsonschema:"At most this many activities. If not given, a page also ends before it exceeds 8 KB." brief:"" limits:"1,200" default:"20"`
	DaysBack int             `json:"days_back,omitempty" jsonschema:"Only activities that started within this many days, of 24 hours each, before now. Not together with after." brief:"started in the last n days" limits:"1,36500"`
	After    instant         `json:"after,omitempty" jsonschema:"Only activities that started at or after this: an RFC 3339 time such as 2026-03-01T06:00:00Z or a date such as 2026-03-01, a day on the activity's own clock. The same date in after and before is that day." brief:"from this date or RFC 3339 time on; the same date in before: that day"`
	Before   instant         `json:"before,omitempty" jsonschema:"Only activities that started before this: the same forms." brief:"exclusive"`
	Name     string          `json:"name,omitempty" jsonschema:"Only activities with this in their name, whatever the case." brief:"part of it" limits:"1,200"`
	Indoor   *bool           `json:"indoor,omitempty" jsonschema:"true: only those known to have been indoors; false: the others." brief:""`
	Race     *bool           `json:"race,omitempty" jsonschema:"true: only what the athlete called a race; false: the others." brief:""`
	Hidden   bool            `json:"hidden,omitempty" jsonschema:"true: only those that the athlete hid." brief:""`
	activityRanges
	Sort   activityOrder `json:"sort,omitempty" jsonschema:"What comes first. By a total, activities that lack it are left out." brief:"" default:"newest"`
	Offset int           `json:"offset,omitempty" jsonschema:"Skip this many activities. Prefer cursor." brief:"" limits:"0,1000000"`
	Cursor string        `json:"cursor,omitempty" jsonschema:"next_cursor of the page before, with the other arguments unchanged. Not together with offset." brief:"next_cursor of the page before" limits:"1,640"`
}

// An activityOrder says which activities come first in a list.
type activityOrder string

const (
	newestFirst   activityOrder = "newest"
	oldestFirst   activityOrder = "oldest"
	longestFirst  activityOrder = "distance"
	lengthyFirst  activityOrder = "duration"
	climbingFirst activityOrder = "elevation_gain"
)

func activityOrders() []activityOrder {
	return []activityOrder{newestFirst, oldestFirst, longestFirst, lengthyFirst, climbingFirst}
}

// total is what the order goes by, "" for the start.
func (o activityOrder) total() string {
	switch o {
	case longestFirst:
		return string(sumDistance)
	case lengthyFirst:
		return string(sumDuration)
	case climbingFirst:
		return string(sumElevation)
	case newestFirst, oldestFirst:
	}
	return ""
}

// An activityRanges says between what totals must lie.
type activityRanges struct {
	MinDistance  *float64 `json:"min_distance_meters,omitempty" jsonschema:"At least this far." brief:"" limits:"0,10000000"`
	MaxDistance  *float64 `json:"max_distance_meters,omitempty" limits:"0,10000000"`
	MinDuration  *float64 `json:"min_duration_seconds,omitempty" jsonschema:"At least this long, without pauses." brief:"" limits:"0,10000000"`
	MaxDuration  *float64 `json:"max_duration_seconds,omitempty" limits:"0,10000000"`
	MinElevation *float64 `json:"min_elevation_gain_meters,omitempty" limits:"0,100000"`
	MaxElevation *float64 `json:"max_elevation_gain_meters,omitempty" limits:"0,100000"`
}

func (r activityRanges) list() []pierre.Range {
	var set []pierre.Range
	for _, of := range []pierre.Range{
		{Total: string(sumDistance), Min: r.MinDistance, Max: r.MaxDistance},
		{Total: string(sumDuration), Min: r.MinDuration, Max: r.MaxDuration},
		{Total: string(sumElevation), Min: r.MinElevation, Max: r.MaxElevation},
	} {
		if of.Min != nil || of.Max != nil {
			set = append(set, of)
		}
	}
	return set
}

func (a activitiesArgs) problems() []string {
	var problems []string
	for _, r := range a.list() {
		if r.Min != nil && r.Max != nil && *r.Min > *r.Max {
			problems = append(problems, "min_"+r.Total+" is greater than max_"+r.Total+".")
		}
	}
	if a.DaysBack != 0 && a.After != "" {
		problems = append(problems, "days_back and after exclude each other.")
	}
	if a.Offset != 0 && a.Cursor != "" {
		problems = append(problems, "offset and cursor exclude each other.")
	}
	return append(problems, wrongOrder(a.After, a.Before)...)
}

// wrongOrder says what is wrong with a span of time. The same date twice is that day.
func wrongOrder(after, before instant) []string {
	from, ok1 := after.in(time.UTC)
	to, ok2 := before.in(time.UTC)
	if oneDay := after == before && after.isDate(); ok1 && ok2 && !from.Before(to) && !oneDay {
		return []string{"after must be earlier than before."}
	}
	return nil
}

type activitiesAnswer struct {
	Activities []activityView `json:"activities" jsonschema:"newest first, unless sort says otherwise"`
	TotalCount int            `json:"total_count" jsonschema:"of activities that match, on all pages"`
	NextCursor string         `json:"next_cursor,omitempty" jsonschema:"argument cursor for the next page; absent on the last"`
	Note       string         `json:"note,omitempty" jsonschema:"why the list is empty"`
}

func (a activitiesAnswer) text() string {
	if a.Note != "" {
		return a.Note
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s:", len(a.Activities), human.Plural(a.TotalCount, "activity"))
	for _, v := range a.Activities {
		b.WriteString("\n" + v.line())
	}
	if a.NextCursor != "" {
		b.WriteString("\nmore with cursor " + a.NextCursor)
	}
	return b.String()
}

func (c *Catalog) listActivities(ctx context.Context, user pierre.UserID, args activitiesArgs) (activitiesAnswer, error) {
	q, err := c.query(ctx, user, args)
	if err != nil {
		return activitiesAnswer{}, err
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return activitiesAnswer{}, err
	}
	if args.Limit == 0 {
		if n := fitting(page); n < len(page.Activities) {
			q.Limit = n
			if page, err = c.data.Activities(ctx, user, q); err != nil {
				return activitiesAnswer{}, err
			}
		}
	}
	a := viewPage(page)
	if page.Total == 0 {
		a.Note, err = c.whyNone(ctx, user, args)
	}
	return a, err
}

func (c *Catalog) query(ctx context.Context, user pierre.UserID, args activitiesArgs) (pierre.ActivityQuery, error) {
	q := pierre.ActivityQuery{
		Limit: cmp.Or(args.Limit, defaultPage), Offset: args.Offset, Cursor: args.Cursor, Name: args.Name,
		Indoor: args.Indoor, Race: args.Race, Hidden: args.Hidden, Ranges: args.list(), SortBy: args.Sort.total(), Ascending: args.Sort == oldestFirst,
	}
	q.Providers = sources(args.Provider)
	if args.Sport != "" {
		q.Sports = []pierre.Sport{pierre.Sport(args.Sport)}
	}
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return q, err
	}
	between(&q, args.After, args.Before, clock.Zone)
	if args.DaysBack != 0 {
		q.After = c.now().AddDate(0, 0, -args.DaysBack)
	}
	return q, nil
}

// between narrows q to a span of time.
func between(q *pierre.ActivityQuery, after, before instant, zone *time.Location) {
	if at, ok := after.in(zone); ok && !after.isDate() {
		q.After = at
	}
	if at, ok := before.in(zone); ok && !before.isDate() {
		q.Before = at
	}
	q.Days = days(after, before, zone)
}

// days are those from the date after on and before the date before, if these are dates; the same date twice is that day.
func days(after, before instant, zone *time.Location) pierre.LocalDays {
	if !after.isDate() && !before.isDate() {
		return pierre.LocalDays{}
	}
	d := pierre.LocalDays{ // all that an argument can name
		From: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC), Zone: zone,
	}
	if from, ok := after.in(time.UTC); ok && after.isDate() {
		d.From = from
	}
	if to, ok := before.in(time.UTC); ok && before.isDate() {
		if d.To = to.AddDate(0, 0, -1); before == after {
			d.To = to
		}
	}
	return d
}

func viewPage(page pierre.ActivityPage) activitiesAnswer {
	a := activitiesAnswer{Activities: make([]activityView, len(page.Activities)), TotalCount: page.Total, NextCursor: page.NextCursor}
	for i, act := range page.Activities {
		a.Activities[i] = viewActivity(act)
	}
	return a
}

// fitting returns how many of the page's activities an answer of the default size has room for, at least 1.
func fitting(page pierre.ActivityPage) int {
	for n := len(page.Activities); n > 1; n-- {
		part := page
		part.Activities = page.Activities[:n]
		if n < len(page.Activities) {
			part.NextCursor = strings.Repeat("x", longestCursor)
		}
		a := viewPage(part)
		if encodedSize(a)+encodedSize(a.text()) <= answerBytes {
			return n
		}
	}
	return 1
}

// encodedSize returns how many bytes v takes in an answer.
func encodedSize(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 0 // encoding the whole answer will fail too, and give the reason
	}
	return len(b)
}

const noneMatches = "No activity matches these arguments; try a longer period or another sport."

// whyNone says why no activity matched, and what to do about it.
func (c *Catalog) whyNone(ctx context.Context, user pierre.UserID, args activitiesArgs) (string, error) {
	have, err := c.data.ProviderSummaries(ctx, user)
	if err != nil {
		return "", err
	}
	if len(have) == 0 {
		return fmt.Sprintf("No activities have been imported yet. The athlete can import files or an account export with: %s PATH", c.options.ImportCommand), nil
	}
	names := make([]string, len(have))
	for i, h := range have {
		if h.Provider == args.Provider {
			return noneMatches, nil
		}
		names[i] = fmt.Sprintf("%s (%d)", h.Provider, h.Activities)
	}
	if args.Provider == "" {
		return noneMatches, nil
	}
	return fmt.Sprintf("Nothing has been imported from %s; activities are there from %s.", args.Provider, strings.Join(names, ", ")), nil
}
