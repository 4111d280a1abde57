// Package mcpload loads servers with tool calls for the benchmarks: the product's stack on a folder of its own, the same on
// PostgreSQL and Redis, and mcp-go's bare server, each in a process of its own. The tool does nothing, so that what is
// measured is what the server does around it.
package mcpload

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/gc"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// The kinds of servers.
const (
	Echo   = "echo"   // net/http, which answers each request with what it was sent and a result
	Bare   = "bare"   // mcp-go's StreamableHTTPServer, which checks and records nothing
	Alone  = "ours"   // the product with SQLite
	Shared = "shared" // the product with PostgreSQL and Redis
)

// Limits is what the key of a server under test may do: no call is refused.
const Limits = 1_000_000_000

// A ready server tells its parent where it is, in one line.
type ready struct {
	Addr string   `json:"addr"`
	Keys []string `json:"keys"`
}

// Serve is a server under test. args are its kind, how many keys it makes, and, for a shared one, the URLs of PostgreSQL and
// Redis. It answers each line on stdin with its processor time, in nanoseconds, and ends when its parent closes stdin.
func Serve(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 4 {
		return fmt.Errorf("a server needs its kind, a number of keys, and URLs of PostgreSQL and Redis, not %q", args)
	}
	var keys int
	if _, err := fmt.Sscan(args[1], &keys); err != nil {
		return err
	}
	m := server.NewMCPServer("bench", "1.0.0")
	m.AddTool(mcp.NewTool("noop", mcp.WithDescription("does nothing"), mcp.WithNumber("n")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("ok"), nil
		})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var at ready
	var serve func(context.Context, net.Listener) error
	switch args[0] {
	case Echo:
		serve = plain(http.HandlerFunc(echo))
	case Bare:
		serve = plain(server.NewStreamableHTTPServer(m))
	default:
		s, err := openStack(ctx, m, args)
		if err != nil {
			return err
		}
		defer s.close(ctx)
		if at.Keys, err = s.provision(ctx, keys); err != nil {
			return err
		}
		serve = s.serve
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at.Addr = ln.Addr().String()
	if err := json.NewEncoder(stdout).Encode(at); err != nil {
		return err
	}
	go func() {
		defer stop()
		for lines := bufio.NewScanner(stdin); lines.Scan(); {
			fmt.Fprintln(stdout, cpuTime().Nanoseconds())
		}
	}()
	return serve(ctx, ln)
}

// echo is the least that a server can do.
func echo(w http.ResponseWriter, r *http.Request) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Write(append(sent, `"result"`...)) //nolint:errcheck // the caller is gone
}

// plain serves with net/http as it is.
func plain(h http.Handler) func(context.Context, net.Listener) error {
	return func(ctx context.Context, ln net.Listener) error {
		srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go func() {
			<-ctx.Done()
			srv.Close() //nolint:errcheck // the process ends
		}()
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// A stack is the product's server with the work that it does in the background for its calls.
type stack struct {
	*mcpapitest.Stack

	dir    string
	folded chan struct{} // closed when nothing is folded any more
}

func openStack(ctx context.Context, m *server.MCPServer, args []string) (*stack, error) {
	gc.Tune("") // as pierre-mcp-server does
	dir, err := os.MkdirTemp("", "pierre-bench-")
	if err != nil {
		return nil, err
	}
	s := &stack{dir: dir, folded: make(chan struct{})}
	if s.Stack, err = mcpapitest.Open(ctx, dir, m, mcpapitest.Parts{Database: args[2], Redis: args[3]}, mcpapi.Options{}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go s.fold(ctx)
	return s, nil
}

// fold folds usage as pierre-mcp-server does: each minute, and when much has piled up.
func (s *stack) fold(ctx context.Context) {
	defer close(s.folded)
	minute, second := time.NewTicker(time.Minute), time.NewTicker(time.Second)
	defer minute.Stop()
	defer second.Stop()
	for {
		do := s.Store.FoldUsage
		select {
		case <-minute.C:
		case <-second.C:
			do = s.Store.FoldMuch
		case <-ctx.Done():
			return
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "folding usage:", err)
		}
	}
}

func (s *stack) provision(ctx context.Context, n int) (keys []string, err error) {
	for range n {
		_, key, err := s.Provision(ctx, pierre.Limit{Requests: Limits, Period: pierre.PeriodMonth})
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (s *stack) serve(ctx context.Context, ln net.Listener) error {
	return web.Serve(ctx, ln, s.API, slog.New(slog.DiscardHandler), web.Options{})
}

func (s *stack) close(ctx context.Context) {
	<-s.folded
	s.Close(context.WithoutCancel(ctx)) //nolint:errcheck // its data is thrown away
	os.RemoveAll(s.dir)                 //nolint:errcheck // the system cleans up what is left
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
