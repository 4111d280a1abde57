package provider_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A bench has one connection, to a provider whose one stream a test makes, and a server that browsers do not reach.
type bench struct {
	*testing.T

	service *provider.Service
	store   *store.Store
	ahead   atomic.Int64 // of the clock
	first   pierre.Connection
}

type list = func(ctx context.Context, c *provider.Client, w provider.Window) (provider.Page, error)

func newBench(t *testing.T, st *store.Store, fetch list) *bench { return newBounded(t, st, fetch, 0) }

// newBounded makes a bench whose server keeps so many bytes of a person; 0: any number.
func newBounded(t *testing.T, st *store.Store, fetch list, maxStored int64) *bench {
	t.Helper()
	b := &bench{T: t, store: st}
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	table := []provider.Provider{{
		Name: pierre.ProviderIntervals, Title: "The provider", Key: &provider.Key{User: "API_KEY"}, Every: time.Hour,
		Streams: []provider.Stream{{Name: "activities", List: fetch}},
	}}
	b.service = provider.New(table, st, importer.New(st, b.now, importer.Options{TempDir: t.TempDir(), MaxStored: maxStored}), ring, provider.Options{Now: b.now})
	user := storetest.Users(t, st, b.now(), "ana@example.com")[0]
	b.first = pierre.Connection{
		UserID: user, Provider: pierre.ProviderIntervals, Account: "7", Connected: b.now(), Due: b.now(),
		Sealed: ring.Seal([]byte(`{"key":"a-key"}`), pierre.ConnectionPurpose(user, pierre.ProviderIntervals)),
	}
	b.keep(b.first)
	return b
}

func (b *bench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())).UTC() }

func (b *bench) keep(c pierre.Connection) {
	b.Helper()
	if err := b.store.KeepConnection(b.Context(), c); err != nil {
		b.Fatal(err)
	}
}

// sync lets the server fetch as a job does, which has half an hour, and returns the connection as it is then.
func (b *bench) sync() pierre.Connection {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Minute)
	defer cancel()
	if err := b.service.SyncDue(ctx); err != nil {
		b.Error(err)
	}
	c, err := b.store.Connection(b.Context(), b.first.UserID, b.first.Provider)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// Who has as much as the server keeps of a person is told so, and what was kept before stays.
func TestFetchedDaysAreBounded(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, st *store.Store) {
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		b := newBounded(t, st, func(_ context.Context, _ *provider.Client, w provider.Window) (provider.Page, error) {
			page := provider.Page{Next: w.Page + "x", Values: []pierre.Wellness{{Day: day.AddDate(0, 0, len(w.Page)), Kind: pierre.WellnessSteps, Value: 8000}}}
			if len(w.Page) > 5 {
				page.Next = ""
			}
			return page, nil
		}, 300)
		if c := b.sync(); !strings.Contains(c.Sync.Problem, "its limit for one person is 300 bytes") || !c.Sync.Synced.IsZero() {
			t.Errorf("it says %q", c.Sync.Problem)
		}
		kept, err := st.Wellness(t.Context(), b.first.UserID, pierre.WellnessQuery{First: day, Last: day.AddDate(0, 0, 30)})
		if err != nil || len(kept) != 3 {
			t.Errorf("%d values are kept (%v), want 3", len(kept), err)
		}
	})
}

// A server that browsers do not reach fetches all the same: the second copy of a personal program is one.
func TestFetchesUnreached(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, st *store.Store) {
		b := newBench(t, st, func(context.Context, *provider.Client, provider.Window) (provider.Page, error) {
			return provider.Page{}, nil
		})
		if c := b.sync(); c.Sync.Synced.IsZero() || c.Sync.Problem != "" {
			t.Errorf("the connection is %+v", c)
		}
		if _, err := b.service.Invite(t.Context(), b.first.UserID, b.first.Provider); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("it makes links that no browser reaches: %v", err)
		}
	})
}

// A turn that hangs is broken off while the job still has time, and counts as a failed try.
func TestTurnThatHangs(t *testing.T) {
	t.Parallel()
	path := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storetest.OpenSQLite(t, path), func(ctx context.Context, _ *provider.Client, _ provider.Window) (provider.Page, error) {
			<-ctx.Done()
			return provider.Page{}, ctx.Err()
		})
		if c := b.sync(); c.Sync.Tries != 1 || !c.Due.After(b.now()) {
			t.Errorf("the connection is %+v", c)
		}
	})
}

// A page of many slow recordings does not hold others up: it is gone on with in the next turn.
func TestLongPage(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, st *store.Store) {
		var b *bench
		var lists, loads int
		b = newBench(t, st, func(context.Context, *provider.Client, provider.Window) (provider.Page, error) {
			lists++
			var page provider.Page
			for _, id := range []string{"1", "2", "3"} {
				page.Items = append(page.Items, provider.Item{ID: id, Load: func(context.Context) (pierre.Fetched, error) {
					loads++
					b.ahead.Add(int64(4 * time.Minute))
					return pierre.Fetched{}, &provider.StatusError{Status: http.StatusNotFound}
				}})
			}
			return page, nil
		})
		if c := b.sync(); lists != 2 || loads != 3 || c.Sync.Synced.IsZero() {
			t.Errorf("%d lists, %d recordings; the connection is %+v", lists, loads, c)
		}
	})
}

// A recording whose activity the athlete deleted stays away when the provider changes it, and is no failure.
func TestFetchesDeleted(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, st *store.Store) {
		var version string
		began := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
		b := newBench(t, st, func(context.Context, *provider.Client, provider.Window) (provider.Page, error) {
			return provider.Page{Items: []provider.Item{{ID: "1", Version: version, Load: func(context.Context) (pierre.Fetched, error) {
				rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRun, Start: began, Name: "Version " + version}}
				rec.ElapsedSeconds = new(1800.0)
				return pierre.Fetched{Recording: &rec}, nil
			}}}}, nil
		})
		b.sync()
		page, err := st.Activities(t.Context(), b.first.UserID, pierre.ActivityQuery{})
		if err != nil || page.Total != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		if _, err := st.DeleteActivity(t.Context(), b.first.UserID, page.Activities[0].ID, "", b.now()); err != nil {
			t.Fatal(err)
		}
		version = "2"
		b.ahead.Add(int64(2 * time.Hour))
		c := b.sync()
		counts, err := st.FetchedCounts(t.Context(), b.first.UserID, b.first.Provider)
		if err != nil || counts != (pierre.FetchedCounts{}) || c.Sync.FailedText != "" || c.Sync.Problem != "" {
			t.Errorf("%+v, %v; the connection is %+v", counts, err, c.Sync)
		}
		if page, err = st.Activities(t.Context(), b.first.UserID, pierre.ActivityQuery{}); err != nil || page.Total != 0 {
			t.Errorf("%d activities, %v", page.Total, err)
		}
	})
}

// Credentials that cannot be opened are no passing fault. But they are not given up at once: keys may just be changing.
func TestSealedByAnother(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, st *store.Store) {
		b := newBench(t, st, func(context.Context, *provider.Client, provider.Window) (provider.Page, error) {
			return provider.Page{}, nil
		})
		sealed := b.first
		sealed.Sealed = []byte("by nobody")
		b.keep(sealed)
		began := b.now()
		for n := 1; ; n++ {
			c := b.sync()
			if !strings.Contains(c.Sync.Problem, "Connect it again") || n > 10 {
				t.Fatalf("after %d tries: %+v", n, c)
			}
			if c.Status == pierre.ConnectionBroken {
				break
			}
			b.ahead.Add(int64(c.Due.Sub(b.now()) + time.Second))
		}
		if took := b.now().Sub(began); took < 2*time.Hour {
			t.Errorf("it was given up after %v", took)
		}
		b.keep(b.first)
		if c := b.sync(); c.Status != pierre.ConnectionActive || c.Sync.Problem != "" {
			t.Errorf("connected again: %+v", c)
		}
	})
}
