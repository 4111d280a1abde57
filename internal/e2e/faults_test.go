//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/mcptest"
)

// The fault table with the real program, a real TCP port and real time; bridge runs
// the same table in virtual time. What cmd/mcp-client tests with the real program is
// not repeated: certificates, proxies, extra headers, the death of the parent, a
// broken stdout, logs.
func TestFaults(t *testing.T) {
	t.Parallel()
	tryFaults(t, mcptest.Faults())
}

// The rows that take minutes, in which next to nothing is done. scripts/test.sh runs them beside other tests.
func TestSlowFaults(t *testing.T) {
	if !inCI() {
		t.Skip("this takes minutes; set CI to run it")
	}
	tryFaults(t, mcptest.SlowFaults())
}

func tryFaults(t *testing.T, rows []mcptest.Row) {
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			s := mcptest.NewServer(t)
			row.Run(t, mcptest.World{Server: s, Start: func() *mcptest.Host { return startRelay(t, s.URL).Host }})
		})
	}
}

func inCI() bool { return os.Getenv("CI") != "" }

// A relayProgram is the built mcp-client as a bridge, with a host.
type relayProgram struct {
	*mcptest.Host
	t      *testing.T
	stdio  *host
	waited bool
}

// startRelay starts a bridge to url. Its end is waited for, and checked, with the test's.
func startRelay(t *testing.T, url string, args ...string) *relayProgram {
	t.Helper()
	env := []string{"PIERRE_URL=" + url, "PIERRE_AUTH_KEY=" + mcptest.Key, "HOME=" + t.TempDir()}
	stdio, out := startPiped(t, env, filepath.Join(bin, "mcp-client"), args...)
	p := &relayProgram{Host: mcptest.NewHost(t, stdio.in, out), t: t, stdio: stdio}
	t.Cleanup(func() {
		if !p.waited {
			p.In.Close()
			p.gone("its end")
		}
	})
	return p
}

// talk starts a bridge to s and begins a conversation of the earlier era.
func talk(t *testing.T, s *mcptest.Server) *relayProgram {
	t.Helper()
	p := startRelay(t, s.URL)
	p.Handshake()
	return p
}

// gone waits for the end of the program, which a moment ago got a reason to end. It says
// the rest of its lines, and succeeds.
func (p *relayProgram) gone(reason string) {
	p.t.Helper()
	p.waited = true
	timeout := time.After(10 * time.Second)
	for open := true; open; {
		var line mcptest.Line
		select {
		case line, open = <-p.Lines:
			if open {
				p.Seen = append(p.Seen, line)
			}
		case <-timeout:
			p.t.Fatalf("still there 10 s after %s", reason)
		}
	}
	if err := p.stdio.cmd.Wait(); err != nil {
		p.t.Errorf("after %s it ended with %v\n%s", reason, err, p.stdio.stderr)
	}
}

// A name that does not exist is reported as such.
func TestUnknownName(t *testing.T) {
	t.Parallel()
	p := startRelay(t, "http://pierre.invalid:8081", "--allow-http")
	p.Send(mcptest.Initialize)
	p.Failure(0, "pierre.invalid", "name")
	p.Send("{")
	p.Failure("null", "JSON") // still there
}

// How the program ends. That its session is deleted with the key is checked by the server.
func TestRelayEnds(t *testing.T) {
	t.Parallel()
	hangUp := func(p *relayProgram) { p.In.Close() }
	terminate := func(p *relayProgram) { p.stdio.cmd.Process.Signal(syscall.SIGTERM) }
	interrupt := func(p *relayProgram) { p.stdio.cmd.Process.Signal(os.Interrupt) }
	for _, tt := range []struct {
		name string
		idle bool // the end of stdin does not end a call
		end  func(*relayProgram)
	}{
		{"stdin closed", true, hangUp},
		{"stdin closed and SIGTERM", false, func(p *relayProgram) {
			hangUp(p)
			terminate(p)
		}},
		{"SIGTERM", false, terminate},
		{"SIGINT", false, interrupt},
	} {
		t.Run(tt.name+" while idle", func(t *testing.T) {
			s := mcptest.NewServer(t)
			p := talk(t, s)
			start := time.Now()
			tt.end(p)
			p.gone(tt.name)
			s.Within("the end", start, time.Second)
		})
		if tt.idle {
			continue
		}
		t.Run(tt.name+" in the middle of a call", func(t *testing.T) {
			s := mcptest.NewServer(t)
			p := talk(t, s)
			p.Send(mcptest.Call(1, "wait"))
			mcptest.Receive(t, "start of the tool", s.Started)
			start := time.Now()
			tt.end(p)
			p.gone(tt.name)
			s.Within("the end", start, time.Second)
			mcptest.Receive(t, "end of the tool", s.Stopped)
			p.Failure(1, "stopped", "may or may not have been carried out")
		})
	}
}

// The end of stdin leaves a running call its time. If that is not enough, the program
// fails and says so.
func TestInputEnds(t *testing.T) {
	t.Parallel()
	s := mcptest.NewServer(t)
	p := talk(t, s)
	running := make(chan bool)
	s.Misbehave("tools/call", 1, func(w http.ResponseWriter, r *http.Request) {
		close(running)
		<-time.After(2 * time.Second) // longer than the program takes to end
		mcptest.Answer(w, mcptest.MessageOf(r), `{}`)
	})
	p.Send(mcptest.Call(1, "write"))
	mcptest.Receive(t, "start of the tool", running)
	p.In.Close()
	p.gone("stdin closed")
	p.Result(1)
}

// A call that is never answered is cut off in the end, and the exit code tells.
func TestCutOff(t *testing.T) {
	t.Parallel()
	if !inCI() {
		t.Skip("takes 30 s of real time; set CI to run it")
	}
	s := mcptest.NewServer(t)
	p := talk(t, s)
	p.Send(mcptest.Call(1, "wait"))
	mcptest.Receive(t, "start of the tool", s.Started)
	p.In.Close()
	p.waited = true
	p.Failure(1, "stopped", "may or may not have been carried out")
	if err := p.stdio.cmd.Wait(); err == nil || !strings.Contains(p.stdio.stderr.String(), "cut off") {
		t.Errorf("the program ended with %v\n%s", err, p.stdio.stderr)
	}
}

// Several copies share nothing: one that is killed does the others no harm.
func TestEightCopies(t *testing.T) {
	t.Parallel()
	s := mcptest.NewServer(t)
	copies := make([]*relayProgram, 8)
	start := time.Now()
	for i := range copies {
		copies[i] = startRelay(t, s.URL)
		copies[i].Send(mcptest.Initialize)
	}
	for _, p := range copies {
		p.Result(0)
		p.Send(mcptest.Initialized, mcptest.ListTools)
		p.Result(`"list"`)
	}
	s.Within("eight handshakes", start, 200*time.Millisecond)
	copies[0].Send(mcptest.Call(1, "wait"))
	mcptest.Receive(t, "start of the tool", s.Started)
	s.Leak = 1
	copies[0].waited = true
	copies[0].stdio.cmd.Process.Kill()
	copies[0].stdio.cmd.Wait()
	for _, p := range copies[1:] {
		p.Send(mcptest.Call(1, "write"))
		p.Result(1)
	}
}
