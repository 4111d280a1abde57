package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxNearLimits bounds how many limits a report names.
const maxNearLimits = 1000

// NearLimits returns the quotas of which at least percent are used in their windows that are open at now, the most used
// first, at most 1000: those of keys that can be used, and of customers, by their own limit or else by that of the tiers of
// their keys. If q names a key or a customer, they are of these. It folds what waits before, so that the counters say it all.
func (s *Store) NearLimits(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time) ([]pierre.LimitUse, error) {
	if err := s.FoldUsage(ctx); err != nil {
		return nil, err
	}
	tiers, err := s.Tiers(ctx)
	if err != nil {
		return nil, err
	}
	var uses []pierre.LimitUse
	err = s.view(ctx, "looking for limits that are nearly used", func(t *tx) error {
		uses = nil
		if err := t.nearKeys(ctx, q, percent, now, tiers, &uses); err != nil || q.Key != "" {
			return err
		}
		if err := t.nearCustomers(ctx, q, percent, now, &uses); err != nil {
			return err
		}
		return t.nearTierCustomers(ctx, q, percent, now, tiers, &uses)
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(uses, func(a, b pierre.LimitUse) int { return cmp.Compare(b.Percent(), a.Percent()) })
	return uses[:min(len(uses), maxNearLimits)], nil
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

func (t *tx) nearKeys(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time, tiers []pierre.Plan, uses *[]pierre.LimitUse) error {
	f := &filter{}
	openCounters(f, now)
	keysOf(f, q, now)
	near := []string{"NOT k.limit_follows AND c.period = k.limit_period AND c.used * 100 >= k.limit_requests * " + f.arg(percent)}
	limits := map[pierre.Tier]pierre.Limit{}
	for _, p := range tiers {
		if p.Limit.Unlimited() {
			continue
		}
		limits[p.Tier] = p.Limit
		near = append(near, "k.limit_follows AND k.tier = "+f.arg(string(p.Tier))+" AND c.period = "+f.arg(string(p.Limit.Period))+
			" AND c.used >= "+f.arg((p.Limit.Requests*percent+99)/100))
	}
	f.and("(" + strings.Join(near, " OR ") + ")")
	rows, err := t.query(ctx, `SELECT k.id, k.tier, k.limit_follows, k.limit_requests, k.limit_period, c.used, c.window_end_us
		FROM quota_counters c JOIN api_keys k ON k.family_id = c.key_id WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var tier pierre.Tier
		var follows bool
		var end int64
		if err := rows.Scan(&u.Key, &tier, &follows, &u.Limit.Requests, &u.Limit.Period, &u.Used, &end); err != nil {
			return err
		}
		if follows {
			u.Limit = limits[tier]
		}
		u.ResetsAt = time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}

func (t *tx) nearCustomers(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time, uses *[]pierre.LimitUse) error {
	f := &filter{}
	openCounters(f, now)
	f.and("u.limit_requests > 0 AND c.period = u.limit_period AND c.used * 100 >= u.limit_requests * " + f.arg(percent))
	if q.Customer != "" {
		f.and("u.id = " + f.arg(string(q.Customer)))
	}
	rows, err := t.query(ctx, `SELECT u.id, u.limit_requests, u.limit_period, c.used, c.window_end_us
		FROM quota_counters c JOIN users u ON c.key_id = '`+string(pierre.BucketCustomer)+`:' || u.id WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var end int64
		if err := rows.Scan(&u.Customer, &u.Limit.Requests, &u.Limit.Period, &u.Used, &end); err != nil {
			return err
		}
		u.ResetsAt = time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}

// nearTierCustomers adds the customers without a limit of their own, to whom the limits of their keys' tiers apply. A
// customer with keys of several tiers may be near the limit of each.
func (t *tx) nearTierCustomers(ctx context.Context, q pierre.UsageQuery, percent int64, now time.Time, tiers []pierre.Plan, uses *[]pierre.LimitUse) error {
	f := &filter{}
	openCounters(f, now)
	keysOf(f, q, now)
	f.and("u.limit_requests = 0")
	var near []string
	limits := map[pierre.Tier]pierre.Limit{}
	for _, p := range tiers {
		l, follows := cmp.Or(p.Customer, p.Limit), ""
		if p.Scope == pierre.ScopeCustomer {
			follows = " AND k.limit_follows" // a limit of the key counts for its customer
		}
		if p.Scope != pierre.ScopeCustomer && p.Scope != pierre.ScopeBoth || l.Unlimited() {
			continue
		}
		limits[p.Tier] = l
		near = append(near, "k.tier = "+f.arg(string(p.Tier))+follows+" AND c.period = "+f.arg(string(l.Period))+
			" AND c.used >= "+f.arg((l.Requests*percent+99)/100))
	}
	if near == nil {
		return nil
	}
	f.and("(" + strings.Join(near, " OR ") + ")")
	rows, err := t.query(ctx, `SELECT DISTINCT u.id, k.tier, c.used, c.window_end_us
		FROM quota_counters c JOIN users u ON c.key_id = '`+string(pierre.BucketCustomer)+`:' || u.id JOIN api_keys k ON k.user_id = u.id
		WHERE `+f.where(), f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var u pierre.LimitUse
		var tier pierre.Tier
		var end int64
		if err := rows.Scan(&u.Customer, &tier, &u.Used, &end); err != nil {
			return err
		}
		u.Limit, u.ResetsAt = limits[tier], time.UnixMicro(end).UTC()
		*uses = append(*uses, u)
	}
	return rows.Err()
}
