package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// manyKeys makes keys of two tiers and three customers, in all states, of which some were used.
func manyKeys(t *testing.T, s *store.Store) (now time.Time) {
	t.Helper()
	now = day0.AddDate(0, 0, 10)
	for n := range 12 {
		k := newKey(fmt.Sprintf("c%d@club.example", n%3))
		k.Name, k.Tier = fmt.Sprintf("%c_key%%", 'a'+(n*7)%12), []pierre.Tier{pierre.TierStarter, pierre.TierTrial}[n%2]
		k.Limit = pierre.Limit{}
		if n%4 == 1 {
			k.Limit = pierre.Limit{Requests: 10, Period: pierre.PeriodDay}
		}
		if n%4 == 2 {
			k.Expires = day0.AddDate(0, 0, 5+n)
		}
		k = provision(t, s, k, day0.Add(time.Duration(n/2)*time.Minute)) // two at a time
		if n%5 == 4 {
			if _, err := s.RevokeAPIKey(t.Context(), act(day0), k.ID); err != nil {
				t.Fatal(err)
			}
		}
		var calls []pierre.Call
		for range n % 4 {
			c := storedCall(k.ID, "", now)
			c.UserID, c.Buckets = k.UserID, k.Limits().Buckets(k.Family, k.UserID, "")
			calls = append(calls, c)
		}
		if len(calls) > 0 {
			record(t, s, calls...)
			if err := s.TouchAPIKeys(t.Context(), map[pierre.KeyID]time.Time{k.ID: now.Add(time.Duration(n) * time.Second)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return now
}

// everyPage returns all pages of a query as one.
func everyPage(t *testing.T, s *store.Store, q pierre.KeyQuery) (all pierre.KeyPage) {
	t.Helper()
	for {
		page, err := s.APIKeys(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Keys) > q.Limit || len(page.Keys) != len(page.Used) {
			t.Fatalf("a page has %d keys and %d uses, at most %d are wanted", len(page.Keys), len(page.Used), q.Limit)
		}
		all.Keys, all.Used = append(all.Keys, page.Keys...), append(all.Used, page.Used...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return all
		}
	}
}

func TestKeysAreListedInEveryOrder(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := manyKeys(t, s)
		never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		place := map[pierre.KeySort]func(k pierre.APIKey, used int64) string{
			pierre.SortCreated:  func(k pierre.APIKey, _ int64) string { return k.Created.Format(time.RFC3339) },
			pierre.SortName:     func(k pierre.APIKey, _ int64) string { return strings.ToLower(k.Name) },
			pierre.SortEmail:    func(k pierre.APIKey, _ int64) string { return k.Email },
			pierre.SortLastUsed: func(k pierre.APIKey, _ int64) string { return k.LastUsed.Format(time.RFC3339) },
			pierre.SortUse: func(k pierre.APIKey, used int64) string {
				return fmt.Sprintf("%09d", used*1e6/k.InForce().Limit.Requests)
			},
			pierre.SortExpires: func(k pierre.APIKey, _ int64) string {
				if k.Expires.IsZero() {
					return never.Format(time.RFC3339)
				}
				return k.Expires.Format(time.RFC3339)
			},
		}
		for _, sort := range pierre.KeySorts() {
			for _, upwards := range []bool{true, false} {
				all := everyPage(t, s, pierre.KeyQuery{Sort: sort, Upwards: upwards, At: now, Limit: 5})
				if len(all.Keys) != 12 {
					t.Fatalf("by %s there are %d keys, want 12", sort, len(all.Keys))
				}
				var places []string
				for n, k := range all.Keys {
					places = append(places, place[sort](k, all.Used[n])+string(k.ID))
				}
				if !upwards {
					slices.Reverse(places)
				}
				if !slices.IsSorted(places) {
					t.Errorf("by %s, upwards %t: %v", sort, upwards, places)
				}
			}
		}
		if all := everyPage(t, s, pierre.KeyQuery{At: now, Limit: 100, Sort: pierre.SortUse}); all.Used[0] != 1 || all.Keys[0].Limit.Requests != 10 {
			t.Errorf("the most used key is %+v with %d calls, want one of the limit 10", all.Keys[0], all.Used[0])
		}
		if all := everyPage(t, s, pierre.KeyQuery{Limit: 100}); slices.Max(all.Used) != 0 {
			t.Errorf("without a time some keys have used %v", all.Used)
		}
	})
}

// What calls add up to waits before it is in the counters. The list says it, and is ordered by it, all the same.
func TestListedUseCountsWhatWaits(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := manyKeys(t, s)
		agrees := func(when string) (first pierre.APIKey, used int64) {
			t.Helper()
			all, before := everyPage(t, s, pierre.KeyQuery{Sort: pierre.SortUse, At: now, Limit: 5}), int64(1e9)
			for n, k := range all.Keys {
				limit := k.InForce().Limit
				start, _ := limit.Period.Window(now)
				if want, err := s.QuotaUsed(t.Context(), "key:"+string(k.Family), limit.Period, start, nil); all.Used[n] != want || err != nil {
					t.Errorf("%s: %d calls of %s are listed, %d are counted, %v", when, all.Used[n], k.Name, want, err)
				}
				share := all.Used[n] * 1e6 / limit.Requests
				if share > before {
					t.Errorf("%s: %s with a share of %d comes after %d", when, k.Name, share, before)
				}
				before = share
			}
			return all.Keys[0], all.Used[0]
		}
		first, _ := agrees("nothing is folded")
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		agrees("all is folded")
		last := everyPage(t, s, pierre.KeyQuery{Sort: pierre.SortUse, At: now, Limit: 20, Upwards: true}).Keys[0]
		c, old := storedCall(last.ID, "", now), storedCall(first.ID, "", now.AddDate(0, -3, 0))
		c.UserID, c.Buckets = last.UserID, last.Limits().Buckets(last.Family, last.UserID, "get_stats")
		old.UserID, old.Buckets = first.UserID, first.Limits().Buckets(first.Family, first.UserID, "get_stats")
		for range 5_000 / 500 {
			var calls []pierre.Call
			for range 500 {
				c.ID = pierre.NewCallID()
				calls = append(calls, c)
			}
			record(t, s, calls...)
		}
		record(t, s, old)
		if most, used := agrees("some is folded"); most.ID != last.ID || used != 5_000 {
			t.Errorf("the most used key is %s with %d calls, want %s with 5000", most.Name, used, last.Name)
		}
	})
}

// A key that shares its customer's limit has no counter. What waits of it is none, as it was and as it will be when it is folded.
func TestListedUseOfASharedLimitStaysWhenItIsFolded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now, k := day0.AddDate(0, 0, 10), newKey("ana@club.example")
		k.Scope = pierre.ScopeCustomer
		k = provision(t, s, k, day0)
		c := storedCall(k.ID, "", now)
		c.UserID, c.Buckets = k.UserID, k.Limits().Buckets(k.Family, k.UserID, "")
		record(t, s, c)
		before := everyPage(t, s, pierre.KeyQuery{At: now, Limit: 5}).Used[0]
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := everyPage(t, s, pierre.KeyQuery{At: now, Limit: 5}).Used[0]; before != after {
			t.Errorf("%d calls are listed before folding, %d after", before, after)
		}
	})
}

func TestKeysAreFound(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := manyKeys(t, s)
		first := everyPage(t, s, pierre.KeyQuery{Limit: 100}).Keys[0]
		for name, c := range map[string]struct {
			q    pierre.KeyQuery
			want int
		}{
			"all":            {pierre.KeyQuery{}, 12},
			"address":        {pierre.KeyQuery{Text: "C1@CLUB"}, 4},
			"name":           {pierre.KeyQuery{Text: "B_KEY%"}, 1},
			"no wildcards":   {pierre.KeyQuery{Text: "b%key"}, 0},
			"id":             {pierre.KeyQuery{Text: string(first.ID[:20])}, 1},
			"within an id":   {pierre.KeyQuery{Text: string(first.ID[5:20])}, 0},
			"the key's text": {pierre.KeyQuery{Text: first.Prefix}, 12},
			"tier":           {pierre.KeyQuery{Tier: pierre.TierTrial}, 6},
			"customer":       {pierre.KeyQuery{User: first.UserID}, 4},
			"no customer":    {pierre.KeyQuery{User: "user_x"}, 0},
			"revoked":        {pierre.KeyQuery{Status: pierre.KeyRevoked, At: now}, 2},
			"expired":        {pierre.KeyQuery{Status: pierre.KeyExpired, At: now}, 1},
			"active":         {pierre.KeyQuery{Status: pierre.KeyActive, At: now}, 9},
			"active of tier": {pierre.KeyQuery{Status: pierre.KeyActive, At: now, Tier: pierre.TierStarter, Text: "club"}, 4},
		} {
			c.q.Limit = 3
			if all := everyPage(t, s, c.q); len(all.Keys) != c.want {
				t.Errorf("%s: %d keys, want %d", name, len(all.Keys), c.want)
			}
		}
		page, err := s.APIKeys(t.Context(), pierre.KeyQuery{Limit: 2, Sort: pierre.SortName})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []pierre.KeyQuery{{Cursor: page.NextCursor}, {Cursor: "x"}, {Cursor: "bm8"}} {
			if _, err := s.APIKeys(t.Context(), q); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("the cursor of another order, %q: %v", q.Cursor, err)
			}
		}
	})
}
