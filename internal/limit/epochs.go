package limit

import (
	"context"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// pause ends the phase before: when it returns, no call is decided until the epoch can begin.
func (s *Shared) pause(v pierre.LimiterView) phase {
	s.turn.Lock()
	defer s.turn.Unlock()
	p := phase{epoch: v.Epoch, mode: v.Mode, leader: v.Leader, leads: v.Leader == s.id, since: time.Now()}
	s.enter(p)
	s.mu.Lock()
	s.stats.Epochs++
	s.mu.Unlock()
	return p
}

// acknowledge says what runs here, once in an epoch.
func (s *Shared) acknowledge(ctx context.Context, v pierre.LimiterView, p phase) error {
	for _, r := range v.Replicas {
		if r.ID == s.id && r.Epoch == p.epoch {
			return nil
		}
	}
	return s.store.AcknowledgeLimiter(ctx, s.id, p.epoch, s.reports())
}

// complete reports whether all others that live have said what runs.
func (s *Shared) complete(v pierre.LimiterView) bool {
	for _, r := range v.Replicas {
		if r.ID != s.id && r.Epoch != v.Epoch && s.live(r.ID) {
			return false
		}
	}
	return true
}

// proceed lets calls be counted in the epoch.
func (s *Shared) proceed(ctx context.Context, v pierre.LimiterView, p phase) {
	reported, err := s.store.ReportedCalls(ctx, p.epoch)
	if err != nil {
		return
	}
	p.reported, p.ready, p.since = reported, true, time.Now()
	switch {
	case p.mode == pierre.LimiterRedis && s.counter != nil:
		p.script = s.counter.script(p.name())
		if p.leads {
			if err := s.counter.begin(ctx, p.name(), p.script, p.epoch == 1); err != nil {
				// Some of the keys may be set, and they must not be set twice.
				s.advance(ctx, p.epoch, s.fallback())
				return
			}
		}
	case p.mode == pierre.LimiterShare && !s.opts.Deny:
		p.local = New(s.counts)
		p.local.reported, p.local.began = reported, p.since
		for _, r := range v.Replicas {
			if s.live(r.ID) {
				p.local.share++
			}
		}
	case p.mode == pierre.LimiterAlone && s.counter == nil:
		p.local = New(s.counts)
		p.local.reported = reported
	default:
		return // it counts as others are not meant to
	}
	s.turn.Lock()
	s.enter(p)
	s.turn.Unlock()
	level := slog.LevelInfo
	if p.mode == pierre.LimiterShare {
		level = slog.LevelWarn
	}
	s.opts.Log.Log(ctx, level, "an epoch of counting calls began",
		slog.Int64("epoch", p.epoch), slog.String("mode", string(p.mode)), slog.Int("servers", len(v.Replicas)), slog.Int("running_calls", len(reported)))
}

// fallback is how calls are counted when Redis cannot be reached.
func (s *Shared) fallback() pierre.LimiterMode {
	if s.opts.Deny {
		return pierre.LimiterRedis
	}
	return pierre.LimiterShare
}

// choose begins another epoch if Redis was lost, or is back for all.
func (s *Shared) choose(ctx context.Context, v pierre.LimiterView, reaches, restarted bool) {
	s.mu.Lock()
	was := s.reaches
	s.reaches = reaches
	if was && !reaches {
		s.stats.Outages++
		s.opts.Log.WarnContext(ctx, "Redis cannot be reached")
	}
	s.mu.Unlock()
	switch {
	case v.Mode == pierre.LimiterRedis && restarted:
		s.advance(ctx, v.Epoch, pierre.LimiterRedis)
	case v.Mode == pierre.LimiterRedis && !reaches && was:
		s.soon() // and decide then
	case v.Mode == pierre.LimiterRedis && !reaches && !s.opts.Deny:
		s.advance(ctx, v.Epoch, pierre.LimiterShare)
	case v.Mode == pierre.LimiterShare && reaches && was:
		for _, r := range v.Replicas {
			if !r.Reaches && s.live(r.ID) {
				return
			}
		}
		s.advance(ctx, v.Epoch, pierre.LimiterRedis)
	}
}

// lost begins another epoch because Redis does not have the counts of this one. The server that began the epoch may
// just be about to tell Redis.
func (s *Shared) lost(ctx context.Context, p phase) {
	if p.leads || time.Since(p.since) > liveFor/5 {
		s.advance(ctx, p.epoch, pierre.LimiterRedis)
		return
	}
	s.soon()
}

func (s *Shared) advance(ctx context.Context, from int64, mode pierre.LimiterMode) {
	s.store.AdvanceLimiter(ctx, s.id, from, mode) //nolint:errcheck // it is found out again
	s.soon()
}
