package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/bench/internal/cpuprofile"
	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/tools"
)

// measure times all calls on each database; those of one call follow each other.
func measure(ctx context.Context, o options) (times []timing, err error) {
	var all [][]timing
	for _, name := range o.databases {
		one, err := measureOn(ctx, o, name)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", name, err)
		}
		all = append(all, one)
	}
	for i := range all[0] {
		for _, one := range all {
			times = append(times, one[i])
		}
	}
	return times, nil
}

func measureOn(ctx context.Context, o options, name string) (times []timing, err error) {
	d, err := open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	a, err := fill(ctx, d.Store, o.activities)
	if err != nil {
		return nil, err
	}
	calls := slices.DeleteFunc(append(reads(a), changes(a)...), func(c call) bool { return !strings.Contains(c.name(), o.only) })
	if len(calls) == 0 {
		return nil, fmt.Errorf("no call has %q in its name", o.only)
	}
	if o.profile != "" && len(calls) > 1 {
		return nil, fmt.Errorf("--cpuprofile is of one call, and %d have %q in their names: name one with --only", len(calls), o.only)
	}
	foods, err := makeFoods(ctx, foodsOf)
	if err != nil {
		return nil, fmt.Errorf("making foods: %w", err)
	}
	defer func() { err = errors.Join(err, foods.close()) }()
	h := host{d.Store, foods.File, access.WithPrincipal(ctx, access.Principal{UserID: a.user}), o}
	for _, c := range calls {
		one, err := h.time(c)
		if err != nil {
			return nil, err
		}
		one.Database = name
		times = append(times, one)
	}
	return times, nil
}

// A host calls tools as the athlete, through the MCP server's own messages.
type host struct {
	store   *store.Store
	foods   *food.File
	ctx     context.Context //nolint:containedctx // carries who calls
	options options
}

// started returns tools of which nothing is in memory yet.
func (h host) started() *server.MCPServer {
	s := server.NewMCPServer("bench", "1", server.WithToolCapabilities(false))
	coach := training.New(h.store, now, slog.New(slog.DiscardHandler), training.Options{})
	tools.New(h.store, coach, now, tools.Options{Allowances: allowance.New(nil, now), Foods: h.foods}).Register(s)
	return s
}

// time makes a call on servers that were just started, and as often once more on the last of these.
func (h host) time(c call) (timing, error) {
	t := timing{Call: c.name()}
	var cold, warm []float64
	var s *server.MCPServer
	stop := func() error { return nil }
	for n := range 2 * h.options.rounds {
		if n < h.options.rounds {
			s = h.started()
		}
		if n == h.options.rounds {
			var err error
			if stop, err = cpuprofile.Start(h.options.profile); err != nil {
				return t, err
			}
		}
		if c.after != nil {
			if _, _, err := h.call(s, *c.after, n); err != nil {
				return t, err
			}
		}
		took, bytes, err := h.call(s, c, n)
		if err != nil {
			return t, err
		}
		t.Bytes = bytes
		if n < h.options.rounds {
			cold = append(cold, took)
		} else {
			warm = append(warm, took)
		}
	}
	t.Cold, t.Warm = slices.Min(cold), slices.Min(warm)
	return t, stop()
}

// call makes the nth call and returns how many milliseconds and bytes its answer took.
func (h host) call(s *server.MCPServer, c call, n int) (took float64, bytes int, err error) {
	msg, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": c.tool, "arguments": c.arguments(n)},
	})
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	answer := s.HandleMessage(h.ctx, msg)
	text, err := json.Marshal(answer)
	took = float64(time.Since(start).Microseconds()) / 1000
	if err != nil {
		return 0, 0, err
	}
	if r, ok := answer.(mcp.JSONRPCResponse); ok {
		if result, ok := r.Result.(*mcp.CallToolResult); ok && !result.IsError {
			return took, len(text), nil
		}
	}
	return 0, 0, fmt.Errorf("%s was answered with %s", c.name(), text)
}
