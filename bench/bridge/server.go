package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// serve is the reference server: it prints its address and serves until stdin ends.
func serve(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	m := server.NewMCPServer("reference", "1", server.WithToolCapabilities(true))
	m.AddTool(mcp.NewTool("echo", mcp.WithString("text")), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(r.GetString("text", "")), nil
	})
	blob := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	m.AddTool(mcp.NewTool("blob"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(blob), nil
	})
	c := &counter{open: make(map[string]bool)}
	mux := http.NewServeMux()
	mux.Handle("/mcp", c.count(server.NewStreamableHTTPServer(m, server.WithStateful(true))))
	mux.HandleFunc("/stats", c.serveStats)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	fmt.Fprintf(stdout, "http://%s\n", ln.Addr())
	if _, err := io.Copy(io.Discard, stdin); err != nil {
		return err
	}
	srv.Close() //nolint:errcheck // the measurement is over
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stats is what the server has seen.
type stats struct {
	Requests int `json:"requests"`
	Made     int `json:"made"` // sessions
	Open     int `json:"open"` // sessions
}

// A counter counts requests and sessions.
type counter struct {
	mu    sync.Mutex
	stats stats
	open  map[string]bool
}

func (c *counter) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.stats.Requests++
		c.mu.Unlock()
		h.ServeHTTP(&sessionWriter{w, c}, r)
		if r.Method == http.MethodDelete {
			c.mu.Lock()
			delete(c.open, r.Header.Get("Mcp-Session-Id"))
			c.mu.Unlock()
		}
	})
}

// A sessionWriter notices the sessions that the server makes.
type sessionWriter struct {
	http.ResponseWriter
	c *counter
}

func (w *sessionWriter) WriteHeader(status int) {
	if id := w.Header().Get("Mcp-Session-Id"); id != "" {
		w.c.mu.Lock()
		if _, known := w.c.open[id]; !known {
			w.c.stats.Made++
			w.c.open[id] = true
		}
		w.c.mu.Unlock()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Flush implements http.Flusher, which streams need.
func (w *sessionWriter) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func (c *counter) serveStats(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Open = len(c.open)
	if err := json.NewEncoder(w).Encode(s); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// A reference is the running reference server.
type reference struct {
	cmd   *exec.Cmd
	stdin io.Closer
	base  string
}

func startReference(ctx context.Context) (*reference, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "--role", "server")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &reference{cmd: cmd, stdin: in}
	if _, err := fmt.Fscanln(out, &r.base); err != nil {
		return nil, fmt.Errorf("starting the reference server: %w", err)
	}
	return r, nil
}

func (r *reference) stop() {
	r.stdin.Close() //nolint:errcheck // that is what ends it
	r.cmd.Wait()    //nolint:errcheck // it has nothing to say
}

func (r *reference) url() string { return r.base + "/mcp" }

func (r *reference) stats(ctx context.Context) (stats, error) {
	var s stats
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/stats", nil)
	if err != nil {
		return s, err
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}
