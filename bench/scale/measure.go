package main

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/bench/internal/mcpload"
)

// A plan is how a call's cost is measured.
type plan struct {
	span           time.Duration
	keys, inflight int
}

// A cost is what one call uses.
type cost struct {
	Calls          int     `json:"calls"` // that were measured
	ServerMicros   float64 `json:"server_cpu_us"`
	PostgresMicros float64 `json:"postgres_cpu_us"`
	RedisMicros    float64 `json:"redis_cpu_us"`
	Commits        float64 `json:"postgres_commits"`
	WALBytes       float64 `json:"postgres_wal_bytes"`
	StoredBytes    float64 `json:"postgres_stored_bytes"`
	RedisCommands  float64 `json:"redis_commands"`
}

// measure loads a server and says what a call cost it, PostgreSQL and Redis, with the folding of usage.
func (p plan) measure(ctx context.Context) (cost, error) {
	backing, err := mcpload.OpenBacking(true)
	if err != nil {
		return cost{}, err
	}
	defer backing.Close()
	t, err := mcpload.Start(ctx, mcpload.Shared, p.keys, backing)
	if err != nil {
		return cost{}, err
	}
	defer t.Stop()
	requests, err := t.Prepare(ctx, mcpload.Modern)
	if err != nil {
		return cost{}, err
	}
	load := mcpload.Load{Requests: requests, Span: max(p.span/10, time.Second), InFlight: p.inflight}
	if _, err := t.Run(ctx, load); err != nil { // so that everything is warm
		return cost{}, err
	}
	load.Span = p.span
	before, err := backing.Used(ctx)
	if err != nil {
		return cost{}, err
	}
	cpuBefore, err := t.CPU()
	if err != nil {
		return cost{}, err
	}
	took, err := t.Run(ctx, load)
	if err != nil {
		return cost{}, err
	}
	cpu, err := t.CPU()
	if err != nil {
		return cost{}, err
	}
	after, err := backing.Used(ctx)
	n := float64(len(took))
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / n }
	return cost{
		Calls: len(took), ServerMicros: micros(cpu - cpuBefore),
		PostgresMicros: micros(after.PostgresCPU - before.PostgresCPU), RedisMicros: micros(after.RedisCPU - before.RedisCPU),
		Commits: float64(after.Commits-before.Commits) / n, WALBytes: float64(after.WAL-before.WAL) / n,
		StoredBytes: float64(after.Stored-before.Stored) / n, RedisCommands: float64(after.RedisCommands-before.RedisCommands) / n,
	}, err
}
