package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The spans of the rows of activity_sums.
const (
	_ = iota // of another version: activities without an offset, of one start
	spanDay
	spanMonth
	spanYear
)

// A sumKey names a row of activity_sums.
type sumKey struct {
	span  int
	at    int64 // µs, the first midnight of the athlete's days as if it were in UTC
	sport pierre.Sport
}

// A sumRow is what a row of activity_sums adds up.
type sumRow struct {
	activities int64
	longest    *float64 // m
	longestAt  int64    // µs, its start
	longestID  pierre.ActivityID
	totals     [sumTotals]float64
	counts     [sumTotals]int64
}

// sumTotals is how many totals add up.
const sumTotals = 6

func (r *sumRow) add(o *sumRow) {
	r.activities += o.activities
	if o.longest != nil && (r.longest == nil || cmp.Or(cmp.Compare(*o.longest, *r.longest), cmp.Compare(o.longestAt, r.longestAt), cmp.Compare(o.longestID, r.longestID)) > 0) {
		r.longest, r.longestAt, r.longestID = o.longest, o.longestAt, o.longestID
	}
	for i, n := range o.counts {
		r.totals[i] += o.totals[i]
		r.counts[i] += n
	}
}

// equal reports whether r is written as o is.
func (r *sumRow) equal(o *sumRow) bool {
	a, b := *r, *o
	a.longest, b.longest = nil, nil
	return a == b && (r.longest == nil) == (o.longest == nil) && (r.longest == nil || *r.longest == *o.longest)
}

// sumNames are the columns of the totals, each followed by how many activities have it.
func sumNames() (names string) {
	for _, total := range new(pierre.Totals).Sums() {
		names += ", " + total.Name + ", " + total.Name + "_count"
	}
	return names
}

// sumAgain brings the user's activity_sums up to date, by the days of a zone for activities without an offset.
func (s *Store) sumAgain(ctx context.Context, user pierre.UserID, zone *time.Location) error {
	err := s.update(ctx, "adding up activities again", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		state, err := stateOf(ctx, t, user)
		if err != nil {
			return err
		}
		sums, err := t.addUp(ctx, user, zone)
		if err != nil {
			return err
		}
		if err := t.writeSums(ctx, user, sums); err != nil {
			return err
		}
		if err := t.writeGear(ctx, user); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO activity_states (user_id, revision, summed_state) VALUES ($1, 0, $2)
			ON CONFLICT (user_id) DO UPDATE SET summed_state = excluded.summed_state`, user, state.of(zone))
		return err
	})
	if pierre.KindOf(err) == pierre.KindNotFound {
		return nil // the user is gone
	}
	return err
}

// addUp adds up the user's activities into rows.
func (t *tx) addUp(ctx context.Context, user pierre.UserID, zone *time.Location) (map[sumKey]*sumRow, error) {
	f := countedOf(user, pierre.ActivityQuery{})
	var names strings.Builder
	for _, total := range new(pierre.Totals).Sums() {
		names.WriteString(", a." + total.Name)
	}
	rows, err := t.query(ctx, `SELECT a.id, a.sport, a.start_us, a.utc_offset_s`+names.String()+` FROM activities a WHERE `+f.where()+` ORDER BY a.start_us, a.id`, f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[sumKey]*sumRow{}
	for rows.Next() {
		var sport pierre.Sport
		var offset *int64
		one := sumRow{activities: 1}
		var values [sumTotals]*float64
		into := []any{&one.longestID, &sport, &one.longestAt, &offset}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		one.take(values)
		for _, k := range sumKeys(one.longestAt, offset, zone, sport) {
			if sums[k] == nil {
				sums[k] = &sumRow{}
			}
			sums[k].add(&one)
		}
	}
	return sums, rows.Err()
}

// take sets the totals of one activity, of which the distance is the first.
func (r *sumRow) take(values [sumTotals]*float64) {
	for i, v := range values {
		if v != nil {
			r.totals[i], r.counts[i] = *v, 1
		}
	}
	r.longest = values[0]
}

// sumKeys returns the rows that an activity counts in.
func sumKeys(start int64, offset *int64, zone *time.Location, sport pierre.Sport) []sumKey {
	local := time.UnixMicro(start).In(zone)
	if offset != nil {
		local = time.UnixMicro(start + *offset*1e6).UTC()
	}
	y, m, d := local.Date()
	at := func(m time.Month, d int) int64 { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMicro() }
	return []sumKey{{spanDay, at(m, d), sport}, {spanMonth, at(m, 1), sport}, {spanYear, at(1, 1), sport}}
}

// writeSums makes sums the rows of the user. Those that are so already stay.
func (t *tx) writeSums(ctx context.Context, user pierre.UserID, sums map[sumKey]*sumRow) error {
	kept, err := t.keptSums(ctx, user)
	if err != nil {
		return err
	}
	var fresh []sumKey
	for k, r := range sums {
		if kept[k] == nil || !kept[k].equal(r) {
			fresh = append(fresh, k)
		}
	}
	for k, old := range kept {
		if r := sums[k]; r != nil && old.equal(r) {
			continue
		}
		if _, err := t.exec(ctx, `DELETE FROM activity_sums WHERE user_id = $1 AND span = $2 AND at_us = $3 AND sport = $4`, user, k.span, k.at, k.sport); err != nil {
			return err
		}
	}
	statement := rowsStatement{
		head:  `INSERT INTO activity_sums (user_id, span, at_us, sport, activities, longest_meters, longest_us, longest_id` + sumNames() + `) VALUES `,
		width: 8 + 2*sumTotals,
	}
	slices.SortFunc(fresh, compareSums)
	for part := range parts(fresh) {
		args := make([]any, 0, len(part)*statement.width)
		for _, k := range part {
			r := sums[k]
			args = append(args, user, k.span, k.at, k.sport, r.activities, r.longest, r.longestAt, r.longestID)
			for i, n := range r.counts {
				args = append(args, totalOrNull(r.totals[i], n), n)
			}
		}
		if _, err := t.exec(ctx, statement.text(len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

func compareSums(a, b sumKey) int {
	return cmp.Or(cmp.Compare(a.span, b.span), cmp.Compare(a.at, b.at), cmp.Compare(a.sport, b.sport))
}

func totalOrNull(total float64, count int64) any {
	if count == 0 {
		return nil
	}
	return total
}

// keptSums returns the rows that the user has.
func (t *tx) keptSums(ctx context.Context, user pierre.UserID) (map[sumKey]*sumRow, error) {
	rows, err := t.query(ctx, `SELECT span, at_us, sport, activities, longest_meters, longest_us, longest_id`+sumNames()+`
		FROM activity_sums WHERE user_id = $1`, user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	kept := map[sumKey]*sumRow{}
	for rows.Next() {
		var k sumKey
		var values [sumTotals]*float64
		r := &sumRow{}
		into := []any{&k.span, &k.at, &k.sport, &r.activities, &r.longest, &r.longestAt, &r.longestID}
		for i := range values {
			into = append(into, &values[i], &r.counts[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if v != nil {
				r.totals[i] = *v
			}
		}
		kept[k] = r
	}
	return kept, rows.Err()
}

// errNotSummed says that activity_sums do not have what is asked for.
var errNotSummed = errors.New("the sums are of an older state")
