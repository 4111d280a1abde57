package console_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

const manyKeys = 10_000

// crowded has ten thousand keys of five thousand customers, each with a call in the last week, and one with a year of calls.
func crowded(b *testing.B) (s *site, busy pierre.APIKey) {
	b.Helper()
	s = start(b)
	now, store := s.server.Now(), s.server.Store
	var calls []pierre.Call
	for n := range manyKeys {
		id := pierre.NewKeyID()
		k := pierre.APIKey{
			ID: id, Email: fmt.Sprintf("c%d@club%d.example", n/2, n%97), Name: fmt.Sprint("key ", n), Tier: pierre.TierStarter,
			Hash: sha256.Sum256([]byte(id)), Prefix: "pk_live_abcd", Last4: "wxyz",
		}
		act := pierre.Act{Person: "test", At: now.Add(-time.Duration(n) * time.Minute)}
		keep := func(kept pierre.APIKey) ([]byte, error) { k = kept; return nil, nil }
		if _, _, err := store.ProvisionAPIKey(b.Context(), act, k, keep); err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			busy = k
		}
		calls = append(calls, pierre.Call{
			ID: pierre.NewCallID(), KeyID: k.ID, UserID: k.UserID, Tier: k.Tier, Tool: "get_stats", Status: pierre.CallSucceeded,
			Started: act.At, Duration: time.Millisecond, Country: "CH", Buckets: pierre.Limits{Quota: pierre.Limit{Requests: 10_000, Period: pierre.PeriodMonth}}.Buckets(k.Family, k.UserID, ""),
		})
	}
	if err := store.RecordCalls(b.Context(), calls); err != nil {
		b.Fatal(err)
	}
	for at := now.AddDate(-1, 0, 0); at.Before(now); at = at.Add(3 * time.Hour) {
		s.server.Record(b, adminapitest.Calls{Key: busy.ID, At: at, N: 3, Status: pierre.CallSucceeded})
	}
	if err := store.FoldUsage(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s, busy
}

// BenchmarkPages is how long pages take with ten thousand keys and a year of calls.
func BenchmarkPages(b *testing.B) {
	s, busy := crowded(b)
	key, customer := "/admin/keys/"+string(busy.ID), "/admin/customers/"+string(busy.UserID)
	for _, path := range []string{
		"/admin", "/admin/keys", "/admin/keys?sort=-use", "/admin/keys?sort=email", "/admin/keys?q=club42", key, key + "?days=365",
		"/admin/customers", "/admin/customers?q=c42", customer, "/admin/tiers",
	} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if a := s.get(path); a.status != http.StatusOK {
					b.Fatal(a.status)
				}
			}
		})
	}
}
