package usage_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

func refusals(t *testing.T, r *usage.Reporter) int64 {
	t.Helper()
	report, err := r.Report(t.Context(), "key_a", noon.Add(-time.Hour), noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return report.Totals.RateLimited
}

// A client over its limit must not fill the disk, however much it asks.
func TestRefusedCallsCostNoDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	s := openStore(t, path)
	r := usage.NewRecorder(s)
	size := func() (n int64) {
		for _, suffix := range []string{"", "-wal"} {
			if info, err := os.Stat(path + suffix); err == nil {
				n += info.Size()
			}
		}
		return n
	}
	refuse := func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 2_500 {
					if err := r.Refuse(newCall(noon)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	refuse()
	before := size()
	for range 3 {
		refuse()
	}
	if grown := size() - before; grown > 64<<10 {
		t.Errorf("30000 refused calls took %d bytes of disk", grown)
	}
	reporter := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), r, clock(noon))
	if n := refusals(t, reporter); n != 40_000 {
		t.Errorf("the report counts %d refused calls, want all 40000", n)
	}
}

func TestReportsShowRefusalsOfThisMoment(t *testing.T) {
	s := storetest.New(t)
	r := usage.NewRecorder(s)
	reporter := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), r, clock(noon))
	for n := range int64(3) {
		if err := r.Refuse(newCall(noon)); err != nil {
			t.Fatal(err)
		}
		if got := refusals(t, reporter); got != n+1 {
			t.Errorf("after %d refused calls the report counts %d", n+1, got)
		}
	}
	if err := r.Refuse(newCall(noon)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil { // the server stops
		t.Fatal(err)
	}
	next := usage.NewReporter(s, keys{"key_a": {}}, limit.New(s), usage.NewRecorder(s), clock(noon))
	if got := refusals(t, next); got != 4 {
		t.Errorf("after a restart the report counts %d refused calls, want 4", got)
	}
}

// broken is a store that fails until it is mended.
type broken struct {
	usage.EventStore

	mended bool
}

func (b *broken) RecordRefusedCalls(ctx context.Context, counts []pierre.RefusedCalls) error {
	if !b.mended {
		return &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The disk is full."}
	}
	return b.EventStore.RecordRefusedCalls(ctx, counts)
}

func TestRefusalsThatCannotBeWrittenAreKeptAndBounded(t *testing.T) {
	s := storetest.New(t)
	db := &broken{EventStore: s}
	r := usage.NewRecorder(db)
	var counted int64
	for n := 0; ; n++ {
		err := r.Refuse(newCall(noon.Add(-time.Duration(n) * time.Minute)))
		if pierre.KindOf(err) == pierre.KindUnavailable {
			break
		}
		if err != nil || n > 1_000_000 {
			t.Fatalf("after %d refused calls: %v, want unavailable at last", n, err)
		}
		counted++
		if n%10_000 == 0 {
			if err := r.Flush(t.Context()); pierre.KindOf(err) != pierre.KindStorageFull {
				t.Fatalf("Flush = %v, want storage full", err)
			}
		}
	}
	db.mended = true
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Refuse(newCall(noon)); err != nil {
		t.Errorf("after the counts were written: %v", err)
	}
	sum, err := s.CallSummary(t.Context(), "key_a", noon.AddDate(-1, 0, 0), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var written int64
	for _, g := range sum.Groups {
		written += g.Calls
	}
	if written != counted {
		t.Errorf("%d refused calls were counted, %d written", counted, written)
	}
}
