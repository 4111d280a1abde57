package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
)

// connectPatience is how long a person at a terminal waits for a server that does not answer.
const connectPatience = 3 * time.Second

// legacyVersion is the protocol revision that our own conversations speak: every server of today has it.
const legacyVersion = "2025-11-25"

// A conversation is MCP as a host speaks it, for the commands that people use. It
// goes through the bridge, so it fails in the same ways and words as in a host.
type conversation struct {
	in    *io.PipeWriter
	out   *io.PipeReader
	lines *bufio.Reader
	ended chan struct{} // closed when the bridge is gone
	ids   int
	hello greeting
}

// A greeting is what a server says about itself.
type greeting struct {
	ProtocolVersion string `json:"protocolVersion"`
	ServerInfo      struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"serverInfo"`
}

// An rpcError is a JSON-RPC error answer; its text is for the user.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return e.Message }

// converse opens a conversation with the server and greets it. The caller closes it.
func (e endpoint) converse(ctx context.Context) (*conversation, error) {
	c, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.initialize(ctx); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// dial opens a conversation in which nothing has been said. The caller closes it.
func (e endpoint) dial(ctx context.Context) (*conversation, error) {
	b, err := bridge.New(e.URL.String(), e.Key, bridge.Options{ //nolint:contextcheck // asking a logger for its level waits for nothing
		HTTP: e.HTTP, Header: e.Header, UserAgent: userAgent(), ConnectPatience: connectPatience,
	})
	if err != nil {
		return nil, cli.Usage(err)
	}
	hostIn, in := io.Pipe()
	out, hostOut := io.Pipe()
	c := &conversation{in: in, out: out, lines: bufio.NewReader(out), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		hostOut.CloseWithError(b.Run(ctx, hostIn, hostOut))
		hostIn.Close() //nolint:errcheck // likewise
	}()
	return c, nil
}

func userAgent() string { return "mcp-client/" + buildinfo.Version() }

func (c *conversation) initialize(ctx context.Context) error {
	result, err := c.request(ctx, "initialize", map[string]any{
		"protocolVersion": legacyVersion,
		"capabilities":    struct{}{},
		"clientInfo":      map[string]string{"name": "mcp-client", "version": buildinfo.Version()},
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(result, &c.hello); err != nil {
		return fmt.Errorf("reading the server's greeting: %w", err)
	}
	return c.send(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
}

// close ends the conversation and waits until the server's session is deleted.
func (c *conversation) close() {
	c.in.Close()               //nolint:errcheck // it never fails
	io.Copy(io.Discard, c.out) //nolint:errcheck // what comes now interests nobody
	<-c.ended
}

func (c *conversation) send(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	_, err = c.in.Write(append(line, '\n'))
	return err
}

// request asks and waits for the answer. A JSON-RPC error is an [*rpcError].
func (c *conversation) request(ctx context.Context, method string, params any) (json.RawMessage, error) {
	c.ids++
	if err := c.send(map[string]any{"jsonrpc": "2.0", "id": c.ids, "method": method, "params": params}); err != nil {
		return nil, orCause(ctx, err)
	}
	for {
		line, err := c.lines.ReadBytes('\n')
		if err != nil {
			return nil, orCause(ctx, err)
		}
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Result json.RawMessage `json:"result"`
			Error  *rpcError       `json:"error"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("reading the answer: %w", err)
		}
		switch {
		case m.Method != "" && m.ID != nil:
			err := c.send(map[string]any{"jsonrpc": "2.0", "id": m.ID, "error": map[string]any{"code": -32601, "message": "a person at a terminal cannot answer this"}})
			if err != nil {
				return nil, orCause(ctx, err)
			}
		case m.Method != "" || string(m.ID) != fmt.Sprint(c.ids):
		case m.Error != nil:
			return nil, m.Error
		default:
			return m.Result, nil
		}
	}
}

func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		return errors.New("the conversation ended before the answer came")
	}
	return err
}

// A tool is what a server says about one of its tools.
type tool struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
	InputSchema schema `json:"inputSchema"`
}

// A schema is what the commands read of a tool's JSON Schema.
type schema struct {
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
}

// A property is one argument of a tool.
type property struct {
	Type        json.RawMessage `json:"type"` // a name or a list of names
	Description string          `json:"description"`
	Enum        []any           `json:"enum"`
	Default     any             `json:"default"`
	Minimum     *float64        `json:"minimum"`
	Maximum     *float64        `json:"maximum"`
	Items       json.RawMessage `json:"items"`
}

// maxPages bounds the pages of a list, so that a server that repeats its cursor does not hold us.
const maxPages = 1000

// tools lists all tools: decoded, and as the server wrote them.
func (c *conversation) tools(ctx context.Context) (decoded []tool, raw []json.RawMessage, err error) {
	params := map[string]any{}
	for range maxPages {
		result, err := c.request(ctx, "tools/list", params)
		if err != nil {
			return nil, nil, err
		}
		var page struct {
			Tools      []json.RawMessage `json:"tools"`
			NextCursor string            `json:"nextCursor"`
		}
		if err := json.Unmarshal(result, &page); err != nil {
			return nil, nil, fmt.Errorf("reading the list of tools: %w", err)
		}
		raw = append(raw, page.Tools...)
		if page.NextCursor == "" {
			break
		}
		params["cursor"] = page.NextCursor
	}
	decoded = make([]tool, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &decoded[i]); err != nil {
			return nil, nil, fmt.Errorf("reading the description of a tool: %w", err)
		}
	}
	return decoded, raw, nil
}
