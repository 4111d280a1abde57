package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
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
	h := host{d.Store, access.WithPrincipal(ctx, access.Principal{UserID: a.user}), o}
	for _, c := range append(reads(a), changes(a)...) {
		if !strings.Contains(c.name(), o.only) {
			continue
		}
		one, err := h.time(c)
		if err != nil {
			return nil, err
		}
		one.Database = name
		times = append(times, one)
	}
	if len(times) == 0 {
		return nil, fmt.Errorf("no call has %q in its name", o.only)
	}
	return times, nil
}

// A host calls tools as the athlete, through the MCP server's own messages.
type host struct {
	store   *store.Store
	ctx     context.Context //nolint:containedctx // carries who calls
	options options
}

// started returns tools of which nothing is in memory yet.
func (h host) started() *server.MCPServer {
	s := server.NewMCPServer("bench", "1", server.WithToolCapabilities(false))
	coach := training.New(h.store, now, slog.New(slog.DiscardHandler), training.Options{})
	tools.New(h.store, coach, now, tools.Options{Allowances: allowance.New(nil, now)}).Register(s)
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
			if stop, err = profiled(h.options.profile); err != nil {
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

// profiled writes a profile until the returned function is called.
func profiled(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, pprof.StartCPUProfile(f)
}
