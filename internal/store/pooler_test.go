package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// Behind a pooler each transaction may be on another connection, and there are fewer of them than the servers think.
func TestAPoolerInTransactionMode(t *testing.T) {
	t.Parallel()
	url := pgtest.Pooled(t, pgtest.URL(t))
	var replicas []*store.Store
	for range 3 {
		s, err := store.OpenPostgres(url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		replicas = append(replicas, s)
	}
	inParallel(replicas, func(s *store.Store, _ int) {
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
	})
	k := provisionFor(t, replicas[0], "ana")
	inParallel(replicas, func(s *store.Store, n int) {
		for i := range rounds {
			if _, err := s.UpdateAPIKey(t.Context(), parallelAct(), k.ID, func(k *pierre.APIKey) error { k.Name += "x"; return nil }); err != nil {
				t.Error(err)
			}
			if got, err := s.APIKeyByHash(t.Context(), sha256.Sum256([]byte("ana"))); err != nil || got.ID != k.ID {
				t.Errorf("APIKeyByHash = %v, %v", got.ID, err)
			}
			call := pierre.Call{ID: pierre.NewCallID(), KeyID: k.ID, Tool: "get_stats", Status: pierre.CallSucceeded, Started: parallelDay}
			if err := s.RecordCalls(t.Context(), []pierre.Call{call}); err != nil {
				t.Error(err)
			}
			if _, err := s.ImportRecording(t.Context(), k.UserID, pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n), byte(i)}, Imported: parallelDay},
				pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: parallelDay.Add(time.Duration(n*1000+i) * time.Hour)}}); err != nil {
				t.Error(err)
			}
			page, err := s.Activities(t.Context(), k.UserID, pierre.ActivityQuery{})
			if err != nil || page.Total != len(page.Activities) {
				t.Errorf("%d activities of %d, %v", len(page.Activities), page.Total, err)
			}
		}
	})
	got, err := replicas[1].APIKey(t.Context(), k.ID)
	if err != nil || len(got.Name) != len("ana")+workers*rounds {
		t.Errorf("the name is %q, %v; want %d changes of it", got.Name, err, workers*rounds)
	}
	if page, err := replicas[2].Activities(t.Context(), k.UserID, pierre.ActivityQuery{}); err != nil || page.Total != workers*rounds {
		t.Errorf("%d activities, %v; want %d", page.Total, err, workers*rounds)
	}
	for _, s := range replicas {
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Whatever a store does, but for migrations, holds one connection at a time. If it waited for a second one with the first in hand, a full pool
// would stand still.
func TestOneConnectionIsEnough(t *testing.T) {
	t.Parallel()
	s, err := store.OpenPostgres(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil { // which needs two
		t.Fatal(err)
	}
	s.SetMaxConnections(1)
	k := provisionFor(t, s, "ana")
	inParallel([]*store.Store{s}, func(s *store.Store, n int) {
		if _, err := s.UpdateAPIKey(t.Context(), parallelAct(), k.ID, func(k *pierre.APIKey) error { k.Name += "x"; return nil }); err != nil {
			t.Error(err)
		}
		if _, err := s.ImportRecording(t.Context(), k.UserID, pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n)}, Imported: parallelDay},
			pierre.Recording{Activity: pierre.Activity{Sport: "run", Start: parallelDay.Add(time.Duration(n) * time.Hour)}}); err != nil {
			t.Error(err)
		}
		if err := s.RecordCalls(t.Context(), []pierre.Call{{ID: pierre.NewCallID(), KeyID: k.ID, Tool: "get_stats", Status: pierre.CallSucceeded, Started: parallelDay}}); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.RevokeAPIKey(t.Context(), parallelAct(), k.ID); err != nil {
		t.Error(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
