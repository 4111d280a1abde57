package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// TestLiveCalls: the 50 that ended last of the last five minutes, with whose they are; what is older is not of this moment.
func TestLiveCalls(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Now().Truncate(time.Microsecond).UTC()
		key := provision(t, s, newKey("ana@example.com"), now)
		record := func(id string, of pierre.KeyID, customer pierre.UserID, ago time.Duration) {
			t.Helper()
			c := pierre.Call{ID: pierre.CallID(id), KeyID: of, UserID: "athlete", Customer: customer, Tool: "get_stats", Status: pierre.CallFailed, Started: now.Add(-ago), Duration: 1500 * time.Microsecond, Country: "CH", ClientHash: "x"}
			if err := s.RecordCalls(t.Context(), []pierre.Call{c}); err != nil {
				t.Fatal(err)
			}
		}
		record("old", key.ID, key.UserID, 5*time.Minute+time.Second)
		record("gone", "key_gone", "", time.Minute)
		record("new", key.ID, key.UserID, time.Second)
		live, err := s.LiveUsage(t.Context(), now)
		if err != nil || len(live.Calls) != 2 {
			t.Fatalf("%+v, %v", live.Calls, err)
		}
		want := pierre.LiveCall{ID: "new", KeyID: key.ID, KeyName: key.Name, Customer: key.UserID, Email: "ana@example.com", Tool: "get_stats", Status: pierre.CallFailed, Started: now.Add(-time.Second), Duration: 1500 * time.Microsecond}
		if live.Calls[0] != want || live.Calls[1].ID != "gone" || live.Calls[1].Customer != "athlete" || live.Calls[1].Email != "" {
			t.Errorf("%+v, want %+v first", live.Calls, want)
		}
		for n := range 50 {
			record(fmt.Sprint("more", n), key.ID, key.UserID, 0)
		}
		if live, err = s.LiveUsage(t.Context(), now); err != nil || len(live.Calls) != 50 || live.Calls[49].ID == "new" {
			t.Errorf("of 52 there are %d, %v", len(live.Calls), err)
		}
		slow := pierre.Call{ID: "slow", KeyID: key.ID, UserID: key.UserID, Tool: "get_stats", Status: pierre.CallSucceeded, Started: now.Add(-time.Minute), Duration: time.Minute + time.Second}
		if err := s.RecordCalls(t.Context(), []pierre.Call{slow}); err != nil {
			t.Fatal(err)
		}
		if live, err = s.LiveUsage(t.Context(), now); err != nil || len(live.Calls) != 50 || live.Calls[0].ID != "slow" {
			t.Errorf("a call that began a minute ago and ended last is not the first of %+v, %v", live.Calls, err)
		}
	})
}
