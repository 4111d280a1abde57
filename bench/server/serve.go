package main

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

// A ready server tells its parent where it is, in one line.
type ready struct {
	Addr string `json:"addr"`
	Key  string `json:"key"`
}

// serveUntilEOF is a server under test. It answers each line on stdin with its processor time, in nanoseconds, and ends
// when its parent closes stdin.
func serveUntilEOF(ctx context.Context, which string, stdin io.Reader, stdout io.Writer) error {
	m := server.NewMCPServer("bench", "1.0.0")
	m.AddTool(mcp.NewTool("noop", mcp.WithDescription("does nothing"), mcp.WithNumber("n")),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("ok"), nil
		})
	var handler http.Handler
	var at ready
	switch which {
	case "bare":
		handler = server.NewStreamableHTTPServer(m)
	case "ours":
		gc.Tune("") // as pierre-mcp-server does
		dir, err := os.MkdirTemp("", "pierre-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // the system cleans up what is left
		stack, err := mcpapitest.Open(ctx, dir, m, mcpapitest.Parts{}, mcpapi.Options{})
		if err != nil {
			return err
		}
		defer stack.Close(ctx) //nolint:errcheck // its data is thrown away
		if _, at.Key, err = stack.Provision(ctx, pierre.Limit{Requests: 1_000_000_000, Period: pierre.PeriodMonth}); err != nil {
			return err
		}
		handler = stack.API
	default:
		return fmt.Errorf("--serve must be ours or bare, not %q", which)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at.Addr = ln.Addr().String()
	if err := json.NewEncoder(stdout).Encode(at); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		for lines := bufio.NewScanner(stdin); lines.Scan(); {
			fmt.Fprintln(stdout, cpuTime().Nanoseconds())
		}
	}()
	if which == "ours" {
		return web.Serve(ctx, ln, handler, slog.New(slog.DiscardHandler), web.Options{})
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		srv.Close() //nolint:errcheck // the process ends
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
