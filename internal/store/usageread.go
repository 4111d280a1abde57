package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A kept says from when on there are roll-ups of minutes and hours, and calls; those of days stay.
type kept struct{ minutes, hours, calls int64 }

func (t *tx) usageKept(ctx context.Context) (kept, error) {
	k := kept{math.MinInt64, math.MinInt64, math.MinInt64}
	rows, err := t.query(ctx, `SELECT what, from_us FROM usage_kept`)
	if err != nil {
		return k, err
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		var from int64
		if err := rows.Scan(&what, &from); err != nil {
			return k, err
		}
		switch what {
		case "minutes":
			k.minutes = from
		case "hours":
			k.hours = from
		case "calls":
			k.calls = from
		}
	}
	return k, rows.Err()
}

// has reports whether all roll-ups of the span, in seconds, are there that start at from or later.
func (k kept) has(span, from int64) bool {
	return span == daySpan || span == hourSpan && from >= k.hours || span == minuteSpan && from >= k.minutes
}

// A piece is a time [from, to), in microseconds, that reports read from roll-ups of one span, or from the calls
// themselves if the span is 0.
type piece struct{ span, from, to int64 }

func (p piece) contains(us int64) bool { return p.from <= us && us < p.to }

// cover divides [from, to) into pieces: the longest roll-ups that lie in it and are no longer than longest, and calls at
// the ends.
func (k kept) cover(from, to, longest int64) (pieces []piece) {
	if from >= to {
		return nil
	}
	for _, span := range [...]int64{daySpan, hourSpan, minuteSpan} {
		first, last := floor(from-1, span)+span*secondMicros, floor(to, span)
		if span > longest || first >= last || !k.has(span, first) {
			continue
		}
		pieces = append(k.cover(from, first, span-1), piece{span, first, last})
		return append(pieces, k.cover(last, to, span-1)...)
	}
	return []piece{{0, from, to}}
}

// A usageFilter restricts what is read of the usage. What is empty restricts nothing.
type usageFilter struct {
	key    *pierre.KeyID // nil: any
	single bool          // rows of single keys are wanted, even if nothing restricts the keys
	user   pierre.UserID // the customer
	tier   pierre.Tier
	tool   string
	from   string // country
}

// conditions returns what rows of a table that has the columns of roll-ups must meet. Only rows of single keys have keys.
func (u *usageFilter) conditions(rolled bool, customer string) *filter {
	f := &filter{}
	f.and("TRUE")
	if u.key != nil {
		f.and("key_id = " + f.arg(string(*u.key)))
	}
	if u.user != "" {
		f.and(customer + " = " + f.arg(string(u.user)))
	}
	if u.tier != "" {
		f.and("tier = " + f.arg(string(u.tier)))
	}
	if u.tool != "" {
		f.and("tool = " + f.arg(u.tool))
	}
	if u.from != "" {
		f.and("country = " + f.arg(u.from))
	}
	if rolled {
		switch {
		case u.key == nil && u.user != "": // whatever there is of a key, there is a day of it
			f.and("key_id IN (SELECT d.key_id FROM usage_rollups d WHERE d.span_s = 86400 AND d.customer_id = " + f.arg(string(u.user)) + ")")
		case u.key == nil && !u.single:
			f.and("key_id = '*'")
		case u.key == nil:
			f.and("key_id <> '*'")
		}
	}
	return f
}

// matches reports whether usage of a single key is wanted.
func (u *usageFilter) matches(id rollupID) bool {
	return (u.key == nil || id.key == *u.key) && (u.user == "" || id.customer == u.user) && (u.tier == "" || id.tier == u.tier) &&
		(u.tool == "" || id.tool == u.tool) && (u.from == "" || id.country == u.from)
}

const customerColumn = `CASE customer_id WHEN '' THEN user_id ELSE customer_id END`

// readUsage calls visit with all that adds up to the usage in [from, to): roll-ups, what is not folded into them yet, and
// calls and refusals that are in none. The same rollupID may come several times; its start lies in [from, to), but for
// a roll-up it is the start of its span, which is not longer than longest. The sums are visit's until it returns.
func (t *tx) readUsage(ctx context.Context, u *usageFilter, from, to time.Time, longest int64, visit func(rollupID, *pierre.UsageSums) error) error {
	k, err := t.usageKept(ctx)
	if err != nil {
		return err
	}
	pieces := k.cover(from.UnixMicro(), to.UnixMicro(), longest)
	for _, p := range pieces {
		if p.span == 0 && p.from < k.calls {
			return pierre.Invalid("from", "Usage before %s is kept by whole days, UTC: ask for days, from midnight to midnight.",
				time.UnixMicro(k.calls).UTC().Format(time.RFC3339))
		}
		if p.span == 0 && longest < daySpan && p.to-p.from >= longest*secondMicros {
			return pierre.Invalid("group_by", "Usage is kept by the minute for 8 days and by the hour for 100: ask for longer groups, or for a later time.")
		}
		if p.span == 0 {
			err = t.readCalls(ctx, u, p, "", visit)
		} else {
			err = t.readRollups(ctx, u, p, visit)
		}
		if err != nil {
			return err
		}
	}
	rolledOnly := func(id rollupID, sums *pierre.UsageSums) error {
		for _, p := range pieces {
			if p.span != 0 && p.contains(id.start) {
				return visit(id, sums)
			}
		}
		return nil
	}
	all := piece{0, from.UnixMicro(), to.UnixMicro()}
	if err := t.readDeltas(ctx, u, all, rolledOnly); err != nil {
		return err
	}
	return t.readCalls(ctx, u, all, "rolled", rolledOnly)
}

func (t *tx) readRollups(ctx context.Context, u *usageFilter, p piece, visit func(rollupID, *pierre.UsageSums) error) error {
	f := u.conditions(true, "customer_id")
	f.and("span_s = " + f.arg(p.span))
	f.and("start_us >= " + f.arg(p.from))
	f.and("start_us < " + f.arg(p.to))
	return t.visitSums(ctx, `SELECT `+deltaColumns+` FROM usage_rollups WHERE `+f.where(), f.args, p.span, visit)
}

// readDeltas reads what is not folded into roll-ups yet.
func (t *tx) readDeltas(ctx context.Context, u *usageFilter, p piece, visit func(rollupID, *pierre.UsageSums) error) error {
	f := u.conditions(false, "customer_id")
	f.and("start_us >= " + f.arg(p.from))
	f.and("start_us < " + f.arg(p.to))
	if err := t.visitSums(ctx, `SELECT `+deltaColumns+` FROM usage_deltas WHERE `+f.where(), f.args, minuteSpan, visit); err != nil {
		return err
	}
	var sums pierre.UsageSums // its memory is used for each
	return t.waitingUsage(ctx, u, p, func(id rollupID, kept *keptUsage) error {
		if err := kept.decode(&sums); err != nil {
			return err
		}
		return visit(id, &sums)
	})
}

func (t *tx) visitSums(ctx context.Context, q string, args []any, span int64, visit func(rollupID, *pierre.UsageSums) error) error {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var sums pierre.UsageSums // its memory is used for each row
	for rows.Next() {
		id := rollupID{span: span}
		if err := scanSums(rows, &sums, &id.key, &id.start, &id.tool, &id.country, &id.tier, &id.customer); err != nil {
			return err
		}
		if err := visit(id, &sums); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readCalls reads calls and refusals one by one: all of them, or with which = "rolled" those that are in no roll-up.
func (t *tx) readCalls(ctx context.Context, u *usageFilter, p piece, which string, visit func(rollupID, *pierre.UsageSums) error) error {
	calls, refused, left := "", "", "calls"
	if which != "" {
		calls, refused, left = " AND rolled = 0", " AND calls > rolled_calls", "calls - rolled_calls"
	}
	f := u.conditions(false, "("+customerColumn+")")
	f.and("started_us >= " + f.arg(p.from))
	f.and("started_us < " + f.arg(p.to))
	rows, err := t.query(ctx, `SELECT key_id, `+customerColumn+`, tier, tool, status, started_us, duration_us, request_bytes, response_bytes, country
		FROM calls WHERE `+f.where()+calls, f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanCall(rows)
		if err != nil {
			return err
		}
		var sums pierre.UsageSums
		sums.AddCall(&c)
		if err := visit(callID(&c), &sums); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return t.readRefused(ctx, u, p, left, refused, visit)
}

// callID is the id of a single call: its span is nothing.
func callID(c *pierre.Call) rollupID {
	return rollupID{c.KeyID, 0, c.Started.UnixMicro(), c.Tool, c.Country, c.Tier, customerOf(c)}
}

func scanCall(from scanner) (c pierre.Call, err error) {
	var started, duration int64
	err = from.Scan(&c.KeyID, &c.Customer, &c.Tier, &c.Tool, &c.Status, &started, &duration, &c.RequestBytes, &c.ResponseBytes, &c.Country)
	c.Started, c.Duration = time.UnixMicro(started).UTC(), time.Duration(duration)*time.Microsecond
	return c, err
}

// refusedCustomer is whose key refused calls are of: a version that kept no roll-ups did not say it.
const refusedCustomer = `CASE customer_id WHEN '' THEN COALESCE((SELECT k.user_id FROM api_keys k WHERE k.id = refused_calls.key_id), '') ELSE customer_id END`

func (t *tx) readRefused(ctx context.Context, u *usageFilter, p piece, number, which string, visit func(rollupID, *pierre.UsageSums) error) error {
	f := u.conditions(false, "("+refusedCustomer+")")
	f.and("minute_us >= " + f.arg(p.from))
	f.and("minute_us < " + f.arg(p.to))
	rows, err := t.query(ctx, `SELECT key_id, `+refusedCustomer+`, tier, tool, minute_us, country, `+number+` FROM refused_calls WHERE `+f.where()+which, f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		id := rollupID{span: minuteSpan}
		var sums pierre.UsageSums
		if err := rows.Scan(&id.key, &id.customer, &id.tier, &id.tool, &id.start, &id.country, &sums.Refused); err != nil {
			return err
		}
		if err := visit(id, &sums); err != nil {
			return err
		}
	}
	return rows.Err()
}

// countAdmitted counts the calls of a bucket in [from, to), whole minutes of late, that were not refused.
func (t *tx) countAdmitted(ctx context.Context, of bucketFilter, from, to int64) (n int64, err error) {
	const rolled = `SELECT COALESCE(sum(succeeded + failed), 0) FROM `
	add := func(q string, p piece, start, also string) error {
		f := of.conditions()
		f.and(start + " >= " + f.arg(p.from))
		f.and(start + " < " + f.arg(p.to))
		f.and(also)
		var more int64
		err := t.row(ctx, q+` WHERE `+f.where(), f.args...).Scan(&more)
		n += more
		return err
	}
	everything := kept{math.MinInt64, math.MinInt64, math.MinInt64}
	for _, p := range everything.cover(from, to, daySpan) {
		if err := add(rolled+`usage_rollups`, p, "start_us", fmt.Sprintf("span_s = %d", p.span)); err != nil {
			return 0, err
		}
	}
	all := piece{0, from, to}
	if err := add(rolled+`usage_deltas`, all, "start_us", "TRUE"); err != nil {
		return 0, err
	}
	if err := add(`SELECT count(*) FROM calls`, all, "started_us", "rolled = 0 AND status <> 'rate_limited'"); err != nil {
		return 0, err
	}
	waiting, err := t.waitingAdmitted(ctx, of, all)
	return n + waiting, err
}
