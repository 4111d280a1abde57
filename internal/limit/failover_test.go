package limit_test

import (
	"fmt"
	"sync"
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
	if n > limited || n < limited-96 { // four of each caller, who asks again what was not answered
		t.Errorf("%d calls were admitted, want %d", n, limited)
	}
}

// customers makes calls of many customers, who are counted in all parts of a cluster, and remembers how many each was admitted.
type customers struct {
	fleet   *fleet
	limited int64

	mu       sync.Mutex
	admitted map[string]int64
}

const manyCustomers = 24

// load makes so many calls for each customer.
func (c *customers) load(t *testing.T, each int) {
	t.Helper()
	c.fleet.load(t, each*manyCustomers, func(n int) []pierre.Bucket {
		return pierre.Limits{Customer: month(c.limited)}.Buckets("key_a", pierre.UserID(fmt.Sprint("user_", n%manyCustomers)), "get_stats")
	}, func(r limit.Reservation) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, b := range r.Buckets {
			if b.Limited() {
				c.admitted[b.ID]++
			}
		}
	})
}

// check wants all customers to have been admitted their limit, or at most that many less: a call whose answer was lost with
// Redis may count though it was not admitted.
func (c *customers) check(t *testing.T, less int64) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.admitted) != manyCustomers {
		t.Errorf("calls of %d customers were admitted, want %d", len(c.admitted), manyCustomers)
	}
	for id, n := range c.admitted {
		if n > c.limited || n < c.limited-less {
			t.Errorf("%s: %d calls were admitted, want %d", id, n, c.limited)
		}
	}
}

func TestRedisCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	f := newFleetAt(t, 3, cluster, limit.SharedOptions{})
	exact := &customers{fleet: f, limited: 30, admitted: map[string]int64{}}
	exact.load(t, 50)
	exact.check(t, 0)

	// One of the parts is taken over by a copy that lacks the latest counts.
	over := &customers{fleet: f, limited: 60, admitted: map[string]int64{}}
	for id := range exact.admitted {
		over.admitted[id] = 30
	}
	cluster.Copy.Detach(t, cluster.Masters[0])
	over.load(t, 20)
	cluster.TakeOver(t)
	over.load(t, 30)
	over.check(t, 3)

	// One of the parts is lost, and comes back without its counts.
	lost := &customers{fleet: f, limited: 90, admitted: over.admitted}
	cluster.Masters[1].Kill(t)
	lost.load(t, 10)
	cluster.Masters[1].Restart(t)
	f.await(t, pierre.LimiterRedis)
	lost.load(t, 50)
	lost.check(t, 3)
}

func TestRedisSentinels(t *testing.T) {
	t.Parallel()
	sentinels := redistest.StartSentinels(t)
	f := newFleetAt(t, 3, sentinels, limit.SharedOptions{})
	c := &customers{fleet: f, limited: 40, admitted: map[string]int64{}}
	c.load(t, 10)
	sentinels.Copy.Detach(t, sentinels.Master) // it lacks what is counted now
	c.load(t, 10)
	sentinels.Master.Kill(t)
	c.load(t, 10) // while nobody is the master
	sentinels.Await(t, sentinels.Copy)
	f.await(t, pierre.LimiterRedis)
	c.load(t, 40)
	c.check(t, 3)
}
