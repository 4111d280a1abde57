package usage_test

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
)

// rising is a store in which ten calls a second happen, one of them refused.
type rising struct{ asked atomic.Int64 }

func (r *rising) LiveUsage(_ context.Context, now time.Time) (pierre.LiveUsage, error) {
	r.asked.Add(1)
	s := now.Unix() % 86400
	return pierre.LiveUsage{
		At: now, Since: now.Truncate(24 * time.Hour), Totals: pierre.UsageSums{Succeeded: 8 * s, Failed: s, Refused: s}, ActiveKeys: 3,
		Refused: []pierre.RefusedCalls{{KeyID: "key_a", Minute: now.Truncate(time.Minute), Tool: "get_stats", Country: "CH", Calls: s}},
	}, nil
}

func watch(t *testing.T, l *usage.Live, after string) *usage.Viewer {
	t.Helper()
	v, err := l.Watch(after)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pass lets the time of a synctest bubble pass.
func pass(d time.Duration) { <-time.After(d) }

func TestViewersShareOneLookAtTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &rising{}
		l := usage.NewLive(db, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { l.Run(ctx); close(ended) }()
		pass(time.Hour)
		if n := db.asked.Load(); n != 0 {
			t.Errorf("without viewers the database was asked %d times", n)
		}
		viewers := []*usage.Viewer{watch(t, l, "")}
		pass(time.Second) // the look that the first causes; whether others would see it is by chance
		for range 19 {
			viewers = append(viewers, watch(t, l, ""))
		}
		pass(6 * time.Second)
		synctest.Wait()
		if n := db.asked.Load(); n != 4 {
			t.Errorf("in seven seconds the database was asked %d times for 20 viewers, want 4", n)
		}
		var last usage.LiveEvent
		for i, v := range viewers {
			want := 6 // numbers and refusals three times
			if i == 0 {
				want = 8
			}
			if n := len(v.Events); n != want {
				t.Fatalf("viewer %d has %d events, want %d", i, n, want)
			}
			for len(v.Events) > 0 {
				last = <-v.Events
				if last.Type != "usage" {
					continue
				}
				var n usage.LiveNumbers
				if err := json.Unmarshal(last.Data, &n); err != nil || n.ActiveKeys != 3 || n.Succeeded != 0 && (n.CallsPerSecond != 10 || n.Succeeded != 16 || n.RateLimited != 2) {
					t.Errorf("%s, %v", last.Data, err)
				}
			}
		}
		pass(4 * time.Second)
		synctest.Wait()
		if back := watch(t, l, last.ID); len(back.Events) != 4 {
			t.Errorf("a viewer who comes back has missed %d events, want 4", len(back.Events))
		}
		for _, id := range []string{"", "other-1", last.ID + "9", "x", "-"} {
			if v := watch(t, l, id); len(v.Events) != 0 {
				t.Errorf("after %q there are %d events, want none", id, len(v.Events))
			}
		}
		pass(time.Minute) // nobody reads
		synctest.Wait()
		for _, v := range viewers {
			for range v.Events {
			}
		}
		before := db.asked.Load()
		pass(time.Minute)
		if n := db.asked.Load() - before; n > 1 {
			t.Errorf("after all viewers were too slow the database was asked %d times", n)
		}
		v := watch(t, l, "")
		v.Close()
		v.Close()
		v = watch(t, l, "")
		stop()
		<-ended
		for range v.Events {
		}
		if _, err := l.Watch(""); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("Watch after the end = %v", err)
		}
	})
}

// busy is a store in which a call ends each second; it knows the last five, or so many.
type busy struct {
	asked atomic.Int64
	knows int
}

func (b *busy) LiveUsage(_ context.Context, now time.Time) (pierre.LiveUsage, error) {
	b.asked.Add(1)
	live := pierre.LiveUsage{At: now, Since: now.Truncate(24 * time.Hour)}
	for n := range cmp.Or(b.knows, 5) {
		at := now.Truncate(time.Second).Add(-time.Duration(n) * time.Second)
		live.Calls = append(live.Calls, pierre.LiveCall{ID: pierre.CallID(at.Format("150405")), Started: at})
	}
	return live, nil
}

// callsTo returns the calls of the events that wait for the viewer, and the id of the last event.
func callsTo(t *testing.T, v *usage.Viewer) (ids []pierre.CallID, last string) {
	t.Helper()
	for len(v.Events) > 0 {
		e := <-v.Events
		last = e.ID
		var told usage.LiveCalls
		if e.Type != "calls" {
			continue
		}
		if err := json.Unmarshal(e.Data, &told); err != nil {
			t.Fatal(err)
		}
		for _, c := range told.Calls {
			ids = append(ids, c.ID)
		}
	}
	return ids, last
}

// TestLiveCallsAreToldOnce: each call once to who watches, and the last look to who comes later, with one look for all.
func TestLiveCallsAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &busy{}
		l := usage.NewLive(store, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { l.Run(ctx); close(ended) }()
		first := watch(t, l, "")
		pass(5 * time.Second) // looks at 0, 2 and 4 seconds
		synctest.Wait()
		asked := store.asked.Load()
		later := watch(t, l, "")
		ids, last := callsTo(t, first)
		seen := map[pierre.CallID]int{}
		for _, id := range ids {
			seen[id]++
		}
		if len(ids) != 9 || len(seen) != 9 {
			t.Errorf("told of %v", ids)
		}
		if ids, at := callsTo(t, later); len(ids) != 5 || at != last || store.asked.Load() != asked {
			t.Errorf("who comes later is told of %v at %s, with %d looks", ids, at, store.asked.Load()-asked)
		}
		if back := watch(t, l, last); len(back.Events) != 0 {
			t.Errorf("who has seen all is told of %d events", len(back.Events))
		}
		stop()
		<-ended
	})
}

// A viewer whose stream breaks is told of each call once, also if nobody else watches meanwhile; somebody new of the last.
func TestTheOnlyViewerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := usage.NewLive(&busy{knows: 20}, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { l.Run(ctx); close(ended) }()
		alone := func(after string) ([]pierre.CallID, string) {
			v := watch(t, l, after)
			pass(time.Second) // one look
			synctest.Wait()
			v.Close()
			pass(3500 * time.Millisecond) // another, which finds nobody, and the end of the looks
			synctest.Wait()
			return callsTo(t, v)
		}
		before, last := alone("")
		after, _ := alone(last)
		if len(before) != 20 || len(after) != 4 || slices.Contains(after, before[0]) {
			t.Errorf("who comes back after seconds was told of %v and is told of %v", before, after)
		}
		if ids, _ := alone(""); len(ids) != 20 {
			t.Errorf("somebody new is told of %v", ids)
		}
		stop()
		<-ended
	})
}

// For five minutes a viewer who comes back gets what it missed, however much there was.
func TestFiveMinutesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := usage.NewLive(&loud{}, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { l.Run(ctx); close(ended) }()
		v := watch(t, l, "")
		first := <-v.Events
		go func() {
			for range v.Events {
			}
		}()
		pass(5*time.Minute - time.Second)
		synctest.Wait()
		if back := watch(t, l, first.ID); len(back.Events) != 3*150-1 {
			t.Errorf("a viewer who comes back after five minutes gets %d events", len(back.Events))
		}
		stop()
		<-ended
	})
}

// loud is a store of which each look makes an event of each kind.
type loud struct {
	rising
	busy
}

func (l *loud) LiveUsage(ctx context.Context, now time.Time) (pierre.LiveUsage, error) {
	live, err := l.rising.LiveUsage(ctx, now)
	calls, _ := l.busy.LiveUsage(ctx, now)
	live.Calls = calls.Calls
	return live, err
}
