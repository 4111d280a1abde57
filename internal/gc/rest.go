package gc

import (
	"context"
	"runtime/debug"
)

const (
	// restBytes is how much a program at rest allocates between two runs of [Rest.Release], at most: its background work does.
	restBytes = 32 << 20
	// worthBytes is what must be won for memory to be given back.
	worthBytes = 16 << 20
)

// A Rest notices that a program is at rest. Between collections a busy program keeps garbage and free memory of several times
// what it holds, see [Tune]; at rest nothing would ever collect the one, or need the other. The zero value is ready.
type Rest struct{ allocated uint64 }

// Release gives memory that is not in use back to the system if little was allocated since it was called before. It is meant
// to be called once a minute, by one caller at a time.
func (r *Rest) Release(context.Context) error {
	before := r.allocated
	r.allocated = read("/gc/heap/allocs:bytes")
	if before == 0 || r.allocated-before > restBytes {
		return nil
	}
	held := read("/memory/classes/heap/objects:bytes") + read("/memory/classes/heap/free:bytes")
	if held > read("/gc/heap/live:bytes")+worthBytes {
		debug.FreeOSMemory()
	}
	return nil
}
