package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A callLimiter admits calls.
type callLimiter interface {
	Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error)
	Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Decision, error)
}

// openLimiter chooses who counts: this process, if the database has no other server, or Redis. A database that several
// servers may have keeps those away that would count for themselves.
func (a *app) openLimiter(ctx context.Context, c *config, serves bool) error {
	url := c.redisURL.Reveal()
	path, err := store.Path(c.databaseURL, c.dataDir)
	if err != nil {
		return err
	}
	if !serves || c.singleTenant || url == "" && path != "" {
		a.limiter = limit.New(a.calls)
		return nil
	}
	opts := limit.SharedOptions{Deny: c.redisDown == redisDeny, Log: a.log}
	if url != "" {
		if a.redis, err = redisconn.Open(url); err != nil {
			return err
		}
		opts.Redis = a.redis
	}
	if a.counted, err = limit.NewShared(ctx, strings.ToLower(rand.Text()), a.calls, a.store, opts); err != nil {
		return err
	}
	a.limiter = a.counted
	a.log.InfoContext(ctx, "calls are counted for several servers", slog.Bool("redis", url != ""))
	return nil
}

// countedStats says how calls are counted; a server alone always can.
func (a *app) countedStats() limit.Stats {
	if a.counted == nil {
		return limit.Stats{Ready: true, Replicas: 1}
	}
	return a.counted.Stats()
}

// measureLimiter shows how calls are counted.
func (a *app) measureLimiter() {
	flag := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	for _, g := range []struct {
		name, help string
		value      func(limit.Stats) float64
	}{
		{"pierre_limiter_degraded", "1 while Redis cannot be reached and each server admits a share of what was left.", func(s limit.Stats) float64 { return flag(s.Mode == pierre.LimiterShare) }},
		{"pierre_limiter_ready", "1 while calls can be counted; otherwise they get 503.", func(s limit.Stats) float64 { return flag(s.Ready) }},
		{"pierre_limiter_servers", "Servers that count together, this one included.", func(s limit.Stats) float64 { return float64(s.Replicas) }},
	} {
		a.monitor.Gauge(g.name, g.help, func() float64 { return g.value(a.countedStats()) })
	}
	for _, c := range []struct {
		name, help string
		value      func(limit.Stats) int64
	}{
		{"pierre_limiter_epochs_total", "Times that counting began anew because a server joined, or Redis was away or lost what it counted.", func(s limit.Stats) int64 { return s.Epochs }},
		{"pierre_limiter_outages_total", "Times that Redis became unreachable for this server.", func(s limit.Stats) int64 { return s.Outages }},
		{"pierre_limiter_refused_total", "Calls that got 503 because they could not be counted.", func(s limit.Stats) int64 { return s.Refused }},
	} {
		a.monitor.Counter(c.name, c.help, func() float64 { return float64(c.value(a.countedStats())) })
	}
}

func (a *app) closeLimiter(ctx context.Context) error {
	var err error
	if a.counted != nil {
		err = a.counted.Close(ctx)
	}
	if a.redis != nil {
		err = errors.Join(err, a.redis.Close())
	}
	return err
}

// redisDown says what is admitted while Redis cannot be reached.
type redisDown string

const (
	redisShare redisDown = "share"
	redisDeny  redisDown = "deny"
)

func parseRedisDown(text string) (redisDown, error) {
	if d := redisDown(text); d == redisShare || d == redisDeny {
		return d, nil
	}
	return "", errors.New("must be share or deny")
}

// parseRedisURL takes what the client can open. The value is not repeated in the error: it may hold a password.
func parseRedisURL(text string) (secret.String, error) {
	if text == "" {
		return secret.String{}, nil
	}
	client, err := redisconn.Open(text)
	if err != nil {
		return secret.String{}, err
	}
	return secret.New(text), client.Close()
}
