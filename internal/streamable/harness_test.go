package streamable_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

// A harness is a transport before an MCP server with tools that do what tests need. A credential is any text: it is its
// owner's group.
type harness struct {
	t         *testing.T
	mcp       *server.MCPServer
	transport *streamable.Server
	handler   http.Handler
	url       string
	log       *streamabletest.Log
	tools     *streamabletest.Tools
	clients   atomic.Int64
}

func start(t *testing.T, opts streamable.Options) *harness {
	t.Helper()
	h := open(t, opts)
	web := httptest.NewServer(h.handler)
	h.url = web.URL
	t.Cleanup(func() {
		h.close()
		web.Close()
	})
	return h
}

// bubble runs f in virtual time with a harness that is not on the network: its requests go to [harness.answer].
func bubble(t *testing.T, opts streamable.Options, f func(t *testing.T, h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, opts)
		defer h.close()
		f(t, h)
	})
}

// open returns a harness that nothing listens for.
func open(t *testing.T, opts streamable.Options) *harness {
	t.Helper()
	h := &harness{t: t, log: &streamabletest.Log{}}
	h.mcp = server.NewMCPServer("test", "1.0.0", server.WithLogging(), server.WithToolCapabilities(true),
		server.WithResourceCapabilities(true, true), server.WithPromptCapabilities(true))
	h.tools = streamabletest.NewTools(t, h.mcp)
	opts.Log = slog.New(slog.NewTextHandler(h.log, nil))
	h.transport = streamable.New(h.mcp, callers{opts.Open}, handler{}, opts)
	mux := http.NewServeMux()
	mux.Handle("/mcp", h.transport)
	mux.HandleFunc("POST /{$}", h.transport.ServePlain)
	h.handler = h.transport.Admit(mux)
	return h
}

func (h *harness) close() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), streamabletest.Patience)
	defer cancel()
	if err := h.transport.Close(ctx); err != nil {
		h.t.Errorf("closing the transport: %v", err)
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
		h.handler.ServeHTTP(w, r)
		answered <- w
	}()
	return answered
}

// client returns a client with a credential of its own.
func (h *harness) client() *streamabletest.Client {
	return &streamabletest.Client{T: h.t, URL: h.url, Key: "client-" + strconv.FormatInt(h.clients.Add(1), 10)}
}

// initialized returns a client of the older protocol with a session.
func (h *harness) initialized(capabilities string) *streamabletest.Client {
	h.t.Helper()
	c := h.client()
	c.Initialize(capabilities)
	return c
}

// callers are everybody who shows a credential, and everybody at all if no credential is asked for.
type callers struct{ open bool }

func (cs callers) Identify(r *http.Request) (streamable.Credential, error) {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return caller{cs.open, key}, nil
}

func (callers) Challenge(h http.Header, _ *http.Request, _ error) {
	h.Set("WWW-Authenticate", "Bearer")
}

type caller struct {
	open bool
	key  string
}

func (c caller) Group() (group string, ok bool) { return c.key, c.open || c.key != "" }

func (c caller) Caller(_ *http.Request, auth string) (streamable.Caller, error) {
	if c.key == "" {
		c.key = auth
	}
	if c.key == "" && !c.open {
		return nil, &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "There is no credential."}
	}
	return c, nil
}

func (c caller) Owner() streamable.Owner { return streamable.Owner{Group: c.key, Member: "me"} }

type keyOf struct{}

func (c caller) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, keyOf{}, c.key)
}

func (caller) WhileValid(ctx context.Context, _ func()) { <-ctx.Done() }

// A handler lets mcp-go answer everything. Each credential is a tenant.
type handler struct{}

func (handler) Admit(ctx context.Context, _ string) (tenant string, err error) {
	tenant, _ = ctx.Value(keyOf{}).(string)
	return tenant, nil
}

func (handler) Answer(ctx context.Context, x *streamable.Exchange) streamable.Answer {
	return x.Dispatch(ctx)
}
