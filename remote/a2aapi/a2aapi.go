// Package a2aapi serves Agent2Agent (A2A), protocol version 1.0: other agents find the
// tools as skills on an agent card, and call one by a message. Behind it is the MCP
// API, which each call goes through: with its keys, limits and records of usage.
package a2aapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/web"
)

// The routes.
const (
	CardPath = "/.well-known/agent-card.json"
	Path     = "/a2a"
)

// maxBody bounds a message, which is decoded as a whole: a tool and its arguments.
const maxBody = 64 << 10

// MCP is the MCP API.
type MCP interface {
	http.Handler

	// Receive refuses who may not use the server, reads a body of at most limit bytes, and keeps it accounted for until answer returns.
	Receive(w http.ResponseWriter, r *http.Request, limit int64, answer func(body []byte))
}

// A Skill is a tool as the card shows it.
type Skill struct {
	Name        string // of the tool
	Title       string
	Description string
}

// Options adjust the API. The zero value works.
type Options struct {
	PublicURL string // origin under which clients reach the server; empty: as they asked
}

// An api serves the card and the messages.
type api struct {
	mcp    MCP
	skills func() []Skill
	opts   Options
	rpc    http.Handler
}

// New returns the API over the MCP API mcp, whose tools are skills.
func New(mcp MCP, skills func() []Skill, opts Options) http.Handler {
	a := &api{mcp: mcp, skills: skills, opts: opts}
	// The library would log what clients get wrong; the MCP API logs what matters.
	quiet := a2asrv.WithLogger(slog.New(slog.DiscardHandler))
	// It would also tell the client the stack of a panic.
	failed := a2asrv.WithExecutionPanicHandler(func(any) error { return a2a.NewError(a2a.ErrInternalError, "The message could not be answered.") })
	a.rpc = a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(&executor{a}, quiet, failed, a2asrv.WithTaskStore(noTasks{}), a2asrv.WithCapabilityChecks(&a2a.AgentCapabilities{Streaming: true})))
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+CardPath, a.card)
	mux.HandleFunc("POST "+Path, a.message)
	return mux
}

// card answers with the agent card. It is the same for everybody, and says nothing of anybody.
func (a *api) card(w http.ResponseWriter, r *http.Request) {
	card := &a2a.AgentCard{
		Name:                "Pierre",
		Description:         "Answers questions about an athlete's training from their own recordings. A message names a tool and its arguments in a data part: {\"tool\": \"get_activities\", \"arguments\": {\"limit\": 5}}; or it is the name of a tool, as text.",
		Version:             buildinfo.Version(),
		SupportedInterfaces: []*a2a.AgentInterface{a2a.NewAgentInterface(a.origin(r)+Path, a2a.TransportProtocolJSONRPC)},
		Capabilities:        a2a.AgentCapabilities{Streaming: true},
		DefaultInputModes:   []string{"application/json", "text/plain"},
		DefaultOutputModes:  []string{"application/json", "text/plain"},
		SecuritySchemes: a2a.NamedSecuritySchemes{
			"key": a2a.HTTPAuthSecurityScheme{Scheme: "Bearer", Description: "an access key of this server"},
		},
		SecurityRequirements: a2a.SecurityRequirementsOptions{{"key": {}}},
	}
	for _, s := range a.skills() {
		card.Skills = append(card.Skills, a2a.AgentSkill{ID: s.Name, Name: s.Title, Description: s.Description, Tags: []string{"training"}})
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	_ = web.WriteJSON(w, http.StatusOK, card) // a client that is gone reads nothing
}

// origin is where the client found the server.
func (a *api) origin(r *http.Request) string {
	if a.opts.PublicURL != "" {
		return strings.TrimSuffix(a.opts.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// message answers one request of JSON-RPC. Who may not use the server is refused before
// the message is read, as the MCP API does it.
func (a *api) message(w http.ResponseWriter, r *http.Request) {
	a.mcp.Receive(w, r, maxBody, func(body []byte) { //nolint:contextcheck // it is inherited
		ctx, cancel := context.WithCancel(r.Context())
		c := &caller{api: a, request: r.WithContext(ctx)}
		defer c.finish()
		defer cancel()
		r := r.WithContext(context.WithValue(ctx, callerKey{}, c))
		r.Body = io.NopCloser(bytes.NewReader(body))
		l := &limited{ResponseWriter: w, c: c}
		a.rpc.ServeHTTP(l, r)
		l.cutOff(body)
	})
}

// A limited response takes over the status and the headers of a call that a limit refused.
type limited struct {
	http.ResponseWriter

	c    *caller
	sent bool
	said bool // something of the body
}

// cutOff ends a stream that has nothing, as the server has to end, with an error: without it, the client would take the end for
// that of an answer.
func (l *limited) cutOff(body []byte) {
	var asked struct {
		ID json.RawMessage `json:"id"`
	}
	if !l.sent || l.said || l.c.request.Context().Err() == nil || json.Unmarshal(body, &asked) != nil {
		return
	}
	_, _ = fmt.Fprintf(l, `data: {"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"The server ends. Send the message again."}}`+"\n\n", asked.ID) // or the client has gone
	l.Flush()
}

func (l *limited) WriteHeader(status int) {
	if refused := l.c.refused.Load(); refused != nil && !l.sent {
		refused.headersTo(l.Header())
		status = refused.status
	}
	l.sent = true
	l.ResponseWriter.WriteHeader(status)
}

func (l *limited) Write(b []byte) (int, error) {
	if !l.sent {
		l.WriteHeader(http.StatusOK)
	}
	l.said = true
	return l.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (l *limited) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// Flush sends what a stream has so far.
func (l *limited) Flush() {
	if !l.sent {
		l.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(l.ResponseWriter).Flush() // what cannot be flushed comes at the end
}

// An answer is what the MCP API answered.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// headersTo copies what the caller has to know of a refusal.
func (a *answer) headersTo(h http.Header) {
	for _, name := range []string{"WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy"} {
		if v := a.header.Values(name); len(v) > 0 {
			h[name] = v
		}
	}
}

// params is a JSON object of a request.
type params map[string]any

// request is a request of JSON-RPC to the MCP API.
type request struct {
	Version string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  params `json:"params,omitempty"`
}

func encode(method string, p params) ([]byte, error) {
	return json.Marshal(request{"2.0", 1, method, p})
}
