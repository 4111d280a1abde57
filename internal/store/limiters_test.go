package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Servers join, begin an epoch once, say what runs, and leave.
func TestServersAgreeOnAnEpoch(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		v, joined, err := s.JoinLimiter(ctx, "a", pierre.LimiterRedis)
		if err != nil || !joined || v.Epoch != 1 || v.Leader != "a" || v.Mode != pierre.LimiterRedis {
			t.Fatalf("the first: %+v, %v, %v", v, joined, err)
		}
		if v, joined, err = s.JoinLimiter(ctx, "b", pierre.LimiterRedis); err != nil || !joined || v.Epoch != 1 || len(v.Replicas) != 2 {
			t.Fatalf("the second: %+v, %v, %v", v, joined, err)
		}
		if _, joined, err = s.JoinLimiter(ctx, "c", pierre.LimiterAlone); err != nil || joined {
			t.Fatalf("one that counts alone joined: %v, %v", joined, err)
		}
		for _, id := range []string{"a", "b"} { // both see that Redis is away
			if err := s.AdvanceLimiter(ctx, id, 1, pierre.LimiterShare); err != nil {
				t.Fatal(err)
			}
		}
		calls := []pierre.ReportedCall{{ID: "call_a", At: monthEnd.Add(time.Microsecond), Buckets: []string{"key:a", "customer:b"}}}
		for range 2 {
			if err := s.AcknowledgeLimiter(ctx, "b", 2, calls); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.ReportedCalls(ctx, 2); err != nil || !reflect.DeepEqual(got, calls) {
			t.Errorf("reported: %+v, %v", got, err)
		}
		v, present, err := s.BeatLimiter(ctx, "b", false)
		want := pierre.LimiterReplica{ID: "b", Beat: 1, Epoch: 2}
		if err != nil || !present || v.Epoch != 2 || v.Mode != pierre.LimiterShare || v.Leader != "a" || v.Replicas[1] != want {
			t.Errorf("after both began an epoch: %+v, %v, %v", v, present, err)
		}
		if err := s.LeaveLimiter(ctx, "b", 0); err != nil { // it has beaten since
			t.Fatal(err)
		}
		if _, present, err = s.BeatLimiter(ctx, "b", true); err != nil || !present {
			t.Errorf("one that lives was taken out: %v", err)
		}
		if err := s.LeaveLimiter(ctx, "b", 2); err != nil {
			t.Fatal(err)
		}
		if _, present, err = s.BeatLimiter(ctx, "b", true); err != nil || present {
			t.Errorf("one that is out is still in: %v", err)
		}
	})
}

// The calls of a server's block are known by the beginning of their ids, whoever made them.
func TestCallsBetween(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		at := monthEnd.Add(-time.Hour)
		var calls []pierre.Call
		for n, id := range []pierre.CallID{"call_a0", "call_a1", "call_b0", "call_a2", "call_a3"} {
			started := at
			if id == "call_a3" {
				started = at.Add(time.Microsecond)
			}
			calls = append(calls, pierre.Call{ID: id, KeyID: pierre.KeyID(fmt.Sprint("key_", n)), Tool: "get_stats", Status: pierre.CallSucceeded, Started: started})
		}
		if err := s.RecordCalls(t.Context(), calls); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			prefix   string
			from, to time.Duration
			want     int64
		}{
			{"call_a", 0, 0, 3},
			{"call_a", 0, time.Microsecond, 4},
			{"call_b", -time.Hour, time.Hour, 1},
			{"call_", time.Microsecond, time.Hour, 1},
			{"call_a", -time.Hour, -time.Microsecond, 0},
			{"CALL_A", 0, 0, 0},
			{"call_%", 0, 0, 0},
			{"", 0, 0, 4},
		} {
			if n, err := s.CallsBetween(t.Context(), c.prefix, at.Add(c.from), at.Add(c.to)); err != nil || n != c.want {
				t.Errorf("%q from %s to %s: %d calls, %v; want %d", c.prefix, c.from, c.to, n, err, c.want)
			}
		}
	})
}
