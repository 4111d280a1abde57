// Package mcpclient speaks MCP to a server as a host does: it greets, lists tools and
// calls them. It goes through the bridge, so that it fails in the same ways and
// words as in a host.
package mcpclient

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
	"github.com/pierre-mcp/pierre/internal/connection"
)

// connectPatience is how long a person at a terminal waits for a server that does not answer.
const connectPatience = 3 * time.Second

// endPatience is how long a request may go on that nobody waits for any more.
const endPatience = 500 * time.Millisecond

// ModernVersion is the protocol revision without sessions.
const ModernVersion = "2026-07-28"

// legacyVersion is the protocol revision that our own conversations speak: every server of today has it.
const legacyVersion = "2025-11-25"

// A Client is one conversation with a server. It is not safe for concurrent use.
type Client struct {
	in     *io.PipeWriter
	out    *io.PipeReader
	lines  *bufio.Reader
	ended  chan struct{} // closed when the bridge is gone
	ids    int
	server Server
}

// A Server is what a server says about itself.
type Server struct {
	Name            string
	Version         string
	ProtocolVersion string
}

// An Error is a JSON-RPC error answer; its text is for the user.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Connect opens a conversation with the server and greets it. The caller closes it.
func Connect(ctx context.Context, e connection.Endpoint) (*Client, error) {
	c, err := dial(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := c.initialize(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// dial opens a conversation in which nothing has been said. The caller closes it.
func dial(ctx context.Context, e connection.Endpoint) (*Client, error) {
	b, err := bridge.New(e.URL.String(), e.Key.Reveal(), bridge.Options{ //nolint:contextcheck // asking a logger for its level waits for nothing
		HTTP: e.HTTP, Header: e.Header, UserAgent: connection.Program + "/" + buildinfo.Version(), ConnectPatience: connectPatience,
		Advice: connection.Advice, Drain: endPatience,
	})
	if err != nil {
		return nil, cli.Usage(err)
	}
	hostIn, in := io.Pipe()
	out, hostOut := io.Pipe()
	c := &Client{in: in, out: out, lines: bufio.NewReader(out), ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		hostOut.CloseWithError(b.Run(ctx, hostIn, hostOut))
		hostIn.Close() //nolint:errcheck // likewise
	}()
	return c, nil
}

// Server is what the server said about itself.
func (c *Client) Server() Server { return c.server }

func (c *Client) initialize(ctx context.Context) error {
	result, err := c.Request(ctx, "initialize", map[string]any{
		"protocolVersion": legacyVersion,
		"capabilities":    struct{}{},
		"clientInfo":      map[string]string{"name": connection.Program, "version": buildinfo.Version()},
	})
	if err != nil {
		return err
	}
	var hello struct {
		ProtocolVersion string `json:"protocolVersion"`
		ServerInfo      struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"serverInfo"`
	}
	if err := json.Unmarshal(result, &hello); err != nil {
		return fmt.Errorf("reading the server's greeting: %w", err)
	}
	c.server = Server{hello.ServerInfo.Name, hello.ServerInfo.Version, hello.ProtocolVersion}
	return c.send(map[string]any{"jsonrpc": "2.0", "method": "notifications/initialized"})
}

// Close ends the conversation and waits until the server's session is deleted.
func (c *Client) Close() {
	c.in.Close()               //nolint:errcheck // it never fails
	io.Copy(io.Discard, c.out) //nolint:errcheck // what comes now interests nobody
	<-c.ended
}

func (c *Client) send(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	_, err = c.in.Write(append(line, '\n'))
	return err
}

// Request asks and waits for the answer. A JSON-RPC error is an [*Error].
func (c *Client) Request(ctx context.Context, method string, params any) (json.RawMessage, error) {
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
			Error  *Error          `json:"error"`
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

// Discover returns the protocol revisions that the server speaks without sessions.
func Discover(ctx context.Context, e connection.Endpoint) ([]string, error) {
	c, err := dial(ctx, e)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	const prefix = "io.modelcontextprotocol/"
	result, err := c.Request(ctx, "server/discover", map[string]any{"_meta": map[string]any{
		prefix + "protocolVersion":    ModernVersion,
		prefix + "clientInfo":         map[string]string{"name": connection.Program, "version": buildinfo.Version()},
		prefix + "clientCapabilities": struct{}{},
	}})
	if err != nil {
		return nil, err
	}
	var found struct {
		Versions []string `json:"supportedVersions"`
	}
	if err := json.Unmarshal(result, &found); err != nil {
		return nil, fmt.Errorf("reading the server's versions: %w", err)
	}
	return found.Versions, nil
}
