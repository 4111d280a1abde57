package gc

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 10 << 20: 400, 64 << 20: 400, 128 << 20: 200, 256 << 20: 100, 1 << 30: 50, 1 << 40: 50} {
		if got := percent(live); got != want {
			t.Errorf("of %d MB live: %d %%, want %d %%", live>>20, got, want)
		}
	}
}

func TestTuneFollowsTheLiveHeap(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	Tune("")
	large := make([]byte, 200<<20)
	await(t, func(percent uint64) bool { return percent < 200 })
	runtime.KeepAlive(large)
	large = nil
	await(t, func(percent uint64) bool { return percent == mostPercent })
	_ = large
}

// await collects until the percentage is as wanted.
func await(t *testing.T, wanted func(percent uint64) bool) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		runtime.GC()
		got := read("/gc/gogc:percent")
		if wanted(got) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("GOGC is %d", got)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestTuneLeavesTheOperatorsChoice(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	Tune("77")
	if got := read("/gc/gogc:percent"); got != 77 {
		t.Errorf("GOGC is %d, want 77", got)
	}
}
