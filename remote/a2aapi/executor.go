package a2aapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
)

type callerKey struct{}

// A caller asks the MCP API as whoever sent a request of A2A.
type caller struct {
	*api

	request *http.Request
	refused atomic.Pointer[answer] // the call that a limit refused
	running sync.RWMutex           // locked to read by what answers, to write by finish
}

// finish returns when nothing runs for the request any more, and lets nothing begin: the library goes on in goroutines of its own.
func (c *caller) finish() { c.running.Lock() }

// ask sends one request to the MCP API, with the caller's own credentials.
func (c *caller) ask(ctx context.Context, method string, p params) *answer {
	a := &answer{header: http.Header{}}
	body, err := encode(method, p)
	if err != nil {
		a.status = http.StatusBadRequest
		return a
	}
	r := c.request.Clone(ctx)
	r.Method, r.URL.Path, r.RequestURI = http.MethodPost, "/", "/"
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	for name := range r.Header {
		if !passedOn(name) {
			delete(r.Header, name)
		}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	c.mcp.ServeHTTP(a, r)
	return a
}

// passedOn reports whether the MCP API sees a header: who calls, and from where.
func passedOn(name string) bool {
	switch name {
	case "Authorization", "X-Api-Key", "X-Pierre-Athlete", "Origin", "X-Forwarded-For", "Forwarded", "User-Agent", "Traceparent", "Tracestate":
		return true
	}
	return false
}

// An executor answers messages. It keeps nothing: each answer is a message, and there are no tasks.
type executor struct{ *api }

// Execute calls the tool that the message names.
func (e *executor) Execute(ctx context.Context, x *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		c, ok := ctx.Value(callerKey{}).(*caller)
		if !ok {
			yield(nil, a2a.ErrUnauthenticated)
			return
		}
		parts, err := c.answerWhileAsked(ctx, x.Message)
		if err != nil {
			yield(nil, err)
			return
		}
		message := a2a.NewMessage(a2a.MessageRoleAgent, parts...)
		message.ContextID = x.ContextID
		yield(message, nil)
	}
}

// Cancel has nothing to end.
func (e *executor) Cancel(context.Context, *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) { yield(nil, a2a.ErrTaskNotCancelable) }
}

// answerWhileAsked is answer until the request ends: the library's ctx goes on without the client, and without the server.
func (c *caller) answerWhileAsked(ctx context.Context, m *a2a.Message) ([]*a2a.Part, error) { //nolint:contextcheck // of both contexts
	if !c.running.TryRLock() {
		return nil, a2a.NewError(a2a.ErrServerError, "The request has ended.")
	}
	defer c.running.RUnlock()
	asked := c.request.Context()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(asked, func() { cancel(context.Cause(asked)) })() //nolint:contextcheck // it ends ctx
	return c.answer(ctx, m)
}

// answer is what a message gets.
func (c *caller) answer(ctx context.Context, m *a2a.Message) ([]*a2a.Part, error) {
	tool, arguments, err := wanted(m)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(c.skills(), func(s Skill) bool { return s.Name == tool }) {
		names, err := c.tools(ctx)
		if err != nil {
			return nil, err
		}
		return []*a2a.Part{a2a.NewTextPart(notUnderstood(tool, names))}, nil
	}
	p := params{"name": tool}
	if arguments != nil {
		p["arguments"] = arguments
	}
	return c.result(c.ask(ctx, "tools/call", p))
}

// tools are the names of those that the caller may use.
func (c *caller) tools(ctx context.Context) ([]string, error) {
	var list struct {
		Result struct {
			Tools []struct {
				Name string `json:"name"`
			} `json:"tools"`
		} `json:"result"`
	}
	a := c.ask(ctx, "tools/list", nil)
	if err := json.Unmarshal(a.body.Bytes(), &list); err != nil || a.status != http.StatusOK {
		return nil, a2a.NewError(a2a.ErrInternalError, "The tools cannot be listed now; try again.")
	}
	var names []string
	for _, t := range list.Result.Tools {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names, nil
}

// wanted reads which tool a message is about: a data part says it, or the whole text is its name.
func wanted(m *a2a.Message) (tool string, arguments map[string]any, err error) {
	var text []string
	for _, part := range m.Parts {
		if part == nil {
			return "", nil, a2a.NewError(a2a.ErrInvalidParams, "A part of the message is null.")
		}
		if s := strings.TrimSpace(part.Text()); s != "" {
			text = append(text, s)
		}
		data, ok := part.Data().(map[string]any)
		if !ok {
			continue
		}
		name, named := data["tool"].(string)
		if !named {
			return "", nil, a2a.NewError(a2a.ErrInvalidParams, `A data part is {"tool": NAME, "arguments": {…}}; "tool" is missing, or is no text.`)
		}
		if tool != "" {
			return "", nil, a2a.NewError(a2a.ErrInvalidParams, "A message calls one tool; this one names two. Send two messages.")
		}
		if given, is := data["arguments"]; is {
			if arguments, is = given.(map[string]any); !is {
				return "", nil, a2a.NewError(a2a.ErrInvalidParams, `"arguments" of the data part is no object.`)
			}
		}
		tool = name
	}
	if tool == "" {
		tool = strings.ReplaceAll(strings.ToLower(strings.Join(text, " ")), " ", "_")
	}
	return tool, arguments, nil
}

// notUnderstood says what can be asked: there is no model here that would read a question.
func notUnderstood(asked string, names []string) string {
	const most = 100
	if asked != "" && len(asked) <= most {
		asked = fmt.Sprintf("%q is none of the tools that this key may use. ", asked)
	} else {
		asked = ""
	}
	return asked + "Name a tool, as text, or with arguments in a data part: {\"tool\": \"get_activities\", \"arguments\": {\"limit\": 5}}. The tools are: " + strings.Join(names, ", ") + "."
}

// result turns the answer of a tool into the parts of a message.
func (c *caller) result(a *answer) ([]*a2a.Part, error) {
	var reply struct {
		Result *struct {
			Content []struct {
				Type string `json:"type"`
				Text string `json:"text"`
				Data []byte `json:"data"`
				MIME string `json:"mimeType"`
			} `json:"content"`
			Structured json.RawMessage `json:"structuredContent"`
			IsError    bool            `json:"isError"`
		} `json:"result"`
		Error *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(a.body.Bytes(), &reply) != nil || reply.Result == nil && reply.Error == nil {
		return nil, a2a.NewError(a2a.ErrInternalError, "The tool gave no answer; try again.")
	}
	if reply.Error != nil {
		if a.status != http.StatusOK {
			c.refused.Store(a)
		}
		return nil, a2a.NewError(reasonOf(a.status), reply.Error.Message)
	}
	var parts []*a2a.Part
	for _, item := range reply.Result.Content {
		switch item.Type {
		case "text":
			parts = append(parts, a2a.NewTextPart(item.Text))
		case "image":
			part := a2a.NewRawPart(item.Data)
			part.MediaType = item.MIME
			parts = append(parts, part)
		}
	}
	if len(reply.Result.Structured) > 0 {
		var data any
		if json.Unmarshal(reply.Result.Structured, &data) == nil {
			parts = append(parts, a2a.NewDataPart(data))
		}
	}
	if reply.Result.IsError && len(parts) > 0 {
		parts[0].SetMeta("isError", true)
	}
	return parts, nil
}

// reasonOf is the error of A2A for a status of the MCP API.
func reasonOf(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return a2a.ErrUnauthenticated
	case http.StatusForbidden:
		return a2a.ErrUnauthorized
	case http.StatusOK, http.StatusBadRequest:
		return a2a.ErrInvalidParams
	default:
		return a2a.ErrServerError
	}
}
