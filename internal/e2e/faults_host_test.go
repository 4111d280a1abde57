//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slack is what a loaded machine may add to the time that a row aims at.
const slack = 1500 * time.Millisecond

// A conversation is a host with a bridge of its own. Unlike [host] alone it waits
// for the message that it wants and keeps the others; every line is checked.
type conversation struct {
	t        *testing.T
	h        *host
	seen     []message
	patience time.Duration
	ended    bool
}

// A message is a line that the host got.
type message struct {
	response
	Params json.RawMessage `json:"params"`
	raw    string
}

const (
	sayInitialize  = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"elicitation":{},"roots":{}},"clientInfo":{"name":"e2e","version":"1"}}}`
	sayInitialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	sayList        = `{"jsonrpc":"2.0","id":"list","method":"tools/list"}`
	sayCancelOne   = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	toolsChanged   = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
)

// sayCall is a tools/call of the earlier era.
func sayCall(id any, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":{},"_meta":{"progressToken":%v}}}`, id, tool, id)
}

// sayModern is a request of the later era; params are members of its params.
func sayModern(id any, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":%q,"params":{%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, id, method, params)
}

// converse starts a bridge to url.
func converse(t *testing.T, url string, args ...string) *conversation {
	t.Helper()
	env := []string{"PIERRE_URL=" + url, "PIERRE_AUTH_KEY=" + faultKey, "HOME=" + t.TempDir()}
	c := &conversation{t: t, patience: 60 * time.Second}
	c.h = startProgram(t, env, filepath.Join(bin, "mcp-client"), args...)
	t.Cleanup(func() {
		if !c.ended {
			c.h.in.Close()
			c.gone("its end")
		}
	})
	return c
}

// talk starts a bridge to s and begins a conversation of the earlier era. The
// listening stream is the first of s.streams.
func talk(t *testing.T, s *remote) *conversation {
	t.Helper()
	c := converse(t, s.url)
	c.handshake()
	return c
}

func (c *conversation) handshake() {
	c.t.Helper()
	c.send(sayInitialize)
	c.result(0)
	c.send(sayInitialized, sayList)
	c.result(`"list"`)
}

func (c *conversation) send(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		c.h.send(line)
	}
}

// parse checks what every line on stdout must be: one JSON object, and a newline.
func (c *conversation) parse(line string) message {
	c.t.Helper()
	m := message{raw: strings.TrimSuffix(line, "\n")}
	if m.raw == line || !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &m) != nil {
		c.t.Errorf("not a JSON line on stdout: %.200q", line)
	}
	if strings.Contains(line, faultKey) {
		c.t.Errorf("the key is on stdout: %.200s", line)
	}
	return m
}

// wait returns the first message that ok accepts, and keeps the others.
func (c *conversation) wait(what string, ok func(message) bool) message {
	c.t.Helper()
	for i, m := range c.seen {
		if ok(m) {
			c.seen = append(c.seen[:i], c.seen[i+1:]...)
			return m
		}
	}
	timeout := time.After(c.patience)
	for {
		select {
		case line, open := <-c.h.lines:
			if !open {
				c.t.Fatalf("the bridge ended without %s\n%s", what, c.h.stderr)
			}
			m := c.parse(line)
			if ok(m) {
				return m
			}
			c.seen = append(c.seen, m)
		case <-timeout:
			c.t.Fatalf("no %s within %v", what, c.patience)
		}
	}
}

func (c *conversation) answer(id any) message {
	c.t.Helper()
	want := fmt.Sprint(id)
	return c.wait("answer to "+want, func(m message) bool { return m.Method == "" && string(m.ID) == want })
}

func (c *conversation) result(id any) {
	c.t.Helper()
	m := c.answer(id)
	if m.Error != nil {
		c.t.Fatalf("the answer to %v is the error %d: %s", id, m.Error.Code, m.Error.Message)
	}
}

// failure waits for an error that says all of words.
func (c *conversation) failure(id any, words ...string) message {
	c.t.Helper()
	m := c.answer(id)
	if m.Error == nil {
		c.t.Fatalf("the answer to %v is %.200s, want an error", id, m.raw)
	}
	for _, w := range words {
		if !strings.Contains(m.Error.Message, w) {
			c.t.Errorf("the error %q does not say %q", m.Error.Message, w)
		}
	}
	return m
}

// notice waits for a request or notification of the server.
func (c *conversation) notice(method string) {
	c.t.Helper()
	c.wait(method, func(m message) bool { return m.Method == method })
}

// gone waits for the end of the program, which a moment ago got a reason to end.
// It says the rest of its lines, and succeeds.
func (c *conversation) gone(reason string) {
	c.t.Helper()
	c.ended = true
	start := time.Now()
	timeout := time.After(10 * time.Second)
	for open := true; open; {
		var line string
		select {
		case line, open = <-c.h.lines:
			if open {
				c.seen = append(c.seen, c.parse(line))
			}
		case <-timeout:
			c.t.Fatalf("still there 10 s after %s", reason)
		}
	}
	if err := c.h.cmd.Wait(); err != nil {
		c.t.Errorf("after %s it ended with %v\n%s", reason, err, c.h.stderr)
	}
	within(c.t, "gone after "+reason, start, time.Second)
}

// kill ends the bridge as the kernel does when memory is short.
func (c *conversation) kill() {
	c.t.Helper()
	c.ended = true
	c.h.cmd.Process.Signal(syscall.SIGKILL)
	c.h.cmd.Wait()
}

// within reports how long something took, and fails if that is more than the aim and the slack.
func within(t *testing.T, what string, start time.Time, aim time.Duration) {
	t.Helper()
	took := time.Since(start)
	t.Logf("%s: %v (aim %v)", what, took.Round(100*time.Microsecond), aim)
	if took > aim+slack {
		t.Errorf("%s took %v, aim %v and %v of slack", what, took, aim, slack)
	}
}

// receive takes from what the server tells.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(60 * time.Second):
		t.Fatalf("no %s within a minute", what)
		panic("unreachable")
	}
}

func inCI() bool { return os.Getenv("CI") != "" }
