package store_test

import (
	"encoding/hex"
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

func verified(t *testing.T, s *store.Store, kept []byte) pierre.AuditCheck {
	t.Helper()
	check, err := s.VerifyAuditLog(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	return check
}

// Programs that change things side by side write one chain, in the order of its places.
func TestAuditChainOfParallelWriters(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		const each = 4
		inParallel(replicas, func(s *store.Store, worker int) {
			for n := range each {
				if err := s.CreateAdminToken(t.Context(), act(day0), pierre.AdminToken{
					ID: pierre.NewAdminTokenID(), Service: fmt.Sprint(worker, n), Created: day0,
				}); err != nil {
					t.Error(err)
				}
			}
		})
		check := verified(t, replicas[0], nil)
		if check.Broken != nil || check.Entries != workers*each || check.Unchained != 0 {
			t.Errorf("the log is %+v (%+v), want %d entries", check, check.Broken, workers*each)
		}
		page, err := replicas[1].AuditLog(t.Context(), pierre.AuditQuery{Limit: 200})
		if err != nil || len(page.Entries) != workers*each {
			t.Fatalf("%d entries, %v", len(page.Entries), err)
		}
		for n, e := range page.Entries { // newest first
			if e.Place != int64(len(page.Entries)-n) {
				t.Errorf("entry %d has place %d", e.Seq, e.Place)
			}
		}
		if first := page.Entries[0].Hash; !slices.Equal(first, check.Head) {
			t.Errorf("the last entry's hash is %x, the head %x", first, check.Head)
		}
	})
}

// The hash of an entry is written down here: another encoding would call every log that there is broken.
func TestAuditHash(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		err := s.CreateAdminToken(t.Context(), pierre.Act{Person: "admin-setup", At: at}, pierre.AdminToken{ID: "admin_token_a", Service: "console", Created: at})
		if err != nil {
			t.Fatal(err)
		}
		const want = "743893706a9f7b45ae446200472b53fd1635770611bd9b672ab751a14d326d49"
		if got := hex.EncodeToString(verified(t, s, nil).Head); got != want {
			t.Errorf("the hash is %s, want %s", got, want)
		}
	})
}

func TestAuditQueries(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		k := provision(t, s, newKey("ana@example.com"), day0)
		if _, err := s.RevokeAPIKey(t.Context(), act(day0.Add(time.Hour)), k.ID); err != nil {
			t.Fatal(err)
		}
		other := pierre.Act{Person: "eva", At: day0.Add(2 * time.Hour)}
		if _, err := s.PutTier(t.Context(), other, pierre.Plan{Tier: "gold", Mode: pierre.ModeLive}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			q    pierre.AuditQuery
			want []string
		}{
			{pierre.AuditQuery{}, []string{"tier.create", "key.revoke", "key.provision", "user.create"}},
			{pierre.AuditQuery{Actor: "eva"}, []string{"tier.create"}},
			{pierre.AuditQuery{Action: "key.revoke"}, []string{"key.revoke"}},
			{pierre.AuditQuery{Target: string(k.ID)}, []string{"key.revoke", "key.provision"}},
			{pierre.AuditQuery{Target: string(k.ID), To: day0.Add(time.Hour)}, []string{"key.provision"}},
			{pierre.AuditQuery{From: day0.Add(time.Hour)}, []string{"tier.create", "key.revoke"}},
			{pierre.AuditQuery{Actor: "nobody"}, nil},
		} {
			var got []string
			for tt.q.Limit = 1; ; {
				page, err := s.AuditLog(t.Context(), tt.q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Entries {
					got = append(got, e.Action)
				}
				if tt.q.Cursor = page.NextCursor; page.NextCursor == "" {
					break
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v finds %v, want %v", tt.q, got, tt.want)
			}
		}
	})
}

// A head that was kept elsewhere is found in a log that has grown since, and not in one that was made anew.
func TestKeptHead(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		empty := verified(t, s, nil)
		provision(t, s, newKey("ana@example.com"), day0)
		kept := verified(t, s, empty.Head)
		provision(t, s, newKey("bob@example.com"), day0)
		grown := verified(t, s, kept.Head)
		if !kept.KeptFound || !grown.KeptFound || grown.Entries <= kept.Entries || grown.Broken != nil {
			t.Errorf("the checks are %+v, then %+v", kept, grown)
		}
		if other := verified(t, s, []byte(strings.Repeat("x", 32))); other.KeptFound {
			t.Error("a head that never was is found")
		}
	})
}
