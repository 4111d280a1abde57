package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// activityRow is the row of an activity: every column is named here and nowhere else.
func activityRow(a *pierre.Activity) row {
	r := row{
		{name: "id", value: &a.ID},
		{name: "user_id", value: &a.UserID},
		{name: "provider", value: &a.Provider},
		{name: "name", value: &a.Name},
		{name: "description", value: &a.Description},
		{name: "sport", value: &a.Sport},
		{name: "sport_name", value: &a.SportName},
		{name: "indoor", value: &a.Indoor},
		{name: "race", value: &a.Race},
		{name: "start_us", value: instant{&a.Start}},
		{name: "utc_offset_s", value: &a.UTCOffset},
		{name: "has_gps", value: &a.HasGPS},
		{name: "device", value: &a.Device},
		{name: "multisport_id", value: &a.MultisportID},
		{name: "warnings", value: jsonText{list: &a.Warnings}},
		{name: "hidden", value: &a.Hidden},
		{name: "twin_id", value: &a.Twin},
		{name: "note", value: &a.Note},
		{name: "rpe", value: &a.RPE},
		{name: "feel", value: &a.Feel},
		{name: "gear", value: &a.Gear},
		{name: "said", value: jsonText{list: &a.Said, null: true}},
	}
	for _, f := range a.Fields() {
		r = append(r, column{name: f.Name, value: f.Value})
	}
	return r
}

// Activities returns a page of the user's activities, newest first unless q says otherwise. Total and page are of one moment.
func (s *Store) Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error) {
	page := pierre.ActivityPage{Activities: []pierre.Activity{}}
	err := s.view(ctx, "reading activities", func(t *tx) error {
		f := newFilter(user, q)
		if !q.Uncounted {
			if err := t.row(ctx, `SELECT count(*) FROM activities a WHERE `+f.where(), f.args...).Scan(&page.Total); err != nil {
				return err
			}
		}
		if err := f.page(q); err != nil {
			return err
		}
		var a pierre.Activity
		r := activityRow(&a)
		into := r.values()
		rows, err := t.query(ctx, `SELECT `+r.names("")+` FROM activities a WHERE `+f.where()+f.tail, f.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			a = pierre.Activity{}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			page.Activities = append(page.Activities, a)
		}
		return rows.Err()
	})
	if q.Limit > 0 && len(page.Activities) > q.Limit { // one more than wanted was read, to know if there are more
		page.Activities = page.Activities[:q.Limit]
		page.NextCursor = cursorAfter(page.Activities[q.Limit-1], q)
	}
	return page, err
}

// cursorAfter is where the page after the one that ends with last begins.
func cursorAfter(last pierre.Activity, q pierre.ActivityQuery) string {
	return position{At: last.Start.UnixMicro(), ID: string(last.ID), Total: totalOf(last, q.SortBy), Order: orderOf(q)}.cursor()
}

// orderOf names the order of a list, "" for the newest first.
func orderOf(q pierre.ActivityQuery) string {
	if q.Ascending {
		return q.SortBy + "+"
	}
	return q.SortBy
}

// totalOf returns the total of that name, nil for "".
func totalOf(a pierre.Activity, name string) *float64 {
	for _, total := range a.Fields() {
		if total.Name == name {
			return *total.Value
		}
	}
	return nil
}

// Activity returns one of the user's activities.
func (s *Store) Activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error) {
	var a pierre.Activity
	r := activityRow(&a)
	err := s.row(ctx, `SELECT `+r.names("")+` FROM activities WHERE user_id = $1 AND id = $2`, user, id).Scan(r.values()...)
	return a, s.classify(err, "activity "+string(id))
}

type scanner interface{ Scan(dest ...any) error }

// A filter is the text and the arguments of a query's WHERE clause and of what follows it.
type filter struct {
	conds []string
	tail  string
	args  []any
}

func newFilter(user pierre.UserID, q pierre.ActivityQuery) *filter {
	f := &filter{}
	f.and("a.user_id = " + f.arg(user))
	f.and("a.hidden = " + f.arg(q.Hidden))
	if q.Twins {
		f.and(`a.twin_id <> ''`)
	}
	if q.Twin != "" {
		f.and(`a.twin_id = ` + f.arg(q.Twin) + ` AND a.twin_id <> ''`)
	}
	if len(q.Providers) > 0 {
		f.and(`EXISTS (SELECT 1 FROM activity_sources s WHERE s.user_id = a.user_id AND s.activity_id = a.id AND s.provider IN (` + list(f, q.Providers) + `))`)
	}
	if len(q.Sports) > 0 {
		f.and(`a.sport IN (` + list(f, q.Sports) + `)`)
	}
	f.days(q.Days)
	if !q.After.IsZero() {
		f.and(`a.start_us >= ` + f.arg(q.After.UnixMicro()))
	}
	if !q.Before.IsZero() {
		f.and(`a.start_us < ` + f.arg(q.Before.UnixMicro()))
	}
	f.what(q)
	return f
}

// what adds the conditions on what an activity was.
func (f *filter) what(q pierre.ActivityQuery) {
	if q.Name != "" {
		f.contains(`a.name`, q.Name)
	}
	if q.Indoor != nil {
		f.and(`a.indoor = ` + f.arg(*q.Indoor))
	}
	if q.Race != nil {
		f.and(`a.race = ` + f.arg(*q.Race))
	}
	for _, r := range q.Ranges {
		if r.Min != nil {
			f.and(totalColumn(r.Total) + ` >= ` + f.arg(*r.Min))
		}
		if r.Max != nil {
			f.and(totalColumn(r.Total) + ` <= ` + f.arg(*r.Max))
		}
	}
	if q.SortBy != "" {
		f.and(totalColumn(q.SortBy) + ` IS NOT NULL`)
	}
}

// contains adds the condition that a column has a text in it, whatever the case. SQLite lowers ASCII letters only, and so does
// PostgreSQL in some locales; the other letters of the text are replaced one by one, before others of them lower what
// [unicode.SimpleFold] takes for a letter of its own: the capital of i with its dot.
func (f *filter) contains(column, text string) {
	expr, done := column, map[rune]bool{}
	replace := func(other, small rune) {
		expr = `replace(` + expr + `, ` + f.arg(string(other)) + `, ` + f.arg(string(small)) + `)`
	}
	fold := func(r rune) rune {
		small := unicode.ToLower(r)
		if done[small] {
			return small
		}
		done[small] = true
		for other := unicode.SimpleFold(small); other != small; other = unicode.SimpleFold(other) {
			if other > unicode.MaxASCII {
				replace(other, small)
			}
		}
		if small == 'i' {
			replace('İ', small)
		}
		return small
	}
	pattern := "%" + likeText(strings.Map(fold, text)) + "%"
	f.and(`lower(` + expr + `) LIKE ` + f.arg(pattern) + ` ESCAPE '\'`)
}

// likeText takes the meaning from what has one in a pattern of LIKE whose escape character is \.
func likeText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// totalColumn is the column of a total; it is called with a name of the domain, which no caller makes up.
func totalColumn(name string) string {
	for _, total := range new(pierre.Totals).Fields() {
		if total.Name == name {
			return "a." + total.Name
		}
	}
	panic("no total is called " + strconv.Quote(name)) //nolint:forbidigo // a mistake in the program
}

// page adds the page's start and the order.
func (f *filter) page(q pierre.ActivityQuery) error {
	order, after := "DESC", "<"
	if q.Ascending {
		order, after = "ASC", ">"
	}
	if q.Cursor != "" {
		if q.Offset > 0 {
			return pierre.Invalid("cursor", "Give either cursor or offset, not both.")
		}
		last, err := parsePosition(q.Cursor)
		if err != nil {
			return err
		}
		if last.Order != orderOf(q) || (q.SortBy != "") != (last.Total != nil) {
			return pierre.Invalid("cursor", "The cursor is of another order: leave the other arguments as they were.")
		}
		columns, values := `a.start_us, a.id`, f.arg(last.At)+`, `+f.arg(last.ID)
		if last.Total != nil {
			columns, values = totalColumn(q.SortBy)+`, `+columns, f.arg(*last.Total)+`, `+values
		}
		f.and(`(` + columns + `) ` + after + ` (` + values + `)`)
	}
	f.tail = ` ORDER BY a.start_us ` + order + `, a.id ` + order
	if q.SortBy != "" {
		f.tail = ` ORDER BY ` + totalColumn(q.SortBy) + ` ` + order + `, a.start_us ` + order + `, a.id ` + order
	}
	if q.Limit > 0 {
		f.tail += ` LIMIT ` + f.arg(q.Limit+1)
	} else if q.Offset > 0 {
		f.tail += ` LIMIT ` + f.arg(int64(1<<62)) // SQLite knows OFFSET only after LIMIT
	}
	if q.Offset > 0 {
		f.tail += ` OFFSET ` + f.arg(q.Offset)
	}
	return nil
}

func (f *filter) and(cond string) { f.conds = append(f.conds, cond) }

func (f *filter) arg(v any) string {
	f.args = append(f.args, v)
	return "$" + strconv.Itoa(len(f.args))
}

func (f *filter) where() string { return strings.Join(f.conds, " AND ") }

func list[T any](f *filter, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = f.arg(v)
	}
	return strings.Join(marks, ", ")
}

// ProviderSummaries says what the user has from each provider, by the provider's name.
func (s *Store) ProviderSummaries(ctx context.Context, user pierre.UserID) ([]pierre.ProviderSummary, error) {
	rows, err := s.query(ctx, `SELECT s.provider, count(DISTINCT a.id), min(a.start_us), max(a.start_us), max(s.imported_us)
		FROM activity_sources s JOIN activities a ON a.id = s.activity_id
		WHERE s.user_id = $1 AND a.user_id = $1 AND NOT a.hidden GROUP BY s.provider ORDER BY s.provider`, user)
	if err != nil {
		return nil, s.classify(err, "summing up providers")
	}
	defer rows.Close()
	var sums []pierre.ProviderSummary
	for rows.Next() {
		var p pierre.ProviderSummary
		var first, last, imported sql.NullInt64
		if err := rows.Scan(&p.Provider, &p.Activities, &first, &last, &imported); err != nil {
			return nil, s.classify(err, "summing up providers")
		}
		p.First, p.Last, p.Imported = fromMicros(first), fromMicros(last), fromMicros(imported)
		sums = append(sums, p)
	}
	return sums, s.classify(rows.Err(), "summing up providers")
}
