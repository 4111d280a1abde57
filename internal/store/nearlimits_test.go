package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// sortedNear returns the nearly used limits in an order of its own: those that are used alike may come in any.
func sortedNear(t *testing.T, s *store.Store, q pierre.UsageQuery, now time.Time) []pierre.LimitUse {
	t.Helper()
	near, err := s.NearLimits(t.Context(), q, 75, now)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(near, func(a, b pierre.LimitUse) int {
		return strings.Compare(fmt.Sprint(a.Key, a.Customer, a.Limit), fmt.Sprint(b.Key, b.Customer, b.Limit))
	})
	return near
}

// What waits counts for the limits that are nearly used, and the report folds nothing and writes nothing: what it says before
// folding is what it says afterwards.
func TestNearLimitsDoNotFold(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
		waiting := func() (n int64) {
			n, err := store.Number(t.Context(), s, `SELECT (SELECT count(*) FROM usage_batches) + (SELECT count(*) FROM quota_deltas)`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		use := func(k pierre.APIKey, limits pierre.Limits, calls int) {
			for range calls {
				c := storedCall(k.ID, "", now)
				c.UserID, c.Buckets = k.UserID, limits.Buckets(k.Family, k.UserID, "get_stats")
				record(t, s, c)
			}
		}
		keys := make([]pierre.APIKey, 6)
		day := pierre.Limit{Requests: 4, Period: pierre.PeriodDay}
		for n := range keys {
			k := newKey(fmt.Sprintf("c%d@club.example", n))
			k.Limit = day
			if n == 5 { // its calls before had a limit of another period
				k.Limit = pierre.Limit{Requests: 4, Period: pierre.PeriodMonth}
			}
			keys[n] = provision(t, s, k, now.Add(-time.Hour))
		}
		use(keys[0], pierre.Limits{Quota: day}, 2)
		use(keys[1], pierre.Limits{Quota: day}, 3)
		use(keys[5], pierre.Limits{Quota: day}, 2)
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		use(keys[0], pierre.Limits{Quota: day}, 1)           // over with what waits
		use(keys[2], pierre.Limits{Quota: day}, 4)           // has no counter yet
		use(keys[3], pierre.Limits{Quota: day}, 2)           // is not over
		use(keys[5], pierre.Limits{Quota: keys[5].Limit}, 1) // is over with the calls before
		for _, q := range []pierre.UsageQuery{{}, {Key: keys[2].ID}, {Customer: keys[0].UserID}} {
			before := waiting()
			near := sortedNear(t, s, q, now)
			if before == 0 || waiting() != before {
				t.Fatalf("%d wait after the report, %d before", waiting(), before)
			}
			want := map[pierre.KeyID]int64{keys[0].ID: 3, keys[1].ID: 3, keys[2].ID: 4, keys[5].ID: 3}
			if q.Key != "" {
				want = map[pierre.KeyID]int64{keys[2].ID: 4}
			}
			if q.Customer != "" {
				want = map[pierre.KeyID]int64{keys[0].ID: 3}
			}
			got := map[pierre.KeyID]int64{}
			for _, u := range near {
				if u.Key != "" {
					got[u.Key] = u.Used
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %v are near, want %v", q, got, want)
			}
		}
		all := sortedNear(t, s, pierre.UsageQuery{}, now)
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		if folded := sortedNear(t, s, pierre.UsageQuery{}, now); !reflect.DeepEqual(folded, all) {
			t.Errorf("folded: %+v\nwaiting: %+v", folded, all)
		}
	})
}
