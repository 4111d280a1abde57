package limit

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What is known of another server.
type seen struct {
	beat  int64
	since time.Time // when this beat was first seen
}

// NewShared joins the servers that count together under the id, which no other uses, and counts until [Shared.Close].
// counts and store are the database. A server that counts alone cannot join others, nor others it: that is
// [pierre.KindConflict]. Servers that ended without [Shared.Close] are waited for some seconds.
func NewShared(ctx context.Context, id string, counts CountStore, store ReplicaStore, opts SharedOptions) (*Shared, error) {
	s := &Shared{
		id: id, counts: counts, store: store, opts: opts,
		changed: make(chan struct{}), running: map[pierre.CallID]running{}, seen: map[string]seen{},
		hurry: make(chan struct{}, 1), done: make(chan struct{}), lent: make(chan struct{}),
		blocks: newBlocks(),
	}
	s.opts.Block = cmp.Or(s.opts.Block, DefaultBlock)
	if s.opts.Log == nil {
		s.opts.Log = slog.New(slog.DiscardHandler)
	}
	mode := pierre.LimiterAlone
	if opts.Redis != nil {
		mode, s.counter = pierre.LimiterRedis, newCounter(opts.Redis, opts.clock)
	}
	if err := s.join(ctx, mode); err != nil {
		return nil, err
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.beat(ctx)
	go s.run(ctx)
	go s.lend(ctx)
	return s, nil
}

func (s *Shared) join(ctx context.Context, mode pierre.LimiterMode) error {
	for try := 0; ; try++ {
		v, joined, err := s.store.JoinLimiter(ctx, s.id, mode)
		if err != nil || joined {
			return err
		}
		if try > 0 {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "Another server serves this database already, and each would count calls for itself. " +
				"Give all of them the same --redis-url, or stop the other one first."}
		}
		select { // for those that live to beat
		case <-time.After(liveFor):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		for _, r := range v.Replicas {
			if err := s.store.LeaveLimiter(ctx, r.ID, r.Beat); err != nil {
				return err
			}
		}
	}
}

// Close leaves the servers that count together, and gives back what it took from Redis ahead. Nothing is admitted afterwards.
func (s *Shared) Close(ctx context.Context) error {
	s.stop()
	<-s.done
	<-s.lent
	s.turn.Lock()
	s.enter(phase{})
	s.turn.Unlock()
	s.giveBackAll(ctx)
	return s.store.LeaveLimiter(ctx, s.id, -1)
}

// run beats until ctx ends: faster while no calls are admitted, because others are waited for.
func (s *Shared) run(ctx context.Context) {
	defer close(s.done)
	for {
		every := beatEvery
		if s.mu.Lock(); !s.phase.ready {
			every /= 10
		}
		s.mu.Unlock()
		select {
		case <-time.After(every):
		case <-s.hurry:
		case <-ctx.Done():
			return
		}
		s.beat(ctx)
	}
}

// soon lets the next beat come at once.
func (s *Shared) soon() {
	select {
	case s.hurry <- struct{}{}:
	default:
	}
}

// beat tells the database that this server lives, and does what the others' state asks for. What fails is tried again
// at the next beat; a server that does not get through admits nothing soon.
func (s *Shared) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, fence)
	defer cancel()
	began := time.Now()
	reaches, restarted := s.probe(ctx)
	v, present, err := s.store.BeatLimiter(ctx, s.id, reaches)
	if err != nil {
		if ctx.Err() == nil {
			s.opts.Log.WarnContext(ctx, "the database did not hear that this server counts calls", slog.Any("err", err))
		}
		return
	}
	if !present { // the others took this server for dead and did not wait for its calls
		if err := s.rejoin(ctx); err != nil {
			return
		}
		s.soon()
		return
	}
	s.observe(ctx, v, began)
	s.mu.Lock()
	p := s.phase
	s.mu.Unlock()
	if v.Epoch != p.epoch {
		p = s.pause(v)
	}
	if !p.ready {
		if err := s.acknowledge(ctx, v, p); err != nil || !s.complete(v) {
			return
		}
		s.proceed(ctx, v, p)
		return
	}
	s.choose(ctx, v, reaches, restarted)
}

func (s *Shared) rejoin(ctx context.Context) error {
	mode := pierre.LimiterAlone
	if s.counter != nil {
		mode = pierre.LimiterRedis
	}
	v, joined, err := s.store.JoinLimiter(ctx, s.id, mode)
	if err != nil || !joined {
		return errors.Join(err, errFenced)
	}
	return s.store.AdvanceLimiter(ctx, s.id, v.Epoch, v.Mode)
}

// probe reports whether calls can be counted in Redis, and whether it is another process than it was.
func (s *Shared) probe(ctx context.Context) (reaches, restarted bool) {
	if s.counter == nil {
		return true, false
	}
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	if _, cluster := s.opts.Redis.(*redis.ClusterClient); cluster { // many processes; a part that is emptied has no epoch
		return s.counter.reachesAll(ctx), false
	}
	info, err := s.opts.Redis.Info(ctx, "server", "replication").Result()
	if err != nil || infoField(info, "role") == "slave" { // one that became a copy of another takes no counts
		return false, false
	}
	id := infoField(info, "run_id")
	s.mu.Lock()
	defer s.mu.Unlock()
	restarted = s.runID != "" && s.runID != id
	s.runID = id
	return true, restarted
}

// infoField finds a field of what Redis says about itself; "" if it does not say.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

// observe notes who lives, and takes those out that have not beaten for long.
func (s *Shared) observe(ctx context.Context, v pierre.LimiterView, began time.Time) {
	now := time.Now()
	s.mu.Lock()
	s.beaten = began
	current := map[string]seen{}
	var dead []pierre.LimiterReplica
	for _, r := range v.Replicas {
		if r.ID == s.id {
			continue
		}
		known, ok := s.seen[r.ID]
		if !ok || known.beat != r.Beat {
			known = seen{r.Beat, now}
		}
		if now.Sub(known.since) > liveFor {
			dead = append(dead, r)
			continue
		}
		current[r.ID] = known
	}
	s.seen = current
	s.mu.Unlock()
	for _, r := range dead {
		s.store.LeaveLimiter(ctx, r.ID, r.Beat) //nolint:errcheck // the next beat finds it again
	}
}

// live reports whether the other server, or this one, is alive.
func (s *Shared) live(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.seen[id]
	return ok || id == s.id
}

// enter makes p the phase, and wakes who waits for one.
func (s *Shared) enter(p phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = p
	close(s.changed)
	s.changed = make(chan struct{})
}
