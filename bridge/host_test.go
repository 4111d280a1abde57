package bridge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
)

const key = "pk_live_0123456789abcdefghijklmnop"

// A host is the other end of the bridge: it writes lines and reads lines.
type host struct {
	t      *testing.T
	in     *io.PipeWriter
	broken io.Closer // the reading end of the bridge's output
	out    chan line // closed at the end of the bridge's output
	done   chan error
	stop   context.CancelFunc
	seen   []line // read, but not asked for yet
}

// A line is what the host got.
type line struct {
	raw    string
	at     time.Time
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

// newHost starts a bridge to s.
func newHost(t *testing.T, s *remote, opts bridge.Options) *host {
	opts.HTTP = s.client()
	b, err := bridge.New("http://server.example/mcp", key, opts)
	if err != nil {
		t.Fatal(err)
	}
	return startHost(t, b)
}

func startHost(t *testing.T, b *bridge.Bridge) *host {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	h := &host{t: t, in: inW, broken: outR, out: make(chan line, 1024), done: make(chan error, 1), stop: stop}
	go func() {
		err := b.Run(ctx, inR, outW)
		outW.Close()
		h.done <- err
	}()
	go h.read(outR)
	t.Cleanup(func() {
		inW.Close()
		for range h.out { // until the bridge is gone
		}
	})
	return h
}

func (h *host) read(r io.Reader) {
	defer close(h.out)
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		s, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		l := line{raw: strings.TrimSuffix(s, "\n"), at: time.Now()}
		if err := json.Unmarshal([]byte(s), &l); err != nil {
			h.t.Errorf("the host got %q: %v", s, err)
		}
		h.out <- l
	}
}

// send writes lines.
func (h *host) send(lines ...string) {
	h.t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(h.in, l+"\n"); err != nil {
			h.t.Errorf("sending %.60s: %v", l, err)
		}
	}
}

// wait returns the first line that ok accepts; the others are kept for later.
func (h *host) wait(what string, ok func(line) bool) line {
	h.t.Helper()
	for i, l := range h.seen {
		if ok(l) {
			h.seen = append(h.seen[:i], h.seen[i+1:]...)
			return l
		}
	}
	patience := time.NewTimer(10 * time.Minute) // of the bubble's time
	defer patience.Stop()
	for {
		select {
		case l, open := <-h.out:
			if !open {
				h.t.Fatalf("the bridge ended without %s; it had said %v", what, h.seen)
			}
			if ok(l) {
				return l
			}
			h.seen = append(h.seen, l)
		case <-patience.C:
			h.t.Fatalf("no %s; the bridge said %v", what, h.seen)
		}
	}
}

// answer waits for the answer to a request.
func (h *host) answer(id any) line {
	h.t.Helper()
	want := fmt.Sprint(id)
	return h.wait("answer to "+want, func(l line) bool { return l.Method == "" && string(l.ID) == want })
}

// result waits for a successful answer.
func (h *host) result(id any) line {
	h.t.Helper()
	l := h.answer(id)
	if l.Error != nil {
		h.t.Fatalf("answer to %v is the error %d: %s", id, l.Error.Code, l.Error.Message)
	}
	return l
}

// failure waits for an error whose text holds all of words.
func (h *host) failure(id any, words ...string) line {
	h.t.Helper()
	l := h.answer(id)
	if l.Error == nil {
		h.t.Fatalf("answer to %v is %s, want an error", id, l.raw)
	}
	for _, w := range words {
		if !strings.Contains(l.Error.Message, w) {
			h.t.Errorf("error %q does not say %q", l.Error.Message, w)
		}
	}
	if strings.Contains(l.raw, key) {
		h.t.Errorf("error gives the key away: %s", l.raw)
	}
	return l
}

// message waits for a request or notification of the server.
func (h *host) message(method string) line {
	h.t.Helper()
	return h.wait(method, func(l line) bool { return l.Method == method })
}

// silent fails if the bridge has said anything that was not asked for.
func (h *host) silent() {
	h.t.Helper()
	synctest.Wait()
	for {
		select {
		case l, open := <-h.out:
			if open {
				h.t.Errorf("unexpected %s", l.raw)
				continue
			}
		default:
		}
		break
	}
	for _, l := range h.seen {
		h.t.Errorf("unexpected %s", l.raw)
	}
}

const (
	initialize  = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	listTools   = `{"jsonrpc":"2.0","id":"list","method":"tools/list"}`
)

// handshake begins a conversation of the earlier era, with a list of the tools.
func (h *host) handshake() {
	h.t.Helper()
	h.send(initialize)
	h.result(0)
	h.send(initialized, listTools)
	h.result(`"list"`)
}

// call is a tools/call in the earlier era.
func call(id any, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":{"n":1}}}`, id, tool)
}

// modern is a request in the later era. Params are members of the params object.
func modern(id any, method, params string) string {
	if params != "" {
		params += ","
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":%q,"params":{%s"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, id, method, params)
}

// within fails if more than d went by since start.
func within(t *testing.T, start time.Time, d time.Duration) {
	t.Helper()
	if took := time.Since(start); took > d {
		t.Errorf("took %v, want at most %v", took, d)
	}
}
