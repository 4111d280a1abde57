package gc

import (
	"runtime/debug"
	"testing"
)

// While a program allocates it keeps its garbage; when it rests, garbage and free memory go back to the system.
func TestAProgramAtRestGivesMemoryBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var r Rest
	held := func() uint64 {
		return read("/memory/classes/heap/objects:bytes") + read("/memory/classes/heap/free:bytes")
	}
	garbage := func() {
		for range 64 {
			kept = make([]byte, 1<<20)
		}
		kept = nil
	}
	release := func() {
		t.Helper()
		if err := r.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	garbage()
	release() // it does not know yet what is usual
	garbage()
	release()
	if n := held(); n < 64<<20 {
		t.Errorf("a busy program holds %d MB, want its garbage kept", n>>20)
	}
	release()
	if n := held(); n > 32<<20 {
		t.Errorf("a program at rest holds %d MB", n>>20)
	}
	released := read("/memory/classes/heap/released:bytes")
	if release(); read("/memory/classes/heap/released:bytes") < released {
		t.Error("it took memory again")
	}
}

var kept []byte // so that what the test allocates is on the heap
