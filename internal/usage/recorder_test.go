package usage_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/clientinfo"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

var noon = time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)

// counts returns the month's quota counter of key_a and the number of its calls.
func counts(t *testing.T, s *store.Store, now time.Time) (quota, calls int64) {
	t.Helper()
	start, end := pierre.PeriodMonth.Window(now)
	quota, err := s.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodMonth, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := s.CallSummary(t.Context(), "key_a", start, end)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range sum.Tools {
		calls += d.Count()
	}
	return quota, calls
}

func TestRecordedIsDurable(t *testing.T) {
	s := storetest.New(t)
	r := usage.NewRecorder(s)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if err := r.Record(t.Context(), reserved(noon), newCall(noon)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if quota, calls := counts(t, s, noon); quota != 1000 || calls != 1000 {
		t.Errorf("the counter says %d, and there are %d calls; want 1000", quota, calls)
	}
}

func TestACallIsWrittenThoughItsClientIsGone(t *testing.T) {
	s := storetest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	gate := &gated{Store: s, entered: make(chan struct{}), open: make(chan struct{})}
	r := usage.NewRecorder(gate)
	done := make(chan error)
	go func() { done <- r.Record(ctx, reserved(noon), newCall(noon)) }()
	<-gate.entered
	cancel()
	close(gate.open)
	if err := <-done; err != nil {
		t.Errorf("Record = %v, want the call written", err)
	}
	if quota, calls := counts(t, s, noon); quota != 1 || calls != 1 {
		t.Errorf("the counter says %d, and there are %d calls; want 1", quota, calls)
	}
}

// gated holds transactions up until it is opened.
type gated struct {
	*store.Store

	entered, open chan struct{}
	transactions  atomic.Int64
}

func (g *gated) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	if g.transactions.Add(1) == 1 {
		close(g.entered)
	}
	<-g.open
	return g.Store.RecordCalls(ctx, calls)
}

func TestCloseLetsInNoMoreAndFlushes(t *testing.T) {
	s := storetest.New(t)
	gate := &gated{Store: s, entered: make(chan struct{}), open: make(chan struct{})}
	r := usage.NewRecorder(gate)
	var kept atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch err := r.Record(t.Context(), reserved(noon), newCall(noon)); pierre.KindOf(err) {
			case pierre.KindUnavailable:
			default:
				if err != nil {
					t.Error(err)
				}
				kept.Add(1)
			}
		})
	}
	<-gate.entered
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := r.Close(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close = %v while a call is being written, want its deadline", err)
	}
	if err := r.Record(t.Context(), reserved(noon), newCall(noon)); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("Record after Close = %v, want unavailable", err)
	}
	close(gate.open)
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("Close = %v", err)
	}
	quota, calls := counts(t, s, noon)
	wg.Wait()
	if quota != kept.Load() || calls != kept.Load() || calls == 0 {
		t.Errorf("when Close returned the counter said %d, and there were %d calls; want %d", quota, calls, kept.Load())
	}
}

// full is a store whose disk is full.
type full struct{ usage.EventStore }

func (full) RecordCalls(context.Context, []pierre.Call) error {
	return &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The server's disk is full."}
}

func TestStoreErrorsReachEveryCaller(t *testing.T) {
	r := usage.NewRecorder(full{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := r.Record(t.Context(), reserved(noon), newCall(noon)); pierre.KindOf(err) != pierre.KindStorageFull {
				t.Errorf("Record = %v, want storage full", err)
			}
		})
	}
	wg.Wait()
}

// The moment of a call and the window that admitted it can lie on either side of midnight.
func TestACallCountsInTheWindowThatAdmittedIt(t *testing.T) {
	s := storetest.New(t)
	l, r := limit.New(s), usage.NewRecorder(s)
	lim, june := pierre.Limit{Requests: 9, Period: pierre.PeriodMonth}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, now := range []time.Time{june, june.Add(-time.Millisecond)} { // the second began before, and is late
		res, err := l.Reserve(t.Context(), buckets(lim), now)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Record(t.Context(), res, newCall(now)); err != nil {
			t.Fatal(err)
		}
	}
	if quota, calls := counts(t, s, june); quota != 2 || calls != 2 {
		t.Errorf("June: the counter says %d, and there are %d calls; want 2", quota, calls)
	}
}

func TestWhatCannotBeRecordedIsGivenBack(t *testing.T) {
	s := storetest.New(t)
	l, lim := limit.New(s), pierre.Limit{Requests: 1, Period: pierre.PeriodDay}
	for _, store := range []usage.EventStore{full{}, s} {
		res, err := l.Reserve(t.Context(), buckets(lim), noon)
		if err != nil || !res.Allowed {
			t.Fatalf("Reserve = %+v, %v", res, err)
		}
		if err := usage.NewRecorder(store).Record(t.Context(), res, newCall(noon)); (err != nil) != (store == full{}) {
			t.Errorf("Record = %v", err)
		}
	}
	if d, err := l.Peek(t.Context(), buckets(lim), noon); err != nil || d.States[0].Used != 1 {
		t.Errorf("Peek = %+v, %v; want what was recorded, once", d, err)
	}
}

// away is a database that cannot be reached.
type away struct{}

func (away) RecordCalls(context.Context, []pierre.Call) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "gone"}
}

func (away) RecordRefusedCalls(context.Context, []pierre.RefusedCalls) error { return nil }

// none has counted nothing so far.
type none struct{}

func (none) QuotaUsed(context.Context, string, pierre.Period, time.Time, []pierre.RunningCall) (int64, error) {
	return 0, nil
}

// torn is a database whose connection breaks before it says that the calls are kept.
type torn struct{ away }

func (torn) RecordCalls(context.Context, []pierre.Call) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "torn", Err: pierre.ErrMaybeMade}
}

// tornThen is torn once, and then another.
type tornThen struct {
	usage.EventStore

	once sync.Once
}

func (s *tornThen) RecordCalls(ctx context.Context, calls []pierre.Call) (err error) {
	s.once.Do(func() { err = torn{}.RecordCalls(ctx, calls) })
	if err != nil {
		return err
	}
	return s.EventStore.RecordCalls(ctx, calls)
}

// A call that the database may have kept goes on counting, so that no limit is exceeded; one that was never sent does not.
func TestWhatMayHaveBeenRecordedCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		store usage.EventStore
		stop  bool // the server stops meanwhile
		want  int64
	}{
		{"torn until the outage is too long", torn{}, false, 1},
		{"torn until the server stops", torn{}, true, 1},
		{"torn, then away", &tornThen{EventStore: away{}}, false, 1},
		{"torn, then full", &tornThen{EventStore: full{}}, false, 1},
		{"away until the outage is too long", away{}, false, 0},
		{"away until the server stops", away{}, true, 0},
		{"full", full{}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, lim := limit.New(none{}), pierre.Limit{Requests: 1, Period: pierre.PeriodDay}
				res, err := l.Reserve(t.Context(), buckets(lim), noon)
				if err != nil || !res.Allowed {
					t.Fatalf("Reserve = %+v, %v", res, err)
				}
				r := usage.NewRecorder(c.store)
				failed := make(chan error, 1)
				go func() { failed <- r.Record(t.Context(), res, newCall(noon)) }()
				if synctest.Wait(); c.stop {
					if err := r.Close(t.Context()); err != nil {
						t.Error(err)
					}
				}
				err = <-failed
				if text := pierre.MessageOf(err, ""); err == nil || strings.Contains(text, "may count") != (c.want > 0) {
					t.Errorf("Record = %v, which a person reads as %q", err, text)
				}
				if d, err := l.Peek(t.Context(), buckets(lim), noon); err != nil || d.States[0].Used != c.want {
					t.Errorf("Peek = %+v, %v; want %d calls counted", d, err, c.want)
				}
			})
		})
	}
}

func TestWhatAClientCanMakeUsKeepIsBounded(t *testing.T) {
	s := storetest.New(t)
	c := newCall(noon)
	c.Tool, c.Country = string(make([]byte, 1<<20)), "not a country"
	if err := usage.NewRecorder(s).Record(t.Context(), reserved(noon), c); err != nil {
		t.Fatal(err)
	}
	sum, err := s.CallSummary(t.Context(), "key_a", noon, noon.Add(time.Microsecond))
	if err != nil || len(sum.Groups) != 1 || len(sum.Groups[0].Tool) > 200 || sum.Groups[0].Country != clientinfo.UnknownCountry {
		t.Errorf("kept %+v, %v", sum.Groups, err)
	}
}
