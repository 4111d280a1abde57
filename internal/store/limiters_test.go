package store_test

import (
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
