package overload_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/overload"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

var noon = time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)

func TestAFullQueueShedsCalls(t *testing.T) {
	length, shed := 0, map[string]int{}
	g := overload.New(func(queue string) { shed[queue]++ },
		overload.Longer("empty", func() int { return 0 }, 0), overload.Longer("recorder", func() int { return length }, 10))
	for n, full := range map[int]bool{0: false, 10: false, 11: true} {
		length = n
		err := g.Admit(noon)
		if full != (err != nil) || full && (pierre.KindOf(err) != pierre.KindUnavailable || pierre.RetryAfterOf(err, 0) <= 0) {
			t.Errorf("with %d waiting: %v", n, err)
		}
	}
	if len(shed) != 1 || shed["recorder"] != 1 {
		t.Errorf("the calls that were shed: %v", shed)
	}
}

func TestAPoolIsFullWhileItsCallersWaitForLong(t *testing.T) {
	var s sql.DBStats
	g := overload.New(func(string) {}, overload.Pool("read", func() sql.DBStats { return s }, 100*time.Millisecond))
	now := noon
	for _, step := range []struct {
		name          string
		waits         int64
		each          time.Duration
		inUse         int
		after         time.Duration
		wantsOverload bool
	}{
		{"idle", 0, 0, 0, 0, false},
		{"short waits", 10, 99 * time.Millisecond, 4, time.Second, false},
		{"long waits", 10, 101 * time.Millisecond, 4, time.Second, true},
		{"the look before still counts", 0, 0, 0, time.Millisecond, true},
		{"they have ended", 0, 0, 0, time.Second, false},
		{"long waits, but a connection is free now", 10, time.Second, 3, time.Second, false},
	} {
		now = now.Add(step.after)
		s.MaxOpenConnections, s.InUse = 4, step.inUse
		s.WaitCount += step.waits
		s.WaitDuration += time.Duration(step.waits) * step.each
		if err := g.Admit(now); (err != nil) != step.wantsOverload {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}
