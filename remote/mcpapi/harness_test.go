package mcpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// A harness is the product's stack behind a listener, with tools that do what tests need.
type harness struct {
	*mcpapitest.Stack

	t   *testing.T
	mcp *server.MCPServer
	url string
	log *streamabletest.Log

	tools *streamabletest.Tools
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
	h := &harness{t: t, log: &streamabletest.Log{}}
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), streamabletest.Patience)
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
	h.tools = streamabletest.NewTools(h.t, h.mcp)
	h.tools.Add("whoami", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p, _ := access.PrincipalFrom(ctx)
		return mcp.NewToolResultText(string(p.UserID)), nil
	})
	h.tools.Add("invalid", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, pierre.Invalid("n", "n must be at least 1; try 20.")
	})
}

// A client sends messages with one key.
type client struct {
	streamabletest.Client

	h   *harness
	row pierre.APIKey
}

func (h *harness) client(lim pierre.Limit, tools ...string) *client {
	h.t.Helper()
	row, key, err := h.Provision(h.t.Context(), lim, tools...)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.with(key, row)
}

// with returns a client with a key; "": without one.
func (h *harness) with(key string, row pierre.APIKey) *client {
	return &client{Client: streamabletest.Client{T: h.t, URL: h.url, Key: key}, h: h, row: row}
}

// initialized returns a client of the older protocol with a session.
func (h *harness) initialized() *client {
	h.t.Helper()
	c := h.client(pierre.Limit{})
	c.Initialize(`{}`)
	return c
}
