package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A keyUse tells SQL what a key has used of its own limit, but for what waits.
type keyUse struct {
	counter  string // joins quota_counters c, of the window that is open
	period   string // of the limit; '': none
	number   string // of the period in [pierre.Periods], which costs less to read; -1: none
	requests string // of the limit; 0: none
}

// useOf tells of each key's limit at q.At. A tier's limit is no column: it is in the statement.
func (f *filter) useOf(q pierre.KeyQuery, tiers []pierre.Plan) keyUse {
	const own = "CASE WHEN NOT k.limit_follows THEN "
	period, number, requests := own+"k.limit_period", own+"CASE k.limit_period", own+"k.limit_requests"
	for i, p := range pierre.Periods() {
		number += " WHEN '" + string(p) + "' THEN " + strconv.Itoa(i)
	}
	number += " END"
	for _, p := range tiers {
		if !p.Limit.Unlimited() {
			is := " WHEN k.limit_follows AND k.tier = " + f.arg(string(p.Tier)) + " THEN "
			period += is + f.arg(string(p.Limit.Period))
			number += is + strconv.Itoa(slices.Index(pierre.Periods(), p.Limit.Period))
			requests += is + strconv.FormatInt(p.Limit.Requests, 10)
		}
	}
	at := "0"
	if !q.At.IsZero() {
		at = strconv.FormatInt(q.At.UnixMicro(), 10)
	}
	return keyUse{ // old windows stay for a while, and at 0 there is none
		counter: " LEFT JOIN quota_counters c ON c.key_id = k.family_id AND c.period = (" + period + " END) AND c.window_start_us <= " + at + " AND c.window_end_us > " + at,
		period:  "COALESCE(" + period + " END, '')", number: "COALESCE(" + number + " END, -1)", requests: "COALESCE(" + requests + " END, 0)",
	}
}

// keysByUse returns the places of the keys of a page in the order of what is used of their limits, and of one more. It reads the counters
// of all keys that q is about: what waits may lift each of them.
func (t *tx) keysByUse(ctx context.Context, q pierre.KeyQuery, tiers []pierre.Plan, windows []openWindow, waiting map[string]*waitingUse) ([]keyPlace, error) {
	periods := pierre.Periods()
	first, err := newFirstPlaces(q)
	if err != nil {
		return nil, err
	}
	f := &filter{}
	use := f.useOf(q, tiers)
	f.keysOf(q)
	// Databases leave out the users where nothing is asked of them. Most families have the name of their key, and NULL is read faster.
	rows, err := t.query(ctx, `SELECT k.id, NULLIF(k.family_id, k.id), `+use.number+`, `+use.requests+`, c.used
		FROM api_keys k LEFT JOIN users u ON u.id = k.user_id`+use.counter+` WHERE `+f.where(), f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var id, family sql.RawBytes
	var period int
	var requests int64
	var counter sql.NullInt64
	for rows.Next() {
		if err := rows.Scan(&id, &family, &period, &requests, &counter); err != nil {
			return nil, err
		}
		if family == nil {
			family = id
		}
		place := keyPlace{Sort: q.Sort, ID: pierre.KeyID(id)}
		if requests > 0 && period >= 0 {
			const million = 1_000_000
			place.Number = waiting[string(family)].usedBy(windows, periods[period], counter) * million / requests
		}
		first.add(place)
	}
	return first.all(), rows.Err()
}

// FirstPlaces are the places of a page in an order by number, and one more.
type firstPlaces struct {
	wanted  int
	upwards bool
	after   *keyPlace // the last one of the page before; nil: there is none

	found []keyPlace
	full  bool     // so many are found,
	last  keyPlace // and those behind this one are not wanted
}

func newFirstPlaces(q pierre.KeyQuery) (*firstPlaces, error) {
	p := &firstPlaces{wanted: q.Limit + 1, upwards: q.Upwards}
	if q.Cursor == "" {
		return p, nil
	}
	after, err := parseKeyPlace(q.Cursor, q.Sort)
	p.after = &after
	return p, err
}

func (p *firstPlaces) compare(a, b keyPlace) int {
	if !p.upwards {
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
}

func (p *firstPlaces) add(k keyPlace) {
	if p.after != nil && p.compare(k, *p.after) <= 0 || p.full && p.compare(k, p.last) > 0 {
		return
	}
	if p.found = append(p.found, k); len(p.found) >= 2*p.wanted {
		p.found = p.all()
		p.full, p.last = true, p.found[p.wanted-1]
	}
}

func (p *firstPlaces) all() []keyPlace {
	slices.SortFunc(p.found, p.compare)
	return p.found[:min(len(p.found), p.wanted)]
}

// places are rows with the ids of keys and their order.
func (f *filter) places(of []keyPlace) string {
	rows := make([]string, len(of))
	for i, p := range of {
		rows[i] = "(CAST(" + f.arg(string(p.ID)) + " AS TEXT), " + strconv.Itoa(i) + ")"
	}
	return "VALUES " + strings.Join(rows, ", ")
}

// usedBy returns how many calls count in the window of the period that is open: what the counter says, and what is to be added to it.
func (u *waitingUse) usedBy(windows []openWindow, period pierre.Period, counter sql.NullInt64) int64 {
	i := slices.IndexFunc(windows, func(w openWindow) bool { return w.period == period })
	if u == nil || i < 0 || !counter.Valid && !u.limited[i] {
		return counter.Int64
	}
	return counter.Int64 + u.calls[i]
}

// waitingOfKeys returns what is to be added to the counters of families, all if there are none, at a time.
func (t *tx) waitingOfKeys(ctx context.Context, windows []openWindow, families map[string]bool) (map[string]*waitingUse, error) {
	if len(windows) == 0 {
		return map[string]*waitingUse{}, nil
	}
	return t.waitingIn(ctx, windows, func(bucket []byte) bool {
		return !isTool(bucket) && !isCustomer(bucket) && (len(families) == 0 || families[string(bucket)])
	})
}

func isTool(bucket []byte) bool { return bytes.HasPrefix(bucket, []byte(pierre.BucketTool+":")) }

func isCustomer(bucket []byte) bool {
	return bytes.HasPrefix(bucket, []byte(pierre.BucketCustomer+":"))
}

// waitingQuotas visits all that is to be added to counters of buckets that are wanted. The same may come several times.
func (t *tx) waitingQuotas(ctx context.Context, want func(bucket []byte) bool, visit func(q *keptQuota)) error {
	batches, err := t.batches(ctx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		for i := range b.quotas.len() {
			kept, err := b.quotas.quota(i)
			if err != nil {
				return err
			}
			if want(kept.bucket) {
				visit(&kept)
			}
		}
	}
	rows, err := t.query(ctx, `SELECT bucket, minute_us, period, sum(calls) FROM quota_deltas GROUP BY bucket, minute_us, period`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var q keptQuota
		if err := rows.Scan(&q.bucket, &q.minute, &q.period, &q.calls); err != nil {
			return err
		}
		if want(q.bucket) {
			visit(&q)
		}
	}
	return rows.Err()
}
