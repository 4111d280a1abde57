package mcptest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// A Host speaks MCP in lines with a program. It waits for the message that it wants and
// keeps the others; every line is checked.
type Host struct {
	In       io.WriteCloser // the program's input
	Lines    <-chan Line    // of the program's output, closed at its end
	Seen     []Line         // read, but not asked for yet
	Patience time.Duration  // with an answer

	t testing.TB
}

// A Line is what the host got.
type Line struct {
	Raw    string          `json:"-"`
	At     time.Time       `json:"-"`
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

// NewHost returns the host of a program with the given input and output.
func NewHost(t testing.TB, in io.WriteCloser, out io.Reader) *Host {
	lines := make(chan Line, 1024)
	h := &Host{t: t, In: in, Lines: lines, Patience: 5 * time.Minute}
	go func() {
		defer close(lines)
		for r := bufio.NewReaderSize(out, 1<<20); ; {
			text, err := r.ReadString('\n')
			if text != "" {
				lines <- h.parse(text)
			}
			if err != nil {
				return
			}
		}
	}()
	return h
}

// parse checks what every line must be: one JSON object, and a newline.
func (h *Host) parse(text string) Line {
	l := Line{Raw: strings.TrimSuffix(text, "\n"), At: time.Now()}
	if l.Raw == text || !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &l) != nil {
		h.t.Errorf("the host got %.200q, which is no JSON line", text)
	}
	return l
}

// Send writes lines.
func (h *Host) Send(lines ...string) {
	h.t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(h.In, l+"\n"); err != nil {
			h.t.Errorf("sending %.60s: %v", l, err)
		}
	}
}

// Wait returns the first line that ok accepts; the others are kept for later.
func (h *Host) Wait(what string, ok func(Line) bool) Line {
	h.t.Helper()
	for i, l := range h.Seen {
		if ok(l) {
			h.Seen = append(h.Seen[:i], h.Seen[i+1:]...)
			return l
		}
	}
	patience := time.NewTimer(h.Patience)
	defer patience.Stop()
	for {
		select {
		case l, open := <-h.Lines:
			if !open {
				h.t.Fatalf("the program ended without %s; it had said %v", what, h.Seen)
			}
			if ok(l) {
				return l
			}
			h.Seen = append(h.Seen, l)
		case <-patience.C:
			h.t.Fatalf("no %s within %v; the program said %v", what, h.Patience, h.Seen)
		}
	}
}

// Answer waits for the answer to a request.
func (h *Host) Answer(id any) Line {
	h.t.Helper()
	want := fmt.Sprint(id)
	return h.Wait("answer to "+want, func(l Line) bool { return l.Method == "" && string(l.ID) == want })
}

// Result waits for a successful answer.
func (h *Host) Result(id any) Line {
	h.t.Helper()
	l := h.Answer(id)
	if l.Error != nil {
		h.t.Fatalf("the answer to %v is the error %d: %s", id, l.Error.Code, l.Error.Message)
	}
	return l
}

// Failure waits for an error whose text holds all of words, and not the key.
func (h *Host) Failure(id any, words ...string) Line {
	h.t.Helper()
	l := h.Answer(id)
	if l.Error == nil {
		h.t.Fatalf("the answer to %v is %.200s, want an error", id, l.Raw)
	}
	for _, w := range words {
		if !strings.Contains(l.Error.Message, w) {
			h.t.Errorf("the error %q does not say %q", l.Error.Message, w)
		}
	}
	if strings.Contains(l.Raw, Key) {
		h.t.Errorf("the error gives the key away: %s", l.Raw)
	}
	return l
}

// Message waits for a request or notification of the server.
func (h *Host) Message(method string) Line {
	h.t.Helper()
	return h.Wait(method, func(l Line) bool { return l.Method == method })
}

// What hosts say.
const (
	Initialize   = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"elicitation":{},"roots":{}},"clientInfo":{"name":"test","version":"1"}}}`
	Initialized  = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	ListTools    = `{"jsonrpc":"2.0","id":"list","method":"tools/list"}`
	CancelOne    = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	ToolsChanged = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	Done         = `{"jsonrpc":"2.0","id":1,"result":{}}` // the answer to request 1
)

// Handshake begins a conversation of the earlier era, with a list of the tools.
func (h *Host) Handshake() {
	h.t.Helper()
	h.Send(Initialize)
	h.Result(0)
	h.Send(Initialized, ListTools)
	h.Result(`"list"`)
}

// Call is a tools/call in the earlier era. Its id is its progress token, too.
func Call(id any, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":{"n":1},"_meta":{"progressToken":%v}}}`, id, tool, id)
}

// Modern is a request in the later era. Params are members of the params object.
func Modern(id any, method, params string) string {
	if params != "" {
		params += ","
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":%q,"params":{%s"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, id, method, params)
}

// Progress is a notification of the server.
func Progress(token any, n int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%v,"progress":%d}}`, token, n)
}
