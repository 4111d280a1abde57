package limit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// blocksOf returns how many blocks of the server stand in Redis.
func (f *fleet) blocksOf(t *testing.T, id string) (n int) {
	t.Helper()
	c := client(t, f.redis)
	keys, err := c.Keys(t.Context(), "pierre:{*}:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		fields, err := c.HKeys(t.Context(), key).Result()
		if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
			t.Fatal(err)
		}
		for _, name := range fields {
			if strings.HasPrefix(name, "block|"+id+"|") {
				n++
			}
		}
	}
	return n
}

// kept returns how many calls are in the database.
func (f *fleet) kept(t *testing.T) int64 {
	t.Helper()
	n, err := f.store.CallsBetween(t.Context(), "", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What servers that were killed had taken ahead comes back, once, but for the calls that they recorded; and what they gave back
// before does not come back again: the others use the limit to its last call, and no further.
func TestKilledServersBlocksComeBack(t *testing.T) {
	t.Parallel()
	const limited = 3000
	f := newFleet(t, 2, limit.WithEndedAfter(limit.SharedOptions{}, time.Millisecond))
	buckets := pierre.Limits{Quota: month(limited), Customer: month(2 * limited)}.Buckets("key_a", "user_a", "get_stats")
	same := func(int) []pierre.Bucket { return buckets }
	survivors, dead := f.limiters, 0
	for try := 0; dead < 2; try++ {
		if try == 20 {
			t.Fatal("no server was killed that had taken calls ahead")
		}
		victim := share(t, f.store, limit.SharedOptions{Redis: client(t, f.redis)})
		f.limiters = []*limit.Shared{victim}
		var n atomic.Int64
		f.load(t, 100, same, func(r limit.Reservation) {
			if n.Add(1)%3 > 0 {
				f.record(t, r)
			} else if err := r.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
		victim.Kill()
		if f.blocksOf(t, victim.ID()) > 0 {
			dead++
		}
	}
	f.limiters = survivors
	wait(t, "the limit is used to its last call", func() bool {
		f.load(t, limited, same, func(r limit.Reservation) { f.record(t, r) })
		n := f.kept(t)
		if n > limited {
			t.Fatalf("%d calls of a limit of %d are in the books", n, limited)
		}
		return n == limited
	})
	for range 3 {
		if n := f.load(t, 100, same, nil); n > 0 {
			t.Errorf("%d calls more were admitted", n)
		}
		for _, l := range f.limiters {
			l.LookAgain()
		}
	}
}

// Calls that run at a server that is cut off, and lives, are recorded when it reaches the database again. Until they have ended they
// count, though the server is no longer among those that count together.
func TestACutOffServersCallsCount(t *testing.T) {
	t.Parallel()
	const limited = 3000
	f := newFleet(t, 1, limit.SharedOptions{})
	buckets := pierre.Limits{Quota: month(limited)}.Buckets("key_a", "user_a", "get_stats")
	same := func(int) []pierre.Bucket { return buckets }
	survivors := f.limiters
	var mu sync.Mutex
	var running []limit.Reservation
	for try, cut := 0, 0; cut == 0; try++ {
		if try == 20 {
			t.Fatal("no server was cut off that had taken calls ahead")
		}
		victim := share(t, f.store, limit.SharedOptions{Redis: client(t, f.redis)})
		wait(t, "it is known", func() bool { return survivors[0].Stats().Replicas > 1 })
		f.limiters = []*limit.Shared{victim}
		f.load(t, 100, same, func(r limit.Reservation) {
			mu.Lock()
			defer mu.Unlock()
			running = append(running, r)
		})
		victim.Kill() // it says nothing any more
		cut = f.blocksOf(t, victim.ID())
	}
	f.limiters = survivors
	wait(t, "it is taken for gone", func() bool { return f.limiters[0].Stats().Replicas == 1 })
	for range 3 {
		f.limiters[0].LookAgain()
		f.load(t, limited, same, func(r limit.Reservation) { f.record(t, r) })
	}
	for _, r := range running {
		f.record(t, r)
	}
	if n := f.kept(t); n > limited || n < limited-limited/10 {
		t.Errorf("%d calls of a limit of %d are in the books", n, limited)
	}
}

// A losing Redis does what it is told, or not, and does not answer.
type losing struct{ n atomic.Int64 }

var errLost = errors.New("the connection broke")

func (l *losing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if limit.AboutBlock(cmd.Args()) {
			switch l.n.Add(1) % 3 {
			case 0:
				return errLost
			case 1:
				next(ctx, cmd)
				cmd.SetErr(errLost)
				return errLost
			}
		}
		return next(ctx, cmd)
	}
}

func (l *losing) DialHook(next redis.DialHook) redis.DialHook { return next }

func (l *losing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		var asked, unheard []redis.Cmder
		for _, cmd := range cmds {
			if limit.AboutBlock(cmd.Args()) {
				switch l.n.Add(1) % 3 {
				case 0:
					cmd.SetErr(errLost)
					continue
				case 1:
					unheard = append(unheard, cmd)
				}
			}
			asked = append(asked, cmd)
		}
		var err error
		if len(asked) > 0 {
			err = next(ctx, asked)
		}
		for _, cmd := range unheard {
			cmd.SetErr(errLost)
		}
		return err
	}
}

// What could not be given back is given back later; what was, though Redis did not say so, is not given back twice; and what was
// taken without an answer comes back.
func TestBlocksAreGivenBackOnce(t *testing.T) {
	t.Parallel()
	const limited = 4000
	f := newFleet(t, 1, limit.SharedOptions{})
	loses := &losing{}
	c := client(t, f.redis)
	c.AddHook(loses)
	f.limiters = append(f.limiters, share(t, f.store, limit.SharedOptions{Redis: c}))
	admitted := int64(0)
	list := func(k int) []pierre.Bucket {
		return pierre.Limits{Customer: month(limited)}.Buckets(pierre.KeyID(fmt.Sprint("key_", k%3)), "user_a", "get_stats")
	}
	for range 10 {
		admitted += f.load(t, 100, list, nil)
		wait(t, "what was taken ahead is given back", func() bool {
			d, err := f.limiters[0].Peek(t.Context(), list(0), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			used := d.States[0].Used
			if used < admitted {
				t.Fatalf("%d calls were admitted, and %d count", admitted, used)
			}
			return used == admitted
		})
	}
	if loses.n.Load() == 0 {
		t.Error("nothing was given back")
	}
	wait(t, "the limit is used to its last call", func() bool {
		if admitted += f.load(t, limited, list, nil); admitted > limited {
			t.Fatalf("%d calls of a limit of %d were admitted", admitted, limited)
		}
		return admitted == limited
	})
}
