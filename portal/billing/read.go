package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// Server is what billing asks the server for, see [adminapi.Client].
type Server interface {
	Breakdown(ctx context.Context, f adminapi.UsageFilter) (usage.Breakdown, error)
	Keys(ctx context.Context, f adminapi.KeyFilter) (adminapi.KeyList, error)
}

// answering is a server whose errors say to a person that they are its own.
type answering struct{ server Server }

func (a answering) Breakdown(ctx context.Context, f adminapi.UsageFilter) (usage.Breakdown, error) {
	b, err := a.server.Breakdown(ctx, f)
	return b, away(err)
}

func (a answering) Keys(ctx context.Context, f adminapi.KeyFilter) (adminapi.KeyList, error) {
	list, err := a.server.Keys(ctx, f)
	return list, away(err)
}

func away(err error) error {
	if err == nil {
		return nil
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot be asked what was used. Billing works again when it can.", Err: err}
}

const (
	pageRows  = 10_000 // of a breakdown
	pageKeys  = 200
	readTries = 3 // of a month that changes while it is read
)

// span returns the filter of a month.
func span(month db.Month) adminapi.UsageFilter {
	return adminapi.UsageFilter{From: month.Start().Format(time.RFC3339), To: month.End().Format(time.RFC3339)}
}

// ran is what of calls costs something.
func ran(s usage.Sums) int64 { return s.Succeeded + s.Failed }

// totalOf returns how many calls ran in a month, as the server adds them up.
func totalOf(ctx context.Context, server Server, month db.Month) (int64, error) {
	b, err := server.Breakdown(ctx, span(month))
	return ran(b.Totals), err
}

// useOf returns what each key did in each tier in a month. Its sum is the one that the server adds up by itself, or else
// there is an error: calls that come while a month is read are read again.
func useOf(ctx context.Context, server Server, month db.Month, tierOf func(pierre.KeyID) pierre.Tier) (monthUse, error) {
	var total, sum int64
	for range readTries {
		use, err := readUse(ctx, server, month, tierOf)
		if err != nil {
			return nil, err
		}
		if total, err = totalOf(ctx, server, month); err != nil {
			return nil, err
		}
		if sum = use.total(); sum == total {
			return use, nil
		}
	}
	return nil, &pierre.Error{
		Kind: pierre.KindUnavailable,
		Msg:  fmt.Sprintf("The server counts %d calls in %v, but %d by keys: calls are still being written. Try again in a minute.", total, month, sum),
	}
}

// readUse asks for the keys' calls in all tiers, then in each. Calls whose tier was not recorded count in the tier that
// their key has now.
func readUse(ctx context.Context, server Server, month db.Month, tierOf func(pierre.KeyID) pierre.Tier) (monthUse, error) {
	f := span(month)
	f.SplitBy = pierre.SplitTier
	byTier, err := server.Breakdown(ctx, f)
	if err != nil {
		return nil, err
	}
	rest := map[pierre.KeyID]int64{}
	f.SplitBy = pierre.SplitKey
	if err := eachKey(ctx, server, f, func(id pierre.KeyID, calls int64) { rest[id] += calls }); err != nil {
		return nil, err
	}
	all := monthUse{}
	for _, row := range byTier.Rows {
		if f.Tier = pierre.Tier(*row.Value); f.Tier == "" {
			continue
		}
		err := eachKey(ctx, server, f, func(id pierre.KeyID, calls int64) {
			all[use{id, f.Tier}] += calls
			rest[id] -= calls
		})
		if err != nil {
			return nil, err
		}
	}
	for id, calls := range rest {
		if calls != 0 {
			all[use{id, tierOf(id)}] += calls
		}
	}
	return all, nil
}

// eachKey calls f with the calls of each key that the filter wants.
func eachKey(ctx context.Context, server Server, filter adminapi.UsageFilter, f func(pierre.KeyID, int64)) error {
	filter.Limit = pageRows
	for {
		b, err := server.Breakdown(ctx, filter)
		if err != nil {
			return err
		}
		for _, row := range b.Rows {
			if calls := ran(row.Sums); calls > 0 {
				f(pierre.KeyID(*row.Value), calls)
			}
		}
		if b.NextCursor == nil {
			return nil
		}
		filter.Cursor = *b.NextCursor
	}
}

// keysOf returns all keys.
func keysOf(ctx context.Context, server Server) (map[pierre.KeyID]key, error) {
	all := map[pierre.KeyID]key{}
	f := adminapi.KeyFilter{Limit: pageKeys}
	for {
		page, err := server.Keys(ctx, f)
		if err != nil {
			return nil, err
		}
		for n := range page.APIKeys {
			k := &page.APIKeys[n]
			all[k.APIKeyID] = keyOf(k)
		}
		if page.NextCursor == nil {
			return all, nil
		}
		f.Cursor = *page.NextCursor
	}
}

func keyOf(k *adminapi.Key) key {
	out := key{ID: k.APIKeyID, UserID: k.UserID, Email: k.UserEmail, Name: k.Name, Tier: k.Tier, Created: k.CreatedAt}
	if k.ReplacedBy != nil {
		out.ReplacedBy = *k.ReplacedBy
	}
	for _, end := range []*time.Time{k.RevokedAt, k.ExpiresAt} {
		if end != nil && (out.Ended.IsZero() || end.Before(out.Ended)) {
			out.Ended = *end
		}
	}
	return out
}
