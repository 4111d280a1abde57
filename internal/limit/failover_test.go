package limit_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// A copy that lacks the latest counts takes the place of the Redis that was killed. No call is counted from the older state.
func TestFailoverToAnOlderCopy(t *testing.T) {
	const limited = 1500
	master, replica := redistest.Start(t), redistest.Start(t)
	address := redistest.NewAddress(t, master)
	f := newFleetAt(t, 3, address, limit.SharedOptions{})
	buckets := pierre.Limits{Quota: month(limited)}.Buckets("key_a", "user_a", "get_stats")
	list := func(int) []pierre.Bucket { return buckets }
	keep := func(r limit.Reservation) { f.record(t, r) }
	n := f.load(t, 100, list, keep)
	replica.Follow(t, master)
	replica.Promote(t) // so that it has what was counted until now
	n += f.load(t, limited-200, list, keep)
	master.Kill(t)
	address.Lead(replica)
	// At once, before a server has looked who its Redis is; a call that runs counts without a record.
	n += f.load(t, limited, list, nil)
	if n > limited || n < limited-48 {
		t.Errorf("%d calls were admitted, want %d", n, limited)
	}
}
