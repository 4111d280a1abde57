package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// How the program ends, with the real program against a real server.
func TestProcessEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(p *program, s *mcpServer)
	}{
		{"stdin closed while idle", func(p *program, _ *mcpServer) {
			p.in.Close()
			p.gone()
		}},
		{"stdin closed in the middle of a call, then SIGTERM", func(p *program, s *mcpServer) {
			p.send(callLine(1, "wait"))
			<-s.calls
			p.in.Close()
			p.cmd.Process.Signal(syscall.SIGTERM)
			p.gone()
			<-s.ended
		}},
		{"an answer on its way is delivered after stdin closed", func(p *program, _ *mcpServer) {
			p.send(callLine(1, "echo"))
			p.in.Close()
			p.answer(1)
			p.gone()
		}},
		{"SIGTERM while idle", func(p *program, _ *mcpServer) {
			p.cmd.Process.Signal(syscall.SIGTERM)
			p.gone()
		}},
		{"SIGTERM in the middle of a call", func(p *program, s *mcpServer) {
			p.send(callLine(1, "wait"))
			<-s.calls
			p.cmd.Process.Signal(syscall.SIGTERM)
			p.gone()
			<-s.ended
		}},
		{"Ctrl-C", func(p *program, _ *mcpServer) {
			p.cmd.Process.Signal(os.Interrupt)
			p.gone()
		}},
		{"stdout closed", func(p *program, _ *mcpServer) {
			p.outEnd.Close()
			p.send(callLine(1, "echo"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newMCPServer(t, (*httptest.Server).Start)
			p := launch(t, nil, "mcp-client", "--url", s.URL)
			p.handshake()
			tt.end(p, s)
			p.succeeds()
			if n := s.open(); n != 0 {
				t.Errorf("%d sessions left on the server", n)
			}
		})
	}
}

// The parent is killed, and somebody else (this test) holds stdin open.
func TestParentDies(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	p := launch(t, nil, "test-parent", "--url", s.URL)
	p.handshake()
	p.cmd.Process.Kill()
	p.gone()
	if n := s.open(); n != 0 {
		t.Errorf("%d sessions left on the server", n)
	}
}

// Several copies share nothing: one that is killed outright does the others no harm.
func TestSeveralCopies(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	copies := make([]*program, 8)
	var wg sync.WaitGroup
	for i := range copies {
		copies[i] = launch(t, nil, "mcp-client", "--url", s.URL)
		wg.Go(copies[i].handshake)
	}
	wg.Wait()
	copies[0].cmd.Process.Kill()
	for i, p := range copies[1:] {
		p.send(callLine(i+1, "echo"))
		if a := p.answer(i + 1); a.Result == nil {
			t.Errorf("copy %d: %+v", i+1, a.Error)
		}
	}
}

// The server comes up after the program, and is restarted later.
func TestServerComesAndGoes(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	address := s.Listener.Addr().String()
	p := launch(t, nil, "mcp-client", "--url", s.URL)
	p.handshake()
	s.CloseClientConnections()
	s.Close()
	p.send(callLine(1, "echo"))
	again := newMCPServer(t, func(srv *httptest.Server) {
		srv.Listener.Close()
		srv.Listener = listen(t, address)
		srv.Start()
	})
	if a := p.answer(1); a.Result == nil {
		t.Errorf("after the restart: %+v", a.Error)
	}
	p.in.Close()
	p.gone()
	p.succeeds()
	if n := again.open(); n != 0 {
		t.Errorf("%d sessions left on the server", n)
	}
}

func TestLogs(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		args []string
		file string // "" is stderr
		want []string
	}{
		{"stderr", []string{"--log-level", "debug"}, "", []string{"relaying", "tools/call", "[redacted]"}},
		{"file", []string{"--log-level", "debug", "--log-file", filepath.Join(dir, "a")}, "a", []string{"relaying", "tools/call", "[redacted]"}},
		{"file alone: what happens, but no messages", []string{"--log-file", filepath.Join(dir, "b")}, "b", []string{"relaying"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := launch(t, nil, "mcp-client", append(tt.args, "--url", s.URL)...)
			p.handshake()
			p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"` + testKey + `"}}}`)
			p.answer(1)
			p.in.Close()
			p.gone()
			if err := p.cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			text := p.stderr.String()
			if tt.file != "" {
				data, err := os.ReadFile(filepath.Join(dir, tt.file))
				if err != nil || text != "" {
					t.Fatalf("%v; stderr: %s", err, text)
				}
				text = string(data)
			}
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the log lacks %q: %s", want, text)
				}
			}
			if strings.Contains(text, testKey[8:]) {
				t.Errorf("the log holds the key: %s", text)
			}
		})
	}
}

// The key need not be on the command line.
func TestKeySources(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(testKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  []string
		args []string
	}{
		{"environment", []string{"PIERRE_URL=" + s.URL}, nil},
		{"file", []string{"PIERRE_AUTH_KEY=wrong"}, []string{"--url", s.URL, "--auth-key-file", file}},
		{"flag", []string{"PIERRE_AUTH_KEY=wrong"}, []string{"--url", s.URL + "/", "--auth-key", testKey}},
		{"full endpoint", nil, []string{"--url", s.URL + "/mcp"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			launch(t, tt.env, "mcp-client", tt.args...).handshake()
		})
	}
	for name, env := range map[string]string{"wrong key": "PIERRE_AUTH_KEY=wrong", "no key": "PIERRE_AUTH_KEY="} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, []string{env}, "mcp-client", "--url", s.URL)
			p.send(initializeLine)
			a := p.answer(0)
			if a.Error.Code != 401 || !strings.Contains(a.Error.Message, "PIERRE_AUTH_KEY") || strings.Contains(a.Error.Message, "wrong") {
				t.Errorf("error = %+v", a.Error)
			}
			p.in.Close()
			p.gone()
			p.succeeds()
		})
	}
}
