// Package adminapitest is the admin API over real HTTP for tests of what calls it: with the real store on SQLite, the real
// verifiers and reports. Only the clock is the test's.
package adminapitest

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A Server is an admin API with a store of its own.
type Server struct {
	URL    string
	Store  *store.Store
	Client *adminapi.Client // with a token that may do everything

	ring    *keyring.Ring
	limiter *limit.Limiter

	mu  sync.Mutex
	now time.Time
}

// Start starts a server at a time, which ends with the test.
func Start(t testing.TB, now time.Time) *Server {
	t.Helper()
	s := &Server{now: now}
	var err error
	if s.ring, err = keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{}); err != nil {
		t.Fatal(err)
	}
	s.Store = storetest.New(t)
	s.limiter = limit.New(s.Store)
	verifier := access.NewVerifier(s.Store, s.Now)
	reporter := usage.NewReporter(s.Store, s.Store, s.limiter, usage.NewRecorder(s.Store), s.Now)
	live := usage.NewLive(s.Store, slog.New(slog.DiscardHandler))
	ended := make(chan struct{})
	go func() { live.Run(t.Context()); close(ended) }()
	t.Cleanup(func() { <-ended })
	srv := httptest.NewServer(adminapi.New(s.Store, access.NewAdminVerifier(s.ring, s.Store, s.Now), reporter, s.ring,
		adminapi.Options{Keys: access.KeyListeners{verifier}, Live: live, Log: slog.New(slog.DiscardHandler), Now: s.Now}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	s.Client = s.ClientWith(t, time.Time{}, pierre.Permissions()...)
	return s
}

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Pass lets time pass.
func (s *Server) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// ClientWith returns a client with a new token, which may do what the permissions say until a time; zero: for ever.
func (s *Server) ClientWith(t testing.TB, until time.Time, permissions ...pierre.Permission) *adminapi.Client {
	t.Helper()
	row := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "test", Permissions: permissions, Created: s.Now(), Expires: until}
	if err := s.Store.CreateAdminToken(t.Context(), pierre.Act{Person: "admin-setup", At: s.Now()}, row); err != nil {
		t.Fatal(err)
	}
	token, err := access.SignAdminToken(s.ring.JWTSecret(), row)
	if err != nil {
		t.Fatal(err)
	}
	c, err := adminapi.NewClient(s.URL, token, adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Provision makes a key of a customer.
func (s *Server) Provision(t testing.TB, email string, tier pierre.Tier) adminapi.FreshKey {
	t.Helper()
	k, err := s.Client.Provision(t.Context(), adminapi.ProvisionRequest{UserEmail: email, Tier: tier}, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Calls are calls of a key that have the same fate.
type Calls struct {
	Key     pierre.KeyID
	At      time.Time // of the first; the others are a millisecond apart
	N       int
	Status  pierre.CallStatus
	Tool    string        // "": get_stats
	Country string        // "": CH
	Took    time.Duration // each; 0: 5 ms
}

// Record records calls as the server does, and counts those that were not refused against the key's limits.
func (s *Server) Record(t testing.TB, c Calls) {
	t.Helper()
	k, err := s.Store.APIKey(t.Context(), c.Key)
	if err != nil {
		t.Fatal(err)
	}
	tool, country, took := cmp.Or(c.Tool, "get_stats"), cmp.Or(c.Country, "CH"), cmp.Or(c.Took, 5*time.Millisecond)
	if c.Status == pierre.CallRateLimited {
		err = s.Store.RecordRefusedCalls(t.Context(), []pierre.RefusedCalls{{
			KeyID: c.Key, Customer: k.UserID, Tier: k.Tier, Minute: c.At.Truncate(time.Minute), Tool: tool, Country: country, Calls: int64(c.N),
		}})
	} else {
		list := make([]pierre.Call, c.N)
		for n := range list {
			list[n] = pierre.Call{
				ID: pierre.NewCallID(), KeyID: c.Key, UserID: k.UserID, Tier: k.Tier, Tool: tool, Status: c.Status, Started: c.At.Add(time.Duration(n) * time.Millisecond),
				Duration: took, Country: country, Buckets: k.Limits().Buckets(k.Family, k.UserID, tool),
			}
		}
		err = s.Store.RecordCalls(t.Context(), list)
	}
	err = errors.Join(err, s.Store.FoldUsage(t.Context())) // a job of the server does so all the time
	if err != nil {
		t.Fatal(err)
	}
}

// Crowd makes keys until there are so many of its own, two for each customer and each with one call, the first with the
// latest. It returns those that it made.
func (s *Server) Crowd(t testing.TB, from, until int) []pierre.APIKey {
	t.Helper()
	var made []pierre.APIKey
	var calls []pierre.Call
	quota := pierre.Limits{Quota: pierre.Limit{Requests: 10_000, Period: pierre.PeriodMonth}}
	for n := from; n < until; n++ {
		id := pierre.NewKeyID()
		k := pierre.APIKey{
			ID: id, Email: fmt.Sprintf("c%d@club%d.example", n/2, n%97), Name: fmt.Sprint("key ", n), Tier: pierre.TierStarter,
			Hash: sha256.Sum256([]byte(id)), Prefix: "pk_live_abcd", Last4: "wxyz",
		}
		act := pierre.Act{Person: "test", At: s.Now().Add(-time.Duration(n) * time.Minute)}
		keep := func(kept pierre.APIKey) ([]byte, error) { k = kept; return nil, nil }
		if _, _, err := s.Store.ProvisionAPIKey(t.Context(), act, k, keep); err != nil {
			t.Fatal(err)
		}
		made = append(made, k)
		calls = append(calls, pierre.Call{
			ID: pierre.NewCallID(), KeyID: k.ID, UserID: k.UserID, Tier: k.Tier, Tool: "get_stats", Status: pierre.CallSucceeded,
			Started: act.At, Duration: time.Millisecond, Country: "CH", Buckets: quota.Buckets(k.Family, k.UserID, ""),
		})
	}
	if err := s.Store.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.FoldUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	return made
}
