package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxNearLimits bounds how many limits a report names.
const maxNearLimits = 1000

// NearLimits returns the quotas of which at least percent are used in their windows that are open at now, the most used
// first, at most 1000: those of keys that can be used, and of customers, by their own limit or else by that of the tiers of
// their keys. If q names a key or a customer, they are of these. What waits counts as if it were folded; nothing is written.
func (s *Store) NearLimits(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time) ([]pierre.LimitUse, error) {
	tiers, err := s.Tiers(ctx)
	if err != nil {
		return nil, err
	}
	var uses []pierre.LimitUse
	err = s.view(ctx, "looking for limits that are nearly used", func(t *tx) (err error) {
		uses, err = t.nearLimits(ctx, &nearQuery{q, percent, now, tiers})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(uses, func(a, b pierre.LimitUse) int { return cmp.Compare(b.Percent(), a.Percent()) })
	return uses[:min(len(uses), maxNearLimits)], nil
}

// A nearQuery asks for limits of which at least percent are used.
type nearQuery struct {
	pierre.UsageQuery

	percent int64
	now     time.Time
	tiers   []pierre.Plan
}

// nearLimits finds them in the counters, and then among the buckets of which something waits.
func (t *tx) nearLimits(ctx context.Context, q *nearQuery) (uses []pierre.LimitUse, err error) {
	windows := openWindows(q.now)
	waiting, err := t.waitingUses(ctx, q.UsageQuery, windows)
	if err != nil {
		return nil, err
	}
	if err := t.nearIn(ctx, q, &counterSource{table: "quota_counters", not: waiting}, &uses); err != nil {
		return nil, err
	}
	for buckets := range parts(slices.Sorted(maps.Keys(waiting))) {
		counters, err := t.foldedCounters(ctx, buckets, windows, waiting)
		if err != nil {
			return nil, err
		}
		for part := range parts(counters) {
			if err := t.nearIn(ctx, q, listed(part), &uses); err != nil {
				return nil, err
			}
		}
	}
	return uses, nil
}

func (t *tx) nearIn(ctx context.Context, q *nearQuery, of *counterSource, uses *[]pierre.LimitUse) error {
	if err := t.nearKeys(ctx, q, of, uses); err != nil || q.Key != "" {
		return err
	}
	if err := t.nearCustomers(ctx, q, of, uses); err != nil {
		return err
	}
	return t.nearTierCustomers(ctx, q, of, uses)
}

// openCounters restricts quota_counters c to windows that are open at now.
func openCounters(f *filter, now time.Time) {
	at := f.arg(now.UnixMicro())
	f.and("c.window_start_us <= " + at + " AND c.window_end_us > " + at)
}

// keysOf restricts api_keys k to those that q is about and that can be used at now.
func keysOf(f *filter, q pierre.UsageQuery, now time.Time) {
	f.and("k.revoked_us IS NULL AND k.replaced_by IS NULL AND (k.expires_us IS NULL OR k.expires_us > " + f.arg(now.UnixMicro()) + ")")
	if q.Key != "" {
		f.and("k.id = " + f.arg(string(q.Key)))
	}
	if q.Customer != "" {
		f.and("k.user_id = " + f.arg(string(q.Customer)))
	}
	if q.Tier != "" {
		f.and("k.tier = " + f.arg(string(q.Tier)))
	}
}

func (t *tx) nearKeys(ctx context.Context, q *nearQuery, of *counterSource, uses *[]pierre.LimitUse) error {
	f := &filter{args: slices.Clone(of.args)}
	if !of.has(f, "k.family_id", of.families) {
		return nil
	}
	openCounters(f, q.now)
	keysOf(f, q.UsageQuery, q.now)
	near := []string{"NOT k.limit_follows AND c.period = k.limit_period AND c.used * 100 >= k.limit_requests * " + f.arg(q.percent)}
	limits := map[pierre.Tier]pierre.Limit{}
	for _, p := range q.tiers {
		if p.Limit.Unlimited() {
			continue
		}
		limits[p.Tier] = p.Limit
		near = append(near, "k.limit_follows AND k.tier = "+f.arg(string(p.Tier))+" AND c.period = "+f.arg(string(p.Limit.Period))+
			" AND c.used >= "+f.arg((p.Limit.Requests*q.percent+99)/100))
	}
	f.and("(" + strings.Join(near, " OR ") + ")")
	rows, err := t.query(ctx, of.with+`SELECT k.id, k.tier, k.limit_follows, k.limit_requests, k.limit_period, c.key_id, c.used, c.window_end_us
		FROM `+of.table+` c JOIN api_keys k ON k.family_id = c.key_id WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var tier pierre.Tier
		var follows bool
		var bucket string
		var end int64
		if err := rows.Scan(&u.Key, &tier, &follows, &u.Limit.Requests, &u.Limit.Period, &bucket, &u.Used, &end); err != nil {
			return err
		}
		if of.not[bucket] != nil {
			continue
		}
		if follows {
			u.Limit = limits[tier]
		}
		u.ResetsAt = time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}

func (t *tx) nearCustomers(ctx context.Context, q *nearQuery, of *counterSource, uses *[]pierre.LimitUse) error {
	f := &filter{args: slices.Clone(of.args)}
	if !of.has(f, "u.id", of.customers) {
		return nil
	}
	openCounters(f, q.now)
	f.and("u.limit_requests > 0 AND c.period = u.limit_period AND c.used * 100 >= u.limit_requests * " + f.arg(q.percent))
	if q.Customer != "" {
		f.and("u.id = " + f.arg(string(q.Customer)))
	}
	rows, err := t.query(ctx, of.with+`SELECT u.id, u.limit_requests, u.limit_period, c.key_id, c.used, c.window_end_us
		FROM `+of.table+` c JOIN users u ON c.key_id = '`+string(pierre.BucketCustomer)+`:' || u.id WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var bucket string
		var end int64
		if err := rows.Scan(&u.Customer, &u.Limit.Requests, &u.Limit.Period, &bucket, &u.Used, &end); err != nil {
			return err
		}
		if of.not[bucket] != nil {
			continue
		}
		u.ResetsAt = time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}

// nearTierCustomers adds the customers without a limit of their own, to whom the limits of their keys' tiers apply. A
// customer with keys of several tiers may be near the limit of each.
func (t *tx) nearTierCustomers(ctx context.Context, q *nearQuery, of *counterSource, uses *[]pierre.LimitUse) error {
	f := &filter{args: slices.Clone(of.args)}
	if !of.has(f, "u.id", of.customers) {
		return nil
	}
	openCounters(f, q.now)
	keysOf(f, q.UsageQuery, q.now)
	f.and("u.limit_requests = 0")
	var near []string
	limits := map[pierre.Tier]pierre.Limit{}
	for _, p := range q.tiers {
		l, follows := cmp.Or(p.Customer, p.Limit), ""
		if p.Scope == pierre.ScopeCustomer {
			follows = " AND k.limit_follows" // a limit of the key counts for its customer
		}
		if p.Scope != pierre.ScopeCustomer && p.Scope != pierre.ScopeBoth || l.Unlimited() {
			continue
		}
		limits[p.Tier] = l
		near = append(near, "k.tier = "+f.arg(string(p.Tier))+follows+" AND c.period = "+f.arg(string(l.Period))+
			" AND c.used >= "+f.arg((l.Requests*q.percent+99)/100))
	}
	if near == nil {
		return nil
	}
	f.and("(" + strings.Join(near, " OR ") + ")")
	rows, err := t.query(ctx, of.with+`SELECT DISTINCT u.id, k.tier, c.key_id, c.used, c.window_end_us
		FROM `+of.table+` c JOIN users u ON c.key_id = '`+string(pierre.BucketCustomer)+`:' || u.id JOIN api_keys k ON k.user_id = u.id
		WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var tier pierre.Tier
		var bucket string
		var end int64
		if err := rows.Scan(&u.Customer, &tier, &bucket, &u.Used, &end); err != nil {
			return err
		}
		if of.not[bucket] != nil {
			continue
		}
		u.Limit, u.ResetsAt = limits[tier], time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}
