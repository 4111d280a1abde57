package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rogpeppe/go-internal/testscript"
)

const testKey = "pk_live_0123456789abcdefghijklmnop"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mcp-client": main, "test-parent": startClient})
}

// startClient starts mcp-client with its own stdin and stdout, and waits to be killed.
func startClient() {
	child := exec.Command("mcp-client", os.Args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true})
}

// A mcpServer is mcp-go's, with a key, and with an eye on its sessions.
type mcpServer struct {
	*httptest.Server
	mcp      *server.MCPServer
	mu       sync.Mutex
	sessions map[string]bool
	seen     []*http.Request
	calls    chan string // tools, as they begin
	ended    chan string // tools, as they are cancelled
}

func newMCPServer(t *testing.T, start func(*httptest.Server)) *mcpServer {
	s := &mcpServer{sessions: make(map[string]bool), calls: make(chan string, 64), ended: make(chan string, 64)}
	m := server.NewMCPServer("test", "1", server.WithToolCapabilities(true), server.WithElicitation())
	s.mcp = m
	m.AddTool(mcp.NewTool("echo", mcp.WithString("text")), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(r.GetString("text", "")), nil
	})
	m.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.calls <- "wait"
		<-ctx.Done()
		s.ended <- "wait"
		return nil, ctx.Err()
	})
	s.Server = httptest.NewUnstartedServer(s.watch(server.NewStreamableHTTPServer(m, server.WithStateful(true), server.WithDisableLocalhostProtection(true))))
	start(s.Server)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *mcpServer) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+testKey {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this key does not exist", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		if id := r.Header.Get("Mcp-Session-Id"); r.Method == http.MethodDelete {
			delete(s.sessions, id)
		} else if id == "" && w.Header().Get("Mcp-Session-Id") != "" {
			s.sessions[w.Header().Get("Mcp-Session-Id")] = true
		}
	})
}

func (s *mcpServer) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// A program is a running mcp-client, or a parent of one.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	outEnd io.Closer
	stderr bytes.Buffer
}

// launch starts a program as a host would, with the key in the environment.
func launch(t *testing.T, env []string, name string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.CommandContext(t.Context(), name, args...)}
	// The race detector makes programs linger for a second at their end.
	p.cmd.Env = append(append(p.cmd.Environ(), "GORACE=atexit_sleep_ms=0", "PIERRE_AUTH_KEY="+testKey), env...)
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = time.Second
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out, p.outEnd = bufio.NewReader(out), out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.in.Close()
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	return p
}

func (p *program) send(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, strings.Join(lines, "\n")+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

type answer struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// answer reads lines until the answer to a request.
func (p *program) answer(id int) answer {
	p.t.Helper()
	for {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			p.t.Fatalf("no answer to %d: %v; stderr: %s", id, err, p.stderr.String())
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			p.t.Fatalf("stdout is not JSON: %q", line)
		}
		if a.Method == "" && string(a.ID) == fmt.Sprint(id) {
			return a
		}
	}
}

func (p *program) handshake() {
	p.t.Helper()
	p.send(initializeLine)
	if a := p.answer(0); a.Result == nil {
		p.t.Fatalf("initialize: %+v", a.Error)
	}
	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

const initializeLine = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`

func callLine(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{"text":"hello"}}}`, id, tool)
}

// gone waits until the program's stdout ends; a program that stays is killed, and fails the test.
func (p *program) gone() {
	p.t.Helper()
	const patience = 30 * time.Second
	timer := time.AfterFunc(patience, func() {
		p.t.Errorf("the program did not end within %v", patience)
		p.cmd.Process.Kill()
	})
	defer timer.Stop()
	if _, err := io.Copy(io.Discard, p.out); err != nil {
		p.t.Fatal(err)
	}
}

// succeeds waits for the program and fails unless it exits with 0.
func (p *program) succeeds() {
	p.t.Helper()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%v; stderr: %s", err, p.stderr.String())
	}
	if p.stderr.Len() > 0 {
		p.t.Errorf("stderr: %s", p.stderr.String())
	}
}
