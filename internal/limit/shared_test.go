package limit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/redistest"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A limiter is either of them.
type limiter interface {
	Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error)
	Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Decision, error)
}

// clocked is a limiter whose Redis has the time of the caller.
type clocked struct {
	*limit.Shared

	now *atomic.Int64
}

func (c clocked) Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error) {
	c.now.Store(now.UnixMicro())
	return c.Shared.Reserve(ctx, buckets, now)
}

func (c clocked) Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Decision, error) {
	c.now.Store(now.UnixMicro())
	return c.Shared.Peek(ctx, buckets, now)
}

// both runs a test with both limiters. fresh makes one over a database, which forgets what another one knew.
func both(t *testing.T, test func(t *testing.T, fresh func(*store.Store) limiter)) {
	t.Run("in process", func(t *testing.T) {
		test(t, func(s *store.Store) limiter { return limit.New(s) })
	})
	for _, block := range []int64{1, limit.DefaultBlock} {
		t.Run(fmt.Sprint("redis, blocks of ", block), func(t *testing.T) { bothInRedis(t, block, test) })
	}
}

func bothInRedis(t *testing.T, block int64, test func(t *testing.T, fresh func(*store.Store) limiter)) {
	server := redistest.Start(t)
	var latest *limit.Shared
	test(t, func(s *store.Store) limiter {
		if latest != nil {
			if err := latest.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		now := &atomic.Int64{}
		latest = share(t, s, limit.WithClock(limit.SharedOptions{Redis: client(t, server), Block: block}, func() time.Time { return time.UnixMicro(now.Load()) }))
		return clocked{latest, now}
	})
}

func client(t testing.TB, server interface{ URL() string }) redis.UniversalClient {
	t.Helper()
	c, err := redisconn.Open(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var replicas atomic.Int64

// share starts a limiter and waits until it counts.
func share(t testing.TB, s *store.Store, o limit.SharedOptions) *limit.Shared {
	t.Helper()
	l, err := limit.NewShared(t.Context(), fmt.Sprint("replica_", replicas.Add(1)), s, s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(context.WithoutCancel(t.Context())) })
	wait(t, "the limiter counts", func() bool { return l.Stats().Ready })
	return l
}

// wait waits until what is said holds.
func wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatal("not in time: ", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// Three servers over one Redis and one database.
type fleet struct {
	redis    *redistest.Server
	store    *store.Store
	limiters []*limit.Shared
}

func newFleet(t *testing.T, n int, o limit.SharedOptions) *fleet {
	r := redistest.Start(t)
	f := newFleetAt(t, n, r, o)
	f.redis = r
	return f
}

// newFleetAt starts servers whose Redis is at an address.
func newFleetAt(t *testing.T, n int, address interface{ URL() string }, o limit.SharedOptions) *fleet {
	f := &fleet{store: storetest.New(t)}
	for range n {
		o.Redis = client(t, address)
		f.limiters = append(f.limiters, share(t, f.store, o))
	}
	wait(t, "all know each other", func() bool {
		for _, l := range f.limiters {
			if s := l.Stats(); s.Replicas != n || !s.Ready {
				return false
			}
		}
		return true
	})
	return f
}

// await waits until all count in that mode.
func (f *fleet) await(t *testing.T, mode pierre.LimiterMode) {
	t.Helper()
	wait(t, "all count as "+string(mode), func() bool {
		for _, l := range f.limiters {
			if s := l.Stats(); s.Mode != mode || !s.Ready {
				return false
			}
		}
		return true
	})
}

// commands returns how many commands Redis has run.
func (f *fleet) commands(t *testing.T) (n int) {
	t.Helper()
	info, err := client(t, f.redis).Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if counts, ok := strings.CutPrefix(line, "cmdstat_evalsha:calls="); ok {
			if _, err := fmt.Sscan(strings.SplitN(counts, ",", 2)[0], &n); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}

// record keeps the call in the database, as the server does before it answers.
func (f *fleet) record(t *testing.T, r limit.Reservation) {
	t.Helper()
	c := pierre.Call{ID: r.CallID, KeyID: "key_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: r.At, Buckets: r.Buckets}
	if err := f.store.RecordCalls(t.Context(), []pierre.Call{c}); err != nil {
		t.Error(err)
	}
	if err := r.Keep(t.Context()); err != nil {
		t.Error(err)
	}
}

// load makes calls at all servers side by side and returns how many were admitted; those of a server that cannot
// count are tried again.
func (f *fleet) load(t *testing.T, calls int, buckets func(n int) []pierre.Bucket, admitted func(limit.Reservation)) int64 {
	t.Helper()
	var n, passed atomic.Int64
	var wg sync.WaitGroup
	for worker := range 24 {
		wg.Go(func() {
			l := f.limiters[worker%len(f.limiters)]
			for i := int(n.Add(1)); i <= calls; {
				r, err := l.Reserve(t.Context(), buckets(i), time.Now())
				if pierre.KindOf(err) == pierre.KindUnavailable && err != nil {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if r.Allowed {
					passed.Add(1)
					if admitted != nil {
						admitted(r)
					}
				}
				i = int(n.Add(1))
			}
		})
	}
	wg.Wait()
	return passed.Load()
}

func TestThreeServersAdmitExactlyTheLimit(t *testing.T) {
	for _, block := range []int64{0, 500} {
		t.Run(fmt.Sprint("blocks of ", block), func(t *testing.T) {
			exactlyTheLimit(t, newFleet(t, 3, limit.SharedOptions{Block: block}))
		})
	}
}

func exactlyTheLimit(t *testing.T, f *fleet) {
	t.Helper()
	const calls, limited = 2500, 500
	quota := pierre.Limit{Requests: limited, Period: pierre.PeriodMonth}
	for _, c := range []struct {
		name   string
		limits pierre.Limits
		family func(n int) pierre.KeyID
	}{
		{"key", pierre.Limits{Quota: quota}, func(int) pierre.KeyID { return "key_a" }},
		{"customer", pierre.Limits{Customer: quota}, func(n int) pierre.KeyID { return pierre.KeyID(fmt.Sprint("key_", n%7)) }},
		{"tool", pierre.Limits{Quota: pierre.Limit{Requests: 4 * limited, Period: pierre.PeriodMonth}, Tools: map[string]pierre.Limit{"get_stats": quota}}, func(int) pierre.KeyID { return "key_b" }},
		{"burst", pierre.Limits{Burst: pierre.Burst{Requests: limited, Per: time.Hour}}, func(int) pierre.KeyID { return "key_c" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			customer := pierre.UserID("user_" + c.name)
			began := time.Now()
			n := f.load(t, calls, func(n int) []pierre.Bucket { return c.limits.Buckets(c.family(n), customer, "get_stats") }, nil)
			want := int64(limited)
			if c.name == "burst" { // what came back meanwhile
				want += int64(time.Since(began) / (time.Hour / limited))
			}
			if n < limited || n > want {
				t.Errorf("%d of %d calls were admitted, want %d", n, calls, want)
			}
		})
	}
}

// Of many calls most are taken in blocks; a limit is used to its last call all the same. A server that ends gives back what it
// did not use.
func TestBlocks(t *testing.T) {
	const limited = 20_000
	f := newFleet(t, 3, limit.SharedOptions{})
	buckets := pierre.Limits{Quota: month(limited), Customer: month(2 * limited)}.Buckets("key_a", "user_a", "get_stats")
	before := f.commands(t)
	if n := f.load(t, limited/2, func(int) []pierre.Bucket { return buckets }, nil); n != limited/2 {
		t.Fatalf("%d of %d calls were admitted", n, limited/2)
	}
	if asked := f.commands(t) - before; asked > limited/10 {
		t.Errorf("%d calls cost %d commands of Redis", limited/2, asked)
	}
	if err := f.limiters[0].Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.limiters = f.limiters[1:]
	if n := f.load(t, limited, func(int) []pierre.Bucket { return buckets }, nil); n != limited/2 {
		t.Errorf("%d of the other %d calls were admitted", n, limited/2)
	}
	wait(t, "the blocks are given back", func() bool {
		d, err := f.limiters[0].Peek(t.Context(), buckets, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		key, _ := d.State("key-month")
		customer, _ := d.State("customer-month")
		return key.Used == limited && customer.Used == limited
	})
}

// While servers are replaced by those of another version, whose script differs, all count in one epoch.
func TestTwoVersionsCountTogether(t *testing.T) {
	t.Parallel()
	const limited = 200
	r := redistest.Start(t)
	f := &fleet{redis: r, store: storetest.New(t)}
	with := limit.SharedOptions{Redis: client(t, r)}
	f.limiters = append(f.limiters, share(t, f.store, with), share(t, f.store, limit.WithClock(with, time.Now))) // a clock is in the script
	f.await(t, pierre.LimiterRedis)
	wait(t, "both know each other", func() bool { return f.limiters[0].Stats().Replicas == 2 && f.limiters[1].Stats().Replicas == 2 })
	before := [2]int64{f.limiters[0].Stats().Epochs, f.limiters[1].Stats().Epochs}
	buckets := pierre.Limits{Quota: month(limited)}.Buckets("key_a", "user_a", "get_stats")
	if n := f.load(t, 2*limited, func(int) []pierre.Bucket { return buckets }, nil); n != limited {
		t.Errorf("%d calls were admitted, want %d", n, limited)
	}
	if after := [2]int64{f.limiters[0].Stats().Epochs, f.limiters[1].Stats().Epochs}; after != before {
		t.Errorf("the servers saw %v epochs, and %v before", after, before)
	}
	r.FlushAll(t) // now another one has to begin
	d, err := f.limiters[1].Peek(t.Context(), buckets, time.Now())
	if err != nil || d.Allowed {
		t.Errorf("after Redis lost its counts: %+v, %v; want what runs counted", d, err)
	}
	if after := f.limiters[1].Stats().Epochs; after <= before[1] {
		t.Error("no epoch began when Redis had lost its counts")
	}
}

// Redis is emptied, killed and started again under load: the limit is still what is admitted.
func TestRedisLosesWhatItCounted(t *testing.T) {
	const limited = 1500
	for _, c := range []struct {
		name string
		lose func(t *testing.T, r *redistest.Server)
	}{
		{"FLUSHALL", func(t *testing.T, r *redistest.Server) { r.FlushAll(t) }},
		{"kill -9 and restart", func(t *testing.T, r *redistest.Server) { r.Kill(t); r.Restart(t) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, 3, limit.SharedOptions{})
			buckets := pierre.Limits{Quota: month(limited)}.Buckets("key_a", "user_a", "get_stats")
			var recorded atomic.Int64
			n := f.load(t, 2*limited, func(int) []pierre.Bucket { return buckets }, func(r limit.Reservation) {
				if n := recorded.Add(1); n == 300 || n == 800 {
					c.lose(t, f.redis)
				}
				f.record(t, r)
			})
			start, _ := pierre.PeriodMonth.Window(time.Now())
			used, err := f.store.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodMonth, start, nil)
			if err != nil || used != n {
				t.Errorf("%d are recorded, %v; %d were admitted", used, err, n)
			}
			f.await(t, pierre.LimiterRedis)
			n += f.load(t, limited, func(int) []pierre.Bucket { return buckets }, func(r limit.Reservation) { f.record(t, r) })
			if n > limited || n < limited-48 { // calls whose answer was lost with Redis may count though they were not admitted
				t.Errorf("%d calls were admitted, want %d", n, limited)
			}
		})
	}
}

// While Redis is away the servers admit what was left, each a third of it, and never more than the limit.
func TestSharesWhileRedisIsAway(t *testing.T) {
	const limited = 900
	f := newFleet(t, 3, limit.SharedOptions{})
	buckets := pierre.Limits{Quota: month(limited)}.Buckets("key_a", "user_a", "get_stats")
	list := func(int) []pierre.Bucket { return buckets }
	keep := func(r limit.Reservation) { f.record(t, r) }
	n := f.load(t, 300, list, keep)
	f.redis.Kill(t)
	f.await(t, pierre.LimiterShare)
	for i := range f.limiters { // one after the other: who looks at the limit later has a share of less
		one := fleet{f.redis, f.store, f.limiters[i : i+1]}
		got := one.load(t, 300, list, keep)
		if got > 200 || i == 0 && got < 200 {
			t.Errorf("one server of three admitted %d of 600 that were left, want its third", got)
		}
		n += got
	}
	if n > limited {
		t.Errorf("%d calls were admitted while Redis was away, want at most %d", n, limited)
	}
	wait(t, "each server notices the outage", func() bool { return f.limiters[0].Stats().Outages == 1 })
	f.redis.Restart(t)
	f.await(t, pierre.LimiterRedis)
	if n += f.load(t, limited, list, keep); n != limited {
		t.Errorf("%d calls were admitted in all, want %d", n, limited)
	}
	if s := f.limiters[0].Stats(); s.Outages != 1 {
		t.Errorf("%d outages were counted, want 1", s.Outages)
	}
}

func TestDenyWhileRedisIsAway(t *testing.T) {
	f := newFleet(t, 2, limit.SharedOptions{Deny: true})
	buckets := pierre.Limits{Quota: month(100)}.Buckets("key_a", "user_a", "get_stats")
	if n := f.load(t, 10, func(int) []pierre.Bucket { return buckets }, nil); n != 10 {
		t.Fatalf("%d of 10 calls were admitted", n)
	}
	f.redis.Pause(t)
	for _, l := range f.limiters {
		if _, err := l.Reserve(t.Context(), buckets, time.Now()); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("without Redis: %v, want unavailable", err)
		}
	}
	f.redis.Resume(t)
	if n := f.load(t, 10, func(int) []pierre.Bucket { return buckets }, nil); n != 10 {
		t.Errorf("%d of 10 calls were admitted when Redis was back", n)
	}
}

// Who counts alone is one, and a server that was killed does not keep others away for long.
func TestOnlyOneServerCountsAlone(t *testing.T) {
	s := storetest.New(t)
	first := share(t, s, limit.SharedOptions{})
	if _, err := limit.NewShared(t.Context(), "second", s, s, limit.SharedOptions{}); pierre.KindOf(err) != pierre.KindConflict {
		t.Fatalf("a second server: %v, want a conflict", err)
	}
	with := limit.SharedOptions{Redis: client(t, redistest.Start(t))}
	if _, err := limit.NewShared(t.Context(), "third", s, s, with); pierre.KindOf(err) != pierre.KindConflict {
		t.Fatalf("a server with Redis beside it: %v, want a conflict", err)
	}
	buckets := pierre.Limits{Quota: month(2)}.Buckets("key_a", "user_a", "get_stats")
	if r, err := first.Reserve(t.Context(), buckets, time.Now()); err != nil || !r.Allowed {
		t.Errorf("the first still admits: %+v, %v", r, err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.JoinLimiter(t.Context(), "killed", pierre.LimiterAlone); err != nil {
		t.Fatal(err)
	}
	share(t, s, limit.SharedOptions{})
}

func FuzzReply(f *testing.F) {
	f.Add(int64(1), int64(1e15), int64(1), int64(5), int64(1e15), int64(2e15), 6)
	f.Add(int64(0), int64(1e15), int64(1e15), int64(10), int64(1e15), int64(2e15), 6)
	f.Add(int64(2), int64(1e15), int64(0), int64(1), int64(1e15), int64(2e15), 6)
	f.Add(int64(3), int64(0), int64(0), int64(0), int64(0), int64(0), 1)
	buckets := []pierre.Bucket{{ID: "key:a", Policy: "key-month", Limit: month(10)}}
	f.Fuzz(func(t *testing.T, kind, now, calls, value, start, end int64, n int) {
		list := []any{kind, now, calls, value, start, end, "text", nil}
		if n < 0 || n > len(list) {
			return
		}
		states, err := limit.DecodeReply(list[:n], buckets)
		if err == nil && len(states) == 1 && (states[0].Remaining < 0 || states[0].Used < 0) {
			t.Fatalf("%v: %+v", list[:n], states)
		}
	})
}
