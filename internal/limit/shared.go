package limit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A ReplicaStore is the database through which the servers agree on how they count; see [pierre.LimiterView].
type ReplicaStore interface { //nolint:interfacebloat // there is one implementation, and all of it is needed in one place
	JoinLimiter(ctx context.Context, id string, mode pierre.LimiterMode) (pierre.LimiterView, bool, error)
	BeatLimiter(ctx context.Context, id string, reaches bool) (pierre.LimiterView, bool, error)
	AcknowledgeLimiter(ctx context.Context, id string, epoch int64, running []pierre.ReportedCall) error
	AdvanceLimiter(ctx context.Context, id string, from int64, mode pierre.LimiterMode) error
	ReportedCalls(ctx context.Context, epoch int64) ([]pierre.ReportedCall, error)
	LeaveLimiter(ctx context.Context, id string, beat int64) error
	// CallsBetween returns how many calls are kept whose ids begin so and that started from from to to, both included.
	CallsBetween(ctx context.Context, idPrefix string, from, to time.Time) (int64, error)
}

// SharedOptions are what a [Shared] may have in addition; the zero value works.
type SharedOptions struct {
	Redis redis.UniversalClient // where all servers count; nil: this server counts alone
	Deny  bool                  // admit nothing while Redis cannot be reached, instead of a share
	Block int64                 // so many calls of one kind are taken from Redis at once, at most; 0: [DefaultBlock]
	Log   *slog.Logger          // nil: nothing is logged

	clock      func() time.Time // of Redis, in tests
	endedAfter time.Duration    // in tests; 0: endedAfter
}

// Shared counts calls for several servers of one database, in Redis. The database says who they are and in which epoch
// they count. When Redis has lost what it counted, or cannot be reached, a new epoch begins: every server stops, says
// which calls of its own run, and goes on when all have done so, from the counts in the database and those calls. While
// Redis cannot be reached, each admits its share of what was left when the epoch began. It is safe for concurrent use.
type Shared struct {
	id      string
	counts  CountStore
	store   ReplicaStore
	counter *counter // nil: this server counts alone
	opts    SharedOptions

	turn sync.RWMutex // held by calls while they are decided, and by the beginning of an epoch

	mu      sync.Mutex // guards what follows
	phase   phase
	changed chan struct{} // closed when phase changes
	beaten  time.Time     // when the latest beat that succeeded began
	reaches bool          // Redis was reached at that time
	running map[pierre.CallID]running
	seen    map[string]seen // what is known of other servers
	runID   string          // of the Redis whose counts these are

	stats Stats

	blocks blocks

	hurry chan struct{} // holds an element if the next beat is due at once
	stop  context.CancelFunc
	done  chan struct{}
	lent  chan struct{} // closed when no blocks are given back any more
}

// A phase is how calls are counted at present.
type phase struct {
	epoch    int64
	mode     pierre.LimiterMode
	ready    bool // every server has said what runs
	since    time.Time
	leader   string                // who began the epoch
	leads    bool                  // this server did
	reported []pierre.ReportedCall // what ran when it began
	local    *Limiter              // counts in this process, unless Redis does
	script   *redis.Script         // counts in Redis
}

// name is the epoch's in Redis. Its number alone would come again if the database is restored from a copy.
func (p phase) name() string { return strconv.FormatInt(p.epoch, 10) + "-" + p.leader }

// Stats say how a [Shared] counts and what has happened to it.
type Stats struct {
	Mode     pierre.LimiterMode
	Ready    bool  // calls are admitted
	Replicas int   // servers that count together
	Epochs   int64 // that this server has seen begin, the first included
	Outages  int64 // times that Redis became unreachable for this server
	Refused  int64 // calls that were answered with an error because nothing could be counted
}

const (
	beatEvery = 500 * time.Millisecond
	liveFor   = 5 * time.Second // since another server's latest beat, as seen from here
	fence     = 3 * time.Second // since the own latest beat; less than liveFor, so that nobody counts who is taken for dead
	waitFor   = 3 * time.Second // how long a call waits for an epoch to begin
	redisWait = 500 * time.Millisecond
)

// Stats returns how calls are counted.
func (s *Shared) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.stats
	v.Mode, v.Ready, v.Replicas = s.phase.mode, s.phase.ready, len(s.seen)+1
	return v
}

func uncountable(err error) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot count calls at the moment. Try again in a moment.", Err: err}
}

var errFenced = errors.New("this server has not reached the database for seconds, and others may count without it")

// Reserve is as [Limiter.Reserve]. The time is Redis', where Redis counts. If calls cannot be counted, it fails with
// [pierre.KindUnavailable].
func (s *Shared) Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (Reservation, error) {
	if len(buckets) == 0 {
		return Reservation{Decision: Decision{Allowed: true}, CallID: pierre.NewCallID(), At: now}, nil
	}
	var r Reservation
	err := s.within(ctx, func(ctx context.Context, p phase) (err error) {
		if p.local != nil {
			r, err = p.local.Reserve(ctx, buckets, now)
			s.note(&r, p)
			return err
		}
		if s.opts.Block > 1 {
			r, err = s.reserveOfBlock(ctx, p, buckets)
		} else {
			r, err = s.reserve(ctx, p, buckets)
		}
		return err
	})
	return r, err
}

// Peek is as [Limiter.Peek].
func (s *Shared) Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (Decision, error) {
	var d Decision
	if len(buckets) == 0 {
		return Decision{Allowed: true}, nil
	}
	err := s.within(ctx, func(ctx context.Context, p phase) (err error) {
		if p.local != nil {
			d, err = p.local.Peek(ctx, buckets, now)
			return err
		}
		limited := limitedOf(buckets)
		r, err := s.ask(ctx, p, question{act: actLook, account: accountOf(buckets), buckets: limited, calls: 1})
		if err != nil {
			return err
		}
		states, err := r.states(limited, false)
		d = decide(states)
		return err
	})
	return d, err
}

var errAgain = errors.New("counted in another epoch")

// within runs f in a phase in which calls are counted. It waits for one, and tries again if f finds that it is over.
func (s *Shared) within(ctx context.Context, f func(context.Context, phase) error) error {
	ctx, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	for {
		err := s.try(ctx, f)
		if err == nil || !errors.Is(err, errAgain) {
			return err
		}
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(redisWait / 10):
		case <-ctx.Done():
			s.mu.Lock()
			s.stats.Refused++
			s.mu.Unlock()
			return uncountable(err)
		}
	}
}

func (s *Shared) try(ctx context.Context, f func(context.Context, phase) error) error {
	s.turn.RLock()
	defer s.turn.RUnlock()
	s.mu.Lock()
	p, beaten := s.phase, s.beaten
	s.mu.Unlock()
	switch {
	case !p.ready:
		return errAgain
	case time.Since(beaten) > fence:
		return fmt.Errorf("%w: %w", errAgain, errFenced)
	}
	return f(ctx, p)
}

// reserve decides about a call in Redis.
func (s *Shared) reserve(ctx context.Context, p phase, buckets []pierre.Bucket) (Reservation, error) {
	limited := limitedOf(buckets)
	r, err := s.take(ctx, p, question{account: accountOf(buckets), buckets: limited, calls: 1})
	if err != nil {
		return Reservation{}, err
	}
	return s.decided(r, p, buckets, limited)
}

// take takes up to q.calls calls in Redis. If there are none, but others may give some back, it waits for these.
func (s *Shared) take(ctx context.Context, p phase, q question) (reply, error) {
	q.act = actTake
	account := q.account
	var until time.Time
	for {
		r, err := s.ask(ctx, p, q)
		if err == nil && r.kind == replyRefused && r.lent == left && s.reclaim(ctx, p, account, r.now) {
			continue
		}
		if err != nil || r.kind == replyTaken || r.lent <= r.now || s.blocks.cameBack(account, r.lent) {
			return r, err
		}
		now := time.Now()
		if until.IsZero() {
			until = now.Add(min(lentFor, time.Duration(r.lent-r.now)*time.Microsecond))
		}
		if !now.Before(until) {
			s.blocks.noteBack(account, r.lent)
			return r, nil
		}
		select {
		case <-time.After(min(sweeping, until.Sub(now))):
		case <-ctx.Done():
			return r, nil
		}
	}
}

// decided makes a reservation of what Redis answered about a call, which may be one of a block.
func (s *Shared) decided(r reply, p phase, buckets, limited []pierre.Bucket) (Reservation, error) {
	res := Reservation{Buckets: buckets, At: time.UnixMicro(r.now).UTC(), account: accountOf(buckets), block: r.block}
	states, err := r.states(limited, r.kind == replyTaken)
	if err != nil {
		return Reservation{}, err
	}
	res.Decision = Decision{Allowed: r.kind == replyTaken, States: states}
	if !res.Allowed {
		return res, nil
	}
	if res.CallID = r.id; r.id == "" {
		res.CallID = pierre.NewCallID()
	}
	s.note(&res, p)
	return res, nil
}

// note remembers that the call runs, if it was admitted, and lets the reservation end here.
func (s *Shared) note(r *Reservation, p phase) {
	if r.CallID == "" {
		return
	}
	r.local, r.counts, r.epoch = p.local, s, p.epoch
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[r.CallID] = running{r.At, r.Buckets}
}
