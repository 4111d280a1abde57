//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A host is what launches a program of ours and speaks MCP on its stdio.
type host struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string
	stderr *buffer
}

// startHost starts one of our built programs.
func startHost(t *testing.T, env []string, program string, args ...string) *host {
	t.Helper()
	return startProgram(t, env, filepath.Join(bin, program), args...)
}

func startProgram(t *testing.T, env []string, path string, args ...string) *host {
	t.Helper()
	h, out := startPiped(t, env, path, args...)
	go func() {
		defer close(h.lines)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				h.lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return h
}

// startPiped starts a program whose output the caller reads.
func startPiped(t *testing.T, env []string, path string, args ...string) (*host, io.Reader) {
	t.Helper()
	h := &host{t: t, cmd: exec.Command(path, args...), lines: make(chan string, 64), stderr: &buffer{}}
	h.cmd.Env, h.cmd.Stderr = env, h.stderr
	var err error
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.in.Close()
		h.cmd.Process.Kill()
		h.cmd.Wait()
	})
	return h, out
}

func (h *host) send(line string) {
	h.t.Helper()
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		h.t.Fatalf("writing to the program: %v\n%s", err, h.stderr)
	}
}

// A response is what a host gets for a request.
type response struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

// next returns the next line that is a response; every line must be JSON.
func (h *host) next() response {
	h.t.Helper()
	timeout := time.After(40 * time.Second)
	for {
		select {
		case line, open := <-h.lines:
			if !open {
				h.t.Fatalf("the program ended\n%s", h.stderr)
			}
			if r := decode[response](h.t, []byte(line)); r.Method == "" {
				return r
			}
		case <-timeout:
			h.t.Fatalf("no answer within 40 s\n%s", h.stderr)
		}
	}
}

func (h *host) ask(id, method, params string) response {
	h.t.Helper()
	h.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params))
	r := h.next()
	if string(r.ID) != id {
		h.t.Fatalf("asked %s, answered %s", id, r.ID)
	}
	return r
}

// initialize opens a conversation as hosts of 2025 do.
func (h *host) initialize() response {
	h.t.Helper()
	r := h.ask(`"init"`, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"e2e","version":"1"}}`)
	if r.Error == nil {
		h.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	}
	return r
}

// end closes stdin, as a host does that is done, and returns how long the program took to be gone.
func (h *host) end() time.Duration {
	h.t.Helper()
	start := time.Now()
	h.in.Close()
	done := make(chan error, 1)
	go func() {
		for range h.lines {
		}
		done <- h.cmd.Wait()
	}()
	select {
	case err := <-done:
		if err != nil {
			h.t.Errorf("the program ended with %v\n%s", err, h.stderr)
		}
	case <-time.After(10 * time.Second):
		h.t.Fatalf("the program did not end after its stdin\n%s", h.stderr)
	}
	return time.Since(start)
}
