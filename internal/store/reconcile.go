package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A tally is what reconciliation compares: the tier and the customer are left out, since a version did not record them.
type tally struct{ key, tool, country string }

type tallies map[tally]*pierre.UsageSums

func (t tallies) add(id rollupID, sums *pierre.UsageSums) {
	at := tally{string(id.key), id.tool, id.country}
	if t[at] == nil {
		t[at] = &pierre.UsageSums{}
	}
	t[at].Add(sums)
}

func (t tallies) collect(id rollupID, sums *pierre.UsageSums) error {
	t.add(id, sums)
	return nil
}

// ofAll adds up all keys.
func (t tallies) ofAll() tallies {
	all := tallies{}
	for at, sums := range t {
		all.add(rollupID{key: allKeys, tool: at.tool, country: at.country}, sums)
	}
	return all
}

// Reconcile proves, for each UTC day of [from, to), that calls, minutes, hours, days and the rows of all keys say the same,
// and that the quotas whose windows are open at now do, and names every difference, and what is damaged. With repair it makes what is kept
// again from the calls, where these are kept. It may run beside servers; a quota that it repaired is then right after
// their next start. A zero from is the first day of which anything is kept.
func (s *Store) Reconcile(ctx context.Context, from, to, now time.Time, repair bool) (pierre.Reconciliation, error) {
	all := from.IsZero()
	if all {
		var err error
		if from, err = s.firstUsage(ctx, to); err != nil {
			return pierre.Reconciliation{}, err
		}
	}
	r := pierre.Reconciliation{From: from.UTC().Truncate(24 * time.Hour), To: to.UTC(), Differences: []pierre.Difference{}, Damaged: []pierre.DamagedUsage{}}
	err := s.findDamage(ctx)
	if err != nil {
		return r, err
	}
	if r.Damaged, err = s.DamagedUsage(ctx); err != nil {
		return r, err
	}
	day := r.From
	for ; day.Before(r.To); day = day.AddDate(0, 0, 1) {
		if err := s.reconcileDay(ctx, day, repair, &r); err != nil {
			return r, err
		}
	}
	if r.Later, err = s.callsFrom(ctx, day); err != nil {
		return r, err
	}
	if err := s.reconcileQuotas(ctx, now, repair, &r); err != nil {
		return r, err
	}
	mended := !slices.ContainsFunc(r.Differences, func(d pierre.Difference) bool { return !d.Mended })
	if repair && all && mended && len(r.Damaged) > 0 {
		if err := s.forgetDamage(ctx, r.Damaged); err != nil {
			return r, err
		}
	}
	if len(r.Differences) == 0 {
		return r, nil
	}
	return r, s.update(ctx, "noting differences in the usage", func(t *tx) error {
		const shown = 20
		return t.audit(ctx, pierre.Act{Person: "reconciliation", At: now}, "usage.differences", "usage", map[string]any{
			"count": len(r.Differences), "repaired": repair, "first": r.Differences[:min(shown, len(r.Differences))],
		})
	})
}

// firstUsage returns when the first usage was that is kept, or before if there is none.
func (s *Store) firstUsage(ctx context.Context, before time.Time) (time.Time, error) {
	var first int64
	err := s.row(ctx, `SELECT COALESCE(min(us), $1) FROM (
		SELECT min(start_us) AS us FROM usage_rollups WHERE span_s = 86400
		UNION ALL SELECT min(started_us) FROM calls UNION ALL SELECT min(minute_us) FROM refused_calls) AS firsts`, before.UnixMicro()).Scan(&first)
	return time.UnixMicro(first).UTC(), s.classify(err, "looking for the first usage")
}

// callsFrom returns how many calls are kept that began at that time or later, refused ones too.
func (s *Store) callsFrom(ctx context.Context, at time.Time) (n int64, err error) {
	err = s.row(ctx, `SELECT (SELECT count(*) FROM calls WHERE started_us >= $1) +
		CAST(COALESCE((SELECT sum(calls) FROM refused_calls WHERE minute_us >= $1), 0) AS BIGINT)`, at.UnixMicro()).Scan(&n)
	return n, s.classify(err, "looking for later usage")
}

func (s *Store) reconcileDay(ctx context.Context, day time.Time, repair bool, r *pierre.Reconciliation) error {
	p := piece{0, day.UnixMicro(), day.AddDate(0, 0, 1).UnixMicro()}
	var found []pierre.Difference
	var calls int64
	compare := func(t *tx) error {
		k, err := t.usageKept(ctx)
		if err == nil {
			found, calls, err = t.compareDay(ctx, p, k)
		}
		return err
	}
	if err := s.view(ctx, "comparing usage", compare); err != nil {
		return err
	}
	if repair && len(found) > 0 {
		before := found
		if err := s.update(ctx, "making roll-ups again", func(t *tx) error {
			if k, err := t.usageKept(ctx); err != nil || p.from < k.calls { // asked here, since a server may begin to delete its calls at any time
				return err
			}
			if err := t.remakeDay(ctx, p); err != nil {
				return err
			}
			return compare(t)
		}); err != nil {
			return err
		}
		for i := range before {
			before[i].Mended = !slices.ContainsFunc(found, func(d pierre.Difference) bool {
				return d.Where == before[i].Where && d.Key == before[i].Key && d.Tool == before[i].Tool && d.Country == before[i].Country && d.Field == before[i].Field
			})
		}
		found = before
	}
	r.Calls += calls
	r.Differences = append(r.Differences, found...)
	return nil
}

func spanName(span int64) string {
	switch span {
	case minuteSpan:
		return "minutes"
	case hourSpan:
		return "hours"
	default:
		return "days"
	}
}

// compareDay compares the roll-ups of a day with its calls, or its days with its hours where calls are no longer kept.
func (t *tx) compareDay(ctx context.Context, day piece, k kept) (found []pierre.Difference, calls int64, err error) {
	pending := tallies{}
	if err := t.readDeltas(ctx, &usageFilter{single: true}, day, pending.collect); err != nil {
		return nil, 0, err
	}
	rolled, of := map[int64]tallies{}, map[int64]tallies{}
	for _, span := range [...]int64{minuteSpan, hourSpan, daySpan} {
		if !k.has(span, day.from) {
			continue
		}
		if rolled[span], of[span], err = t.rolledUp(ctx, piece{span, day.from, day.to}, pending); err != nil {
			return nil, 0, err
		}
	}
	truth, by := tallies{}, "calls"
	switch {
	case day.from >= k.calls:
		if err := t.readRolledCalls(ctx, day, truth.collect); err != nil {
			return nil, 0, err
		}
	case rolled[hourSpan] != nil:
		truth, by = rolled[hourSpan], "hours"
	default:
		truth, by = rolled[daySpan], "days" // only the rows of all keys are left to compare
	}
	for _, sums := range truth {
		calls += sums.Calls()
	}
	for _, span := range [...]int64{minuteSpan, hourSpan, daySpan} {
		if rolled[span] != nil {
			found = append(found, differences(spanName(span), by, day, rolled[span], truth)...)
			found = append(found, differences("all keys' "+spanName(span), by, day, of[span], truth.ofAll())...)
		}
	}
	return found, calls, nil
}

// rolledUp returns the rollups of a piece of time with what is pending: of each key, and of all keys together.
func (t *tx) rolledUp(ctx context.Context, p piece, pending tallies) (single, all tallies, err error) {
	single, all = tallies{}, tallies{}
	if err := t.readRollups(ctx, &usageFilter{single: true}, p, single.collect); err != nil {
		return nil, nil, err
	}
	if err := t.readRollups(ctx, &usageFilter{}, p, all.collect); err != nil {
		return nil, nil, err
	}
	for at, sums := range pending {
		single.add(rollupID{key: pierre.KeyID(at.key), tool: at.tool, country: at.country}, sums)
		all.add(rollupID{key: allKeys, tool: at.tool, country: at.country}, sums)
	}
	return single, all, nil
}

// readRolledCalls visits the calls and refusals of the day that are in roll-ups.
func (t *tx) readRolledCalls(ctx context.Context, day piece, visit func(rollupID, *pierre.UsageSums) error) error {
	rows, err := t.query(ctx, `SELECT key_id, `+customerColumn+`, tier, tool, status, started_us, duration_us, request_bytes, response_bytes, country
		FROM calls WHERE started_us >= $1 AND started_us < $2 AND rolled <> 0`, day.from, day.to)
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
	return t.readRefused(ctx, &usageFilter{}, day, "rolled_calls", " AND rolled_calls > 0", visit)
}

func differences(where, by string, day piece, is, should tallies) (found []pierre.Difference) {
	all := map[tally]bool{}
	for at := range is {
		all[at] = true
	}
	for at := range should {
		all[at] = true
	}
	for _, at := range slices.SortedFunc(maps.Keys(all), func(a, b tally) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.tool, b.tool), cmp.Compare(a.country, b.country))
	}) {
		var a, b pierre.UsageSums
		if is[at] != nil {
			a = *is[at]
		}
		if should[at] != nil {
			b = *should[at]
		}
		for _, f := range []struct {
			name       string
			is, should int64
		}{
			{"succeeded", a.Succeeded, b.Succeeded},
			{"failed", a.Failed, b.Failed},
			{"refused", a.Refused, b.Refused},
			{"request_bytes", a.RequestBytes, b.RequestBytes},
			{"response_bytes", a.ResponseBytes, b.ResponseBytes},
			{"durations", a.Durations.Checksum(), b.Durations.Checksum()},
		} {
			if f.is != f.should {
				found = append(found, pierre.Difference{
					Where: where, From: time.UnixMicro(day.from).UTC(), Key: at.key, Tool: at.tool, Country: at.country, Field: f.name, Is: f.is, Should: f.should, Of: by,
				})
			}
		}
	}
	return found
}

// remakeDay makes the roll-ups of a day from its calls and refusals.
func (t *tx) remakeDay(ctx context.Context, day piece) error {
	for _, q := range []string{
		`DELETE FROM usage_rollups WHERE span_s = 60 AND start_us >= $1 AND start_us < $2`,
		`DELETE FROM usage_rollups WHERE span_s = 3600 AND start_us >= $1 AND start_us < $2`,
		`DELETE FROM usage_rollups WHERE span_s = 86400 AND start_us >= $1 AND start_us < $2`,
		`DELETE FROM usage_deltas WHERE start_us >= $1 AND start_us < $2`,
		`UPDATE calls SET rolled = 1 WHERE rolled = 0 AND started_us >= $1 AND started_us < $2`,
		`UPDATE refused_calls SET rolled_calls = calls WHERE rolled_calls <> calls AND minute_us >= $1 AND minute_us < $2`,
	} {
		if _, err := t.exec(ctx, q, day.from, day.to); err != nil {
			return err
		}
	}
	if err := t.dropWaiting(ctx, day); err != nil {
		return err
	}
	r := rollups{}
	err := t.readRolledCalls(ctx, day, func(id rollupID, sums *pierre.UsageSums) error {
		r.sums(id.in(minuteSpan)).Add(sums)
		return nil
	})
	if err != nil {
		return err
	}
	return t.raiseRollups(ctx, r)
}
