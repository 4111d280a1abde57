package usage_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
	quota, err := s.QuotaUsed(t.Context(), "key_a", pierre.PeriodMonth, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Calls(t.Context(), "key_a", start, end) {
		if err != nil {
			t.Fatal(err)
		}
		calls++
	}
	return quota, calls
}

func TestRecordedIsDurable(t *testing.T) {
	s := storetest.New(t)
	r := usage.NewRecorder(s, usage.Options{})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if err := r.Record(t.Context(), newCall(noon)); err != nil {
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
	r := usage.NewRecorder(gate, usage.Options{})
	done := make(chan error)
	go func() { done <- r.Record(ctx, newCall(noon)) }()
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
	r := usage.NewRecorder(gate, usage.Options{})
	var kept atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch err := r.Record(t.Context(), newCall(noon)); pierre.KindOf(err) {
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
	if err := r.Record(t.Context(), newCall(noon)); pierre.KindOf(err) != pierre.KindUnavailable {
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
type full struct{}

func (full) RecordCalls(context.Context, []pierre.Call) error {
	return &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The server's disk is full."}
}

func TestStoreErrorsReachEveryCaller(t *testing.T) {
	r := usage.NewRecorder(full{}, usage.Options{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := r.Record(t.Context(), newCall(noon)); pierre.KindOf(err) != pierre.KindStorageFull {
				t.Errorf("Record = %v, want storage full", err)
			}
		})
	}
	wg.Wait()
}

func TestACallCountsInTheWindowThatAdmittedIt(t *testing.T) {
	s := storetest.New(t)
	r := usage.NewRecorder(s, usage.Options{})
	june := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	early, late := newCall(june.Add(-time.Millisecond)), newCall(june.Add(time.Millisecond))
	early.WindowStart = june         // began in May, was admitted in June
	late.WindowStart = early.Started // some time in May: the other way round
	for _, c := range []pierre.Call{early, late} {
		if err := r.Record(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []time.Time{june, june.Add(-time.Hour)} {
		if quota, calls := counts(t, s, at); quota != 1 || calls != 1 {
			t.Errorf("%s: the counter says %d, and there are %d calls; want 1", at.Month(), quota, calls)
		}
	}
}

func TestWhatAClientCanMakeUsKeepIsBounded(t *testing.T) {
	s := storetest.New(t)
	c := newCall(noon)
	c.Tool, c.Country = string(make([]byte, 1<<20)), "not a country"
	if err := usage.NewRecorder(s, usage.Options{}).Record(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for c, err := range s.Calls(t.Context(), "key_a", noon, noon.Add(1)) {
		if err != nil || len(c.Tool) > 200 || c.Country != usage.UnknownCountry {
			t.Errorf("kept a tool's name of %d bytes and the country %q, %v", len(c.Tool), c.Country, err)
		}
	}
}
