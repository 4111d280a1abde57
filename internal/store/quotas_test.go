package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Calls count for their key, their tool and their customer, whose quotas a new key does not refill. A counter that was
// raised says what counting says.
func TestQuotasOfKeysToolsAndCustomers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		first, other := provisionFor(t, s, "ana"), provisionFor(t, s, "bob")
		second := first
		second.ID, second.Hash = pierre.NewKeyID(), [32]byte{1}
		_, _, err := s.ProvisionAPIKey(t.Context(), parallelAct(), second, func(kept pierre.APIKey) ([]byte, error) { second = kept; return nil, nil })
		if err != nil || first.UserID != second.UserID {
			t.Fatalf("two keys of one address are of %q and %q, %v", first.UserID, second.UserID, err)
		}
		lim := pierre.Limit{Requests: 1000, Period: pierre.PeriodDay}
		limits := pierre.Limits{Quota: lim, Customer: lim, Tools: map[string]pierre.Limit{"get_stats": lim}}
		call := func(k pierre.APIKey, tool string) pierre.Call {
			c := storedCall(k.ID, "", monthEnd)
			c.UserID, c.Tool, c.Buckets = k.UserID, tool, limits.Buckets(k.Family, k.UserID, tool)
			return c
		}
		for range 2 { // the first batch makes the counters, the second raises them
			record(t, s, call(first, "get_stats"), call(first, "other"), call(second, "get_stats"), call(second, "get_stats"), call(other, "other"))
		}
		for _, p := range []pierre.Period{pierre.PeriodDay, pierre.PeriodMonth} { // one has counters, the other is counted
			start, _ := p.Window(monthEnd)
			for id, want := range map[string]int64{
				"key:" + string(first.ID): 4, "key:" + string(second.ID): 4, "key:" + string(other.ID): 2,
				"tool:" + string(first.ID) + "/get_stats": 2, "tool:" + string(first.ID) + "/other": 2, "tool:" + string(second.ID) + "/get_stats": 4,
				"customer:" + string(first.UserID): 8, "customer:" + string(other.UserID): 2, "customer:nobody": 0,
			} {
				if n, err := s.QuotaUsed(t.Context(), id, p, start, nil); n != want || err != nil {
					t.Errorf("%s of %s: %d used, %v; want %d", p, id, n, err, want)
				}
			}
		}
	})
}

// A batch of more counters than one statement takes, with calls of several minutes.
func TestManyQuotasInOneBatch(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		const keys = 300
		batch := func() (calls []pierre.Call) {
			for n := range keys {
				for minute := range 2 {
					key := pierre.KeyID(fmt.Sprint("key_", n))
					calls = append(calls, storedCall(key, pierre.PeriodDay, monthEnd.Add(time.Duration(minute)*time.Minute)))
				}
			}
			return calls
		}
		record(t, s, batch()...)
		record(t, s, batch()...)
		for n := range keys {
			if got := used(t, s, pierre.KeyID(fmt.Sprint("key_", n)), pierre.PeriodDay, monthEnd); got != 4 {
				t.Fatalf("key %d: %d used, want 4", n, got)
			}
		}
		var running []pierre.RunningCall
		for range 2 * keys {
			running = append(running, pierre.RunningCall{ID: pierre.NewCallID(), At: monthEnd})
		}
		stored := storedCall("key_0", pierre.PeriodDay, monthEnd)
		record(t, s, stored)
		running = append(running, pierre.RunningCall{ID: stored.ID, At: stored.Started})
		start, _ := pierre.PeriodDay.Window(monthEnd)
		if n, err := s.QuotaUsed(t.Context(), "key:key_0", pierre.PeriodDay, start, running); n != 4 || err != nil {
			t.Errorf("without the running call: %d used, %v; want 4", n, err)
		}
	})
}
