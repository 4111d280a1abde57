package mcpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

const patience = 10 * time.Second

// A harness is the product's stack behind a listener, with tools that do what tests need.
type harness struct {
	*mcpapitest.Stack

	t   *testing.T
	mcp *server.MCPServer
	url string
	log *logBuffer

	mu      sync.Mutex
	blocked map[string]chan error // by the name that the call was given
}

// A logBuffer keeps what was logged.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, opts mcpapi.Options) *harness {
	t.Helper()
	return startWith(t, mcpapitest.Parts{}, opts)
}

// startWith is start with other parts than the product's.
func startWith(t *testing.T, parts mcpapitest.Parts, opts mcpapi.Options) *harness {
	t.Helper()
	h := open(t, parts, opts)
	web := httptest.NewServer(h.API)
	h.url = web.URL
	t.Cleanup(func() {
		h.close()
		web.Close()
	})
	return h
}

// bubble runs f in virtual time with a harness that is not on the network: its requests go to [harness.answer].
func bubble(t *testing.T, parts mcpapitest.Parts, opts mcpapi.Options, f func(t *testing.T, h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, parts, opts)
		defer h.close()
		f(t, h)
	})
}

// open returns a harness that nothing listens for.
func open(t *testing.T, parts mcpapitest.Parts, opts mcpapi.Options) *harness {
	t.Helper()
	h := &harness{t: t, log: &logBuffer{}, blocked: map[string]chan error{}}
	h.mcp = server.NewMCPServer("test", "1.0.0", server.WithLogging(), server.WithResourceCapabilities(true, true),
		server.WithPromptCapabilities(true))
	h.addTools()
	opts.Log = slog.New(slog.NewTextHandler(h.log, nil))
	var err error
	if h.Stack, err = mcpapitest.Open(t.Context(), t.TempDir(), h.mcp, parts, opts); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *harness) close() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		h.t.Errorf("closing the stack: %v", err)
	}
	if h.t.Failed() {
		h.t.Logf("log:\n%s", h.log)
	}
}

// answer handles a request without a network, in a goroutine of its own.
func (h *harness) answer(r *http.Request) <-chan *httptest.ResponseRecorder {
	answered := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		w := httptest.NewRecorder()
		h.API.ServeHTTP(w, r)
		answered <- w
	}()
	return answered
}

func (h *harness) addTools() {
	add := func(name string, f server.ToolHandlerFunc) {
		h.mcp.AddTool(mcp.NewTool(name, mcp.WithDescription(name), mcp.WithString("name"), mcp.WithNumber("n")), f)
	}
	add("noop", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("ok"), nil
	})
	add("whoami", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p, _ := access.PrincipalFrom(ctx)
		return mcp.NewToolResultText(string(p.UserID)), nil
	})
	add("soft", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError("give a larger n"), nil
	})
	add("invalid", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, pierre.Invalid("n", "n must be at least 1; try 20.")
	})
	add("leak", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, errors.New("SELECT secret FROM vault: disk I/O error")
	})
	add("panic", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		panic("secret state") //nolint:forbidigo // what the tool is for
	})
	add("progress", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i := range r.GetInt("n", 3) {
			err := h.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
				"progressToken": r.Params.Meta.ProgressToken, "progress": i,
			})
			if err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("done"), nil
	})
	add("sample", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		//nolint:staticcheck // deprecated, but alive until 2027
		sample, err := h.mcp.RequestSampling(ctx, mcp.CreateMessageRequest{CreateMessageParams: mcp.CreateMessageParams{
			Messages: []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent("hi")}}, MaxTokens: 10,
		}})
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		content, _ := sample.Content.(mcp.TextContent)
		return mcp.NewToolResultText("the model says " + content.Text), nil
	})
	add("block", h.block)
	add("hang", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		ended := h.begin(r.GetString("name", ""))
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
}

// begin makes a call known to blocking.
func (h *harness) begin(name string) chan error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blocked[name] = make(chan error)
	return h.blocked[name]
}

// block waits until its call is cancelled, or until the test asks whether it was.
func (h *harness) block(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	ended := h.begin(r.GetString("name", ""))
	select {
	case <-ctx.Done():
		ended <- ctx.Err()
		return nil, ctx.Err()
	case ended <- nil:
		return mcp.NewToolResultText("released"), nil
	}
}

// blocking waits for the call of "block" or "hang" with that name, and returns what will have ended it.
func (h *harness) blocking(name string) <-chan error {
	h.t.Helper()
	var ch chan error
	h.eventually(func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		ch = h.blocked[name]
		return ch != nil
	})
	return ch
}

func (h *harness) eventually(ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatal("it did not come about")
		}
	}
}

// A client sends messages with one key.
type client struct {
	h       *harness
	row     pierre.APIKey
	key     string
	session string
	athlete string // "": no header names one
}

func (h *harness) client(lim pierre.Limit, tools ...string) *client {
	h.t.Helper()
	row, key, err := h.Provision(h.t.Context(), lim, tools...)
	if err != nil {
		h.t.Fatal(err)
	}
	return &client{h: h, row: row, key: key}
}

// initialized returns a client of the older protocol with a session.
func (h *harness) initialized(capabilities string) *client {
	h.t.Helper()
	c := h.client(pierre.Limit{})
	resp := c.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":` +
		capabilities + `,"clientInfo":{"name":"t","version":"1"}}}`)
	if c.session = resp.Header.Get("Mcp-Session-Id"); c.session == "" {
		h.t.Fatalf("initialize gave no session: %s", resp.body)
	}
	return c
}

// A response is read to its end.
type response struct {
	*http.Response

	body string
}

// request makes a request with the client's key and session; header is a list of names and values, which may replace them.
func (c *client) request(method, path, body string, header ...string) *http.Request {
	c.h.t.Helper()
	r, err := http.NewRequestWithContext(c.h.t.Context(), method, c.h.url+path, strings.NewReader(body))
	if err != nil {
		c.h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.session != "" {
		r.Header.Set("Mcp-Session-Id", c.session)
	}
	if c.athlete != "" {
		r.Header.Set(pierre.HeaderAthlete, c.athlete)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

func (c *client) send(r *http.Request) *http.Response {
	c.h.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // a client would follow redirects and hide what came
	if err != nil {
		c.h.t.Fatal(err)
	}
	c.h.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func (c *client) do(r *http.Request) response {
	c.h.t.Helper()
	resp := c.send(r)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.h.t.Fatalf("reading the response: %v", err)
	}
	return response{resp, string(body)}
}

func (c *client) post(body string, header ...string) response {
	c.h.t.Helper()
	return c.do(c.request(http.MethodPost, "/mcp", body, header...))
}

// modern sends a request of the newer protocol; params is the inside of an object.
func (c *client) modern(id, method, params string, header ...string) response {
	c.h.t.Helper()
	return c.do(c.modernRequest(id, method, params, header...))
}

func (c *client) modernRequest(id, method, params string, header ...string) *http.Request {
	c.h.t.Helper()
	if params != "" {
		params += ","
	}
	body := `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + `"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":` + id + `}}}`
	standard := []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}
	var members map[string]any
	if json.Unmarshal([]byte("{"+strings.TrimSuffix(params, ",")+"}"), &members) == nil {
		if name, ok := members["name"].(string); ok {
			standard = append(standard, "Mcp-Name", name)
		}
	}
	return c.request(http.MethodPost, "/mcp", body, append(standard, header...)...)
}

// call returns the text of a tools/call of the older protocol.
func call(id, tool, arguments string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":{` + arguments + `},"_meta":{"progressToken":` + id + `}}}`
}

// A reader takes server-sent events one by one.
type reader struct {
	t  *testing.T
	in *bufio.Scanner
}

type event struct{ id, data string }

func (c *client) events(resp *http.Response) *reader {
	c.h.t.Helper()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		b, _ := io.ReadAll(resp.Body)
		c.h.t.Fatalf("Content-Type = %q, want a stream: %s", got, b)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<24)
	return &reader{c.h.t, in}
}

// next returns the next event that has data; ok is false at the end.
func (r *reader) next() (e event, ok bool) {
	for r.in.Scan() {
		line := r.in.Text()
		if id, found := strings.CutPrefix(line, "id: "); found {
			e.id = id
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			e.data = data
		}
		if line == "" && e.data != "" {
			return e, true
		}
	}
	return e, false
}

func (r *reader) all() (events []event) {
	for {
		e, ok := r.next()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}

// result decodes a JSON-RPC response into out.
func decode(t *testing.T, data string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), out); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// rpcError returns the error of a JSON-RPC response.
func rpcError(t *testing.T, data string) (e struct {
	Code    int
	Message string
	Data    map[string]any
},
) {
	t.Helper()
	var r struct {
		Error json.RawMessage
	}
	decode(t, data, &r)
	if r.Error == nil {
		t.Fatalf("no error in %s", data)
	}
	decode(t, string(r.Error), &e)
	return e
}
