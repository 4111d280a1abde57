package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func kinds(t *testing.T, s *store.Store, after int64) []pierre.Change {
	t.Helper()
	changes, err := s.ChangesAfter(t.Context(), after, 100)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// Each change of a key or an admin token is told to the other programs on the database, with the key's generation.
func TestChangesAreTold(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		s, other := replicas[0], replicas[1]
		var told atomic.Int64
		s.OnChange(func(context.Context) { told.Add(1) })
		k := provisioned(t, s)
		if n := told.Load(); n != 0 || len(kinds(t, other, 0)) != 0 {
			t.Errorf("a new key is nothing that anybody remembers: told %d times", n)
		}
		change := func(f func(k *pierre.APIKey)) {
			t.Helper()
			if _, err := s.UpdateAPIKey(t.Context(), changesAct(), k.ID, func(k *pierre.APIKey) error { f(k); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		change(func(k *pierre.APIKey) { k.Name = "laptop" })
		change(func(k *pierre.APIKey) { k.Tools = []string{"get_*"} })
		for range 2 { // the second time nothing changes
			if _, err := s.RevokeAPIKey(t.Context(), changesAct(), k.ID); err != nil {
				t.Fatal(err)
			}
		}
		got := kinds(t, other, 0)
		want := []pierre.ChangeKind{pierre.ChangeKey, pierre.ChangeKeyRevoked, pierre.ChangeKeyRevoked}
		if len(got) != len(want) {
			t.Fatalf("changes = %+v, want %v", got, want)
		}
		for i, c := range got {
			if c.Kind != want[i] || c.ID != string(k.ID) || c.Generation != int64(i)+1 || !c.At.Equal(changesAct().At) {
				t.Errorf("change %d = %+v, want %s of generation %d", i, c, want[i], i+1)
			}
		}
		if n := told.Load(); n != 3 {
			t.Errorf("told %d times, want 3", n)
		}
		last, err := other.LastChange(t.Context())
		if err != nil || last != got[2].Seq || len(kinds(t, other, last)) != 0 || len(kinds(t, other, got[1].Seq)) != 1 {
			t.Errorf("the last change is %d, %v; want %d", last, err, got[2].Seq)
		}
	})
}

func TestOldChangesAreForgotten(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provisioned(t, s)
		if _, err := s.RevokeAPIKey(t.Context(), changesAct(), k.ID); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			left  int
		}{{time.Hour - time.Microsecond, 1}, {time.Hour, 0}} {
			if err := s.ForgetChanges(t.Context(), changesAct().At.Add(step.after)); err != nil {
				t.Fatal(err)
			}
			if n := len(kinds(t, s, 0)); n != step.left {
				t.Errorf("%v later %d changes are left, want %d", step.after, n, step.left)
			}
		}
	})
}

// A change that is not committed before its number is left behind is never told: PostgreSQL undoes it, and only it.
func TestAChangeIsNotLeftOpen(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		idle, err := store.IdleAfterChange(t.Context(), s)
		if _, postgres := s.Notifier(); err != nil || postgres && (idle <= 0 || idle >= 30_000) {
			t.Errorf("a transaction with a change may be idle for %d ms, %v; want less than 30 s", idle, err)
		}
		if len(kinds(t, s, 0)) != 1 {
			t.Error("the change is not told")
		}
	})
}

func changesAct() pierre.Act {
	return pierre.Act{Person: "test", At: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
}

func provisioned(t *testing.T, s *store.Store) pierre.APIKey {
	t.Helper()
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: [32]byte{1}}
	_, _, err := s.ProvisionAPIKey(t.Context(), changesAct(), k, func(pierre.APIKey) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	return k
}
