package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

var connectionsNow = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// connected returns a new connection of the user's to Polar.
func connected(t *testing.T, s *store.Store, user pierre.UserID, account string) pierre.Connection {
	t.Helper()
	err := s.KeepConnection(t.Context(), pierre.Connection{
		UserID: user, Provider: pierre.ProviderPolar, Account: account, Sealed: []byte("first"), Connected: connectionsNow, Due: connectionsNow,
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Connection(t.Context(), user, pierre.ProviderPolar)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Of all that want new credentials at once, on two servers, one gets them; who comes later sees that they have changed.
func TestOneRefreshes(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		user := storetest.Users(t, replicas[0], connectionsNow, "ana@example.com")[0]
		c := connected(t, replicas[0], user, "7")
		var won atomic.Int64
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				owner := string(rune('a' + n))
				mine, err := replicas[n%2].BeginRefresh(t.Context(), c, owner, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if !mine {
					return
				}
				won.Add(1)
				fresh := c
				fresh.Sealed = []byte("second")
				if kept, err := replicas[n%2].EndRefresh(t.Context(), fresh, owner); err != nil || !kept {
					t.Errorf("EndRefresh = %v, %v", kept, err)
				}
			})
		}
		wg.Wait()
		got, err := replicas[1].Connection(t.Context(), user, pierre.ProviderPolar)
		if err != nil || won.Load() != 1 || string(got.Sealed) != "second" || got.Generation != c.Generation+1 {
			t.Errorf("%d refreshed, %+v, %v", won.Load(), got, err)
		}
		// An owner whose time has passed, and who was overtaken, changes nothing.
		if mine, err := replicas[0].BeginRefresh(t.Context(), got, "slow", 0); err != nil || !mine {
			t.Errorf("BeginRefresh = %v, %v", mine, err)
		}
		if mine, err := replicas[1].BeginRefresh(t.Context(), got, "next", time.Minute); err != nil || !mine {
			t.Errorf("BeginRefresh = %v, %v", mine, err)
		}
		if kept, err := replicas[0].EndRefresh(t.Context(), got, "slow"); err != nil || kept {
			t.Errorf("EndRefresh of who was overtaken = %v, %v", kept, err)
		}
	})
}

func TestOneFetches(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		user := storetest.Users(t, replicas[0], connectionsNow, "ana@example.com")[0]
		c := connected(t, replicas[0], user, "7")
		a, b := replicas[0], replicas[1]
		due := func(at time.Time) int {
			t.Helper()
			list, err := b.DueConnections(t.Context(), at, []pierre.Provider{pierre.ProviderPolar}, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		begin := func(s *store.Store, owner string, lasts time.Duration) bool {
			t.Helper()
			mine, err := s.BeginSync(t.Context(), c, owner, lasts)
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		if due(connectionsNow.Add(-time.Second)) != 0 || due(connectionsNow) != 1 {
			t.Error("it is not due from now on")
		}
		if !begin(a, "a", time.Minute) || begin(b, "b", time.Minute) || due(connectionsNow) != 0 || !begin(a, "a", 0) {
			t.Error("two servers fetch")
		}
		if !begin(b, "b", time.Minute) {
			t.Error("nobody takes over from a server that was killed")
		}
		c.Sync.Tries = 5
		c.Due = connectionsNow.Add(time.Hour)
		if kept, err := a.SaveSync(t.Context(), c, "a", connectionsNow, 0); err != nil || kept {
			t.Errorf("who was overtaken kept its state: %v, %v", kept, err)
		}
		if kept, err := b.SaveSync(t.Context(), c, "b", connectionsNow, 0); err != nil || !kept {
			t.Errorf("SaveSync = %v, %v", kept, err)
		}
		if due(connectionsNow.Add(time.Minute)) != 0 || due(connectionsNow.Add(time.Hour)) != 1 {
			t.Error("it is not due in an hour")
		}
		// A webhook that comes while a server fetches is not lost.
		at := connectionsNow.Add(2 * time.Hour)
		begin(a, "a", time.Minute)
		if n, err := b.CallForSync(t.Context(), pierre.ProviderPolar, "7", at.Add(time.Second)); err != nil || n != 1 {
			t.Errorf("CallForSync = %d, %v", n, err)
		}
		if kept, err := a.SaveSync(t.Context(), c, "a", at, time.Minute); err != nil || !kept { // in the middle of a turn
			t.Errorf("SaveSync = %v, %v", kept, err)
		}
		c.Due = at.Add(time.Hour)
		if _, err := a.SaveSync(t.Context(), c, "a", at, 0); err != nil || due(at.Add(2*time.Second)) != 1 {
			t.Errorf("the call for data was lost: %v", err)
		}
		if err := a.PauseProvider(t.Context(), pierre.ProviderPolar, at.Add(time.Minute)); err != nil || due(at.Add(30*time.Second)) != 0 || due(at.Add(time.Minute)) != 1 {
			t.Errorf("a paused provider is asked: %v", err)
		}
	})
}

// Who fetches over a connection neither goes on with one that took its place, nor changes its state.
func TestAnotherAccountMeanwhile(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		user := storetest.Users(t, s, connectionsNow, "ana@example.com")[0]
		c := connected(t, s, user, "7")
		begin := func(c pierre.Connection, want bool) {
			t.Helper()
			if mine, err := s.BeginSync(t.Context(), c, "a", time.Minute); err != nil || mine != want {
				t.Errorf("BeginSync = %v, %v, want %v", mine, err, want)
			}
		}
		begin(c, true)
		begin(c, true)
		if err := s.KeepConnection(t.Context(), pierre.Connection{
			UserID: user, Provider: pierre.ProviderPolar, Account: "8", Sealed: []byte("other"), Connected: connectionsNow.Add(time.Second), Due: connectionsNow,
		}); err != nil {
			t.Fatal(err)
		}
		begin(c, false)
		now, err := s.Connection(t.Context(), user, pierre.ProviderPolar)
		if err != nil {
			t.Fatal(err)
		}
		begin(now, true) // the same server, in its next turn
		c.Sync.Tries = 5
		if kept, err := s.SaveSync(t.Context(), c, "a", connectionsNow, 0); err != nil || kept {
			t.Errorf("SaveSync = %v, %v", kept, err)
		}
		if now, err = s.Connection(t.Context(), user, pierre.ProviderPolar); err != nil || now.Sync.Tries != 0 {
			t.Errorf("the new connection is %+v, %v", now, err)
		}
	})
}

// Connections to providers that a version does not know leave the others their places.
func TestDueOfKnownProviders(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for _, user := range storetest.Users(t, s, connectionsNow, "ana@example.com", "ben@example.com", "cyd@example.com") {
			if err := s.KeepConnection(t.Context(), pierre.Connection{
				UserID: user, Provider: "unheard_of", Sealed: []byte("first"), Connected: connectionsNow, Due: connectionsNow.Add(-time.Hour),
			}); err != nil {
				t.Fatal(err)
			}
		}
		user := storetest.Users(t, s, connectionsNow, "dee@example.com")[0]
		connected(t, s, user, "7")
		list, err := s.DueConnections(t.Context(), connectionsNow, []pierre.Provider{pierre.ProviderWahoo, pierre.ProviderPolar}, 2)
		if err != nil || len(list) != 1 || list[0].UserID != user {
			t.Errorf("DueConnections = %+v, %v", list, err)
		}
		if list, err := s.DueConnections(t.Context(), connectionsNow, nil, 2); err != nil || len(list) != 0 {
			t.Errorf("for no provider: %+v, %v", list, err)
		}
	})
}

// Another account's connection begins anew; the same one's goes on.
func TestConnectingAgain(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		users := storetest.Users(t, s, connectionsNow, "ana@example.com", "ben@example.com")
		c := connected(t, s, users[0], "7")
		connected(t, s, users[1], "9")
		c.Sync.Tries = 5
		if _, err := s.BeginSync(t.Context(), c, "a", time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SaveSync(t.Context(), c, "a", connectionsNow, 0); err != nil {
			t.Fatal(err)
		}
		item := pierre.FetchedItem{ID: "1", Version: "v", Outcome: pierre.FetchKept}
		if err := s.KeepFetched(t.Context(), users[0], pierre.ProviderPolar, item); err != nil {
			t.Fatal(err)
		}
		items := func(user pierre.UserID) int {
			t.Helper()
			found, err := s.FetchedItems(t.Context(), user, pierre.ProviderPolar, []string{"1", "2"})
			if err != nil {
				t.Fatal(err)
			}
			return len(found)
		}
		if again := connected(t, s, users[0], "7"); again.Sync.Tries != 5 || again.Generation != c.Generation+1 || items(users[0]) != 1 || items(users[1]) != 0 {
			t.Errorf("the same account: %+v, %d items", again, items(users[0]))
		}
		if other := connected(t, s, users[0], "8"); other.Sync.Tries != 0 || items(users[0]) != 0 {
			t.Errorf("another account: %+v, %d items", other, items(users[0]))
		}
		for n, outcome := range []pierre.FetchOutcome{pierre.FetchKept, pierre.FetchKept, pierre.FetchLeft, pierre.FetchFailed, pierre.FetchRetry} {
			if err := s.KeepFetched(t.Context(), users[0], pierre.ProviderPolar, pierre.FetchedItem{ID: string(rune('p' + n)), Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.KeepWellness(t.Context(), users[0], connectionsNow, []pierre.Wellness{
			{Day: connectionsNow, Kind: pierre.WellnessWeight, Source: pierre.ProviderPolar, Value: 70},
			{Day: connectionsNow, Kind: pierre.WellnessWeight, Source: pierre.ProviderWahoo, Value: 70},
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.FetchedCounts(t.Context(), users[0], pierre.ProviderPolar); err != nil || n != (pierre.FetchedCounts{Kept: 2, Left: 1, Failed: 1, Values: 1}) {
			t.Errorf("FetchedCounts = %+v, %v", n, err)
		}
		if err := s.DeleteConnection(t.Context(), users[0], pierre.ProviderPolar); err != nil {
			t.Error(err)
		}
		if err := s.DeleteConnection(t.Context(), users[0], pierre.ProviderPolar); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("again: %v", err)
		}
		if err := s.KeepFetched(t.Context(), users[0], pierre.ProviderPolar, item); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("something was fetched over a connection that is gone: %v", err)
		}
		if list, err := s.Connections(t.Context(), users[1]); err != nil || len(list) != 1 {
			t.Errorf("another user's connections: %v, %v", list, err)
		}
	})
}

// Who goes through two links at once is connected, to one of the accounts.
func TestConnectingTwiceAtOnce(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		for _, accounts := range [][]string{{"7", "7"}, {"7", "8"}} {
			for n := range 3 {
				user := storetest.Users(t, replicas[0], connectionsNow, fmt.Sprintf("ana%s%d@example.com", accounts[1], n))[0]
				var wg sync.WaitGroup
				for n := range 8 {
					wg.Go(func() {
						if err := replicas[n%2].KeepConnection(t.Context(), pierre.Connection{
							UserID: user, Provider: pierre.ProviderPolar, Account: accounts[n%2], Sealed: []byte(accounts[n%2]), Connected: connectionsNow, Due: connectionsNow,
						}); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if c, err := replicas[0].Connection(t.Context(), user, pierre.ProviderPolar); err != nil || string(c.Sealed) != c.Account {
					t.Fatalf("the connection is %+v, %v", c, err)
				}
			}
		}
	})
}

// A link works until it expires, for one request to the provider at a time, and its answer is taken once.
func TestConnectionLinks(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		user := storetest.Users(t, s, connectionsNow, "ana@example.com")[0]
		link := func(n byte) pierre.ConnectionLink {
			l := pierre.ConnectionLink{Token: [32]byte{n}, UserID: user, Provider: pierre.ProviderPolar, Expires: connectionsNow.Add(15*time.Minute + time.Duration(n)*time.Second)}
			if err := s.KeepLink(t.Context(), l, connectionsNow); err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := link(1)
		if got, err := s.Link(t.Context(), l.Token, connectionsNow); err != nil || got != l {
			t.Errorf("Link = %+v, %v", got, err)
		}
		if _, err := s.Link(t.Context(), l.Token, l.Expires); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an expired link: %v", err)
		}
		if err := s.AskProvider(t.Context(), l.Token, [32]byte{2}, connectionsNow); err != nil {
			t.Fatal(err)
		}
		if err := s.AskProvider(t.Context(), l.Token, [32]byte{3}, connectionsNow); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TakeState(t.Context(), [32]byte{2}, connectionsNow); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an earlier state: %v", err)
		}
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if got, err := s.TakeState(t.Context(), [32]byte{3}, connectionsNow); err == nil && got == l {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("the state was taken %d times", taken.Load())
		}
		for n := range byte(25) {
			l = link(n + 10)
		}
		if _, err := s.Link(t.Context(), [32]byte{10}, connectionsNow); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the oldest of many links: %v", err)
		}
		if got, err := s.TakeLink(t.Context(), l.Token, connectionsNow); err != nil || got != l {
			t.Errorf("TakeLink = %+v, %v", got, err)
		}
	})
}
