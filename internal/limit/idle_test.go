package limit

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func (l *Limiter) size() (n int) {
	l.keys.Range(func(any, any) bool { n++; return true })
	return n
}

func TestIdleKeysAreForgotten(t *testing.T) {
	l, now := New(storetest.New(t)), time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC)
	take := func(key string, p pierre.Period, now time.Time) {
		t.Helper()
		if _, err := l.Take(t.Context(), pierre.KeyID(key), pierre.Limit{Requests: 9, Period: p}, now); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		take(fmt.Sprint("minute", i), pierre.PeriodMinute, now)
	}
	take("month", pierre.PeriodMonth, now)
	if n := l.size(); n != 21 {
		t.Fatalf("%d keys, want 21", n)
	}
	take("hour", pierre.PeriodHour, now.Add(59*time.Minute))
	if n := l.size(); n != 22 {
		t.Errorf("before the next sweep: %d keys, want 22", n)
	}
	take("new", pierre.PeriodDay, now.Add(sweepEvery))
	if n := l.size(); n != 1 {
		t.Errorf("in the next month: %d keys, want the new one alone", n)
	}
}

func TestADroppedCounterIsNotCountedIn(t *testing.T) {
	l, now := New(storetest.New(t)), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old := l.counter("key", now)
	old.mu.Unlock()
	l.dropIdle(now.Add(sweepEvery)) // it has no window, so it goes
	fresh := l.counter("key", now)
	defer fresh.mu.Unlock()
	if !old.dropped || fresh == old {
		t.Errorf("dropped %v, same %v; a caller that holds the old counter must look again", old.dropped, fresh == old)
	}
}
