//go:build e2e

package replicas

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A host speaks to the cluster through mcp-client, as Claude Desktop does.
type host struct {
	t      *testing.T
	in     io.WriteCloser
	meta   string // of every request
	stderr *buffer

	mu      sync.Mutex
	answers map[int64]chan json.RawMessage
	next    atomic.Int64
}

func (c *cluster) startHost(t *testing.T, k key, meta string) *host {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "mcp-client"), "--url", c.balancer.url)
	h := &host{t: t, meta: meta, stderr: &buffer{}, answers: map[int64]chan json.RawMessage{}}
	cmd.Env = append(c.env, "PIERRE_AUTH_KEY="+k.Text)
	cmd.Stderr = h.stderr
	var err error
	if h.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		h.read(out)
	}()
	t.Cleanup(func() {
		h.in.Close()
		<-read
		cmd.Wait()
	})
	return h
}

func (h *host) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var m struct {
			ID     *int64 `json:"id"`
			Method string `json:"method"`
		}
		if json.Unmarshal(lines.Bytes(), &m) != nil || m.ID == nil || m.Method != "" {
			continue
		}
		h.mu.Lock()
		ch := h.answers[*m.ID]
		delete(h.answers, *m.ID)
		h.mu.Unlock()
		if ch == nil {
			h.t.Errorf("a second answer: %s", lines.Text())
			continue
		}
		ch <- json.RawMessage(strings.Clone(lines.Text()))
	}
}

func (h *host) send(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		h.t.Error(err)
	}
}

// ask sends a request and waits for its answer; params is the inside of an object.
func (h *host) ask(method, params string) error {
	if h.meta != "" && params != "" {
		params += ","
	}
	id, ch := h.next.Add(1), make(chan json.RawMessage, 1)
	h.mu.Lock()
	h.answers[id] = ch
	h.mu.Unlock()
	h.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"%s","params":{%s%s}}`, id, method, params, h.meta))
	select {
	case answer := <-ch:
		if !strings.Contains(string(answer), `"result"`) {
			return fmt.Errorf("%s: %s", method, answer)
		}
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("%s was not answered\n%s", method, h.stderr.tail())
	}
}

// TestTheBridgeLosesNoCall calls tools through the bridge and a load balancer without stickiness, while one of three
// servers is killed and comes back, in both eras of the protocol.
func TestTheBridgeLosesNoCall(t *testing.T) {
	c := startCluster(t)
	for era, begin := range map[string]func(h *host) error{
		"2025-11-25": func(h *host) error {
			err := h.ask("initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"e2e","version":"1"}`)
			h.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			return err
		},
		"2026-07-28": func(h *host) error {
			h.meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
				`"io.modelcontextprotocol/clientInfo":{"name":"e2e","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
			return h.ask("server/discover", "")
		},
	} {
		t.Run(era, func(t *testing.T) {
			k := c.provision(`"tier":"enterprise"`)
			before := c.balancer.handshakes.Load()
			h := c.startHost(t, k, "")
			if err := begin(h); err != nil {
				t.Fatal(err)
			}
			if err := h.ask("tools/list", ""); err != nil {
				t.Fatal(err)
			}
			answered := h.callAll(600, map[int64]func(){
				200: func() { c.replicas[1].stop(syscall.SIGKILL) },
				400: func() { c.replicas[1].start() },
			})
			if n := c.balancer.handshakes.Load() - before; n > 1 {
				t.Errorf("the session was begun %d times: not every server went on with it", n)
			}
			eventually(t, 15*time.Second, func() error {
				if n, _ := c.recorded(k); n < answered { // a call may be made twice, if its first answer was lost
					return fmt.Errorf("%d calls are in the books, and %d were answered", n, answered)
				}
				return nil
			})
		})
	}
}

// callAll makes so many calls, eight at once, and does things after some of them. It returns how many were answered.
func (h *host) callAll(calls int64, do map[int64]func()) int64 {
	h.t.Helper()
	var begun, answered atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := begun.Add(1); n <= calls; n = begun.Add(1) {
				if f := do[n]; f != nil {
					f()
				}
				if err := h.ask("tools/call", `"name":"get_connection_status","arguments":{}`); err != nil {
					h.t.Errorf("call %d: %v", n, err)
					continue
				}
				answered.Add(1)
			}
		})
	}
	wg.Wait()
	return answered.Load()
}
