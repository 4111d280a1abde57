package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/bench/internal/mcpload"
	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/bus"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// inflight is how many calls run at once.
const inflight = 16

const call = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"noop","arguments":{"n":1},"_meta":{` +
	`"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
	`"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},` +
	`"io.modelcontextprotocol/clientCapabilities":{}}}}`

// A site is a server with its database and the keys of its tenants, each of a customer of its own.
type site struct {
	*mcpapitest.Stack

	dir     string
	backing *mcpload.Backing // nil: SQLite
	keys    []string
	next    atomic.Int64 // numbers the calls
	began   time.Time
	rate    int           // calls per second of the site's clock
	folded  time.Duration // when usage was folded last, since began

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

func openSite(ctx context.Context, opts options) (*site, error) {
	dir, err := os.MkdirTemp("", "pierre-bench-")
	if err != nil {
		return nil, err
	}
	s, err := openSiteIn(ctx, dir, opts)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// openSiteIn opens the site whose database is in dir, or a new one.
func openSiteIn(ctx context.Context, dir string, opts options) (*site, error) {
	m := server.NewMCPServer("bench", "1.0.0")
	m.AddTool(mcp.NewTool("noop", mcp.WithDescription("does nothing"), mcp.WithNumber("n")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("ok"), nil
		})
	s := &site{dir: dir, began: time.Now(), rate: opts.rate}
	var parts mcpapitest.Parts
	if opts.shared {
		var err error
		if s.backing, err = mcpload.OpenBacking(false); err != nil {
			return nil, err
		}
		parts.Database, parts.Redis = s.backing.URLs()
	}
	stack, err := mcpapitest.Open(ctx, dir, m, parts, mcpapi.Options{Now: s.now})
	if err != nil {
		s.closeBacking()
		return nil, err
	}
	s.Stack = stack
	ctx, s.stop = context.WithCancel(ctx)
	news := bus.New(stack.Store, follower{stack.Keys}, bus.Options{})
	s.stopped.Go(func() { news.Run(ctx) })
	return s, nil
}

// now is the site's clock: how long calls take to come depends on the rate that is measured, not on what else the machine does.
func (s *site) now() time.Time { return s.began.Add(s.passed()) }

func (s *site) passed() time.Duration {
	return time.Duration(s.next.Load()) * time.Second / time.Duration(s.rate)
}

// A follower tells the verifier what the server's program tells it. Nobody changes keys here.
type follower struct{ *access.Verifier }

func (follower) Apply(pierre.Change) {}

func (s *site) close(ctx context.Context) error {
	return errors.Join(s.end(ctx), os.RemoveAll(s.dir))
}

// end stops the server and leaves its folder.
func (s *site) end(ctx context.Context) error {
	s.stop()
	s.stopped.Wait()
	defer s.closeBacking()
	return s.Close(ctx)
}

func (s *site) closeBacking() {
	if s.backing != nil {
		s.backing.Close()
	}
}

// provision makes so many more keys.
func (s *site) provision(ctx context.Context, n int, bursts bool) error {
	rules := pierre.Rules{Limit: pierre.Limit{Requests: 1_000_000_000, Period: pierre.PeriodMonth}}
	if bursts {
		rules.Burst = pierre.Burst{Requests: pierre.MaxBurstRequests, Per: time.Second}
	}
	for range n {
		_, key, err := s.ProvisionRules(ctx, rules)
		if err != nil {
			return err
		}
		s.keys = append(s.keys, key)
	}
	return nil
}

// call makes n calls with the first so many keys in turns, and returns the processor time of one call.
func (s *site) call(ctx context.Context, n, keys int) (each spent, err error) {
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	failed := make(chan error, inflight)
	before := s.processorTime()
	for range inflight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := s.callOnce(ctx, s.keys[int(s.next.Add(1))%keys]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	if err := <-failed; err != nil {
		return spent{}, err
	}
	if err := s.Recorder.Flush(ctx); err != nil {
		return spent{}, err
	}
	return s.since(before).per(n), nil
}

// fold folds the usage when a server would, or at any rate at the end, and returns the processor time.
func (s *site) fold(ctx context.Context, end bool) (all spent, err error) {
	do := s.Store.FoldMuch
	if now := s.passed(); end || now >= s.folded+time.Minute {
		do, s.folded = s.Store.FoldUsage, now
	}
	before := s.processorTime()
	err = do(ctx)
	return s.since(before), err
}

func (s *site) callOnce(ctx context.Context, key string) error {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(call))
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json"}, "Authorization": {"Bearer " + key},
		"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {"noop"},
	}
	w := httptest.NewRecorder()
	s.API.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("a call was answered with %d: %s", w.Code, w.Body)
	}
	return nil
}

// processorTime is what was used until now.
func (s *site) processorTime() (t spent) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return t
	}
	t.server = micros(time.Duration(u.Utime.Nano() + u.Stime.Nano()))
	if s.backing != nil {
		postgres, redis := s.backing.CPU()
		t.postgres, t.redis = micros(postgres), micros(redis)
	}
	return t
}

// since is what was used since then.
func (s *site) since(then spent) spent {
	now := s.processorTime()
	return spent{now.server - then.server, now.postgres - then.postgres, now.redis - then.redis}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
