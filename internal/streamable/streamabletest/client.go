// Package streamabletest is for tests of servers of MCP over HTTP: a client that sends what the test writes, and tools that
// do what tests need.
package streamabletest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// Messages that many tests send.
const (
	Ping  = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	Hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
)

// A Client sends messages to a server.
type Client struct {
	T       *testing.T
	URL     string // of the server; its endpoint is /mcp
	Key     string // the credential; "": none
	Session string // the id of its session; "": none

	Header    http.Header       // more headers of each request
	Transport http.RoundTripper // nil: the default
}

// A Response is read to its end.
type Response struct {
	*http.Response

	Text string // of the body
}

// Initialize opens a session with these capabilities, a JSON object.
func (c *Client) Initialize(capabilities string) {
	c.T.Helper()
	resp := c.Post(strings.Replace(Hello, `"capabilities":{}`, `"capabilities":`+capabilities, 1))
	if c.Session = resp.Header.Get("Mcp-Session-Id"); c.Session == "" {
		c.T.Fatalf("initialize gave no session: %s", resp.Text)
	}
}

// Request makes a request with the client's key and session; header is a list of names and values, which may replace them.
func (c *Client) Request(method, path, body string, header ...string) *http.Request {
	c.T.Helper()
	r, err := http.NewRequestWithContext(c.T.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if c.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.Key)
	}
	if c.Session != "" {
		r.Header.Set("Mcp-Session-Id", c.Session)
	}
	maps.Copy(r.Header, c.Header)
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

// Send sends a request and returns the response as soon as it begins.
func (c *Client) Send(r *http.Request) *http.Response {
	c.T.Helper()
	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport //nolint:forbidigo // a client would follow redirects and hide what came
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		c.T.Fatal(err)
	}
	c.T.Cleanup(func() { resp.Body.Close() })
	return resp
}

// Do sends a request and reads the response.
func (c *Client) Do(r *http.Request) Response {
	c.T.Helper()
	resp := c.Send(r)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.T.Fatalf("reading the response: %v", err)
	}
	return Response{resp, string(body)}
}

// Post sends a message of the older protocol.
func (c *Client) Post(body string, header ...string) Response {
	c.T.Helper()
	return c.Do(c.Request(http.MethodPost, "/mcp", body, header...))
}

// Modern sends a request of the newer protocol; params is the inside of an object.
func (c *Client) Modern(id, method, params string, header ...string) Response {
	c.T.Helper()
	return c.Do(c.ModernRequest(id, method, params, header...))
}

// ModernRequest makes the request that Modern sends.
func (c *Client) ModernRequest(id, method, params string, header ...string) *http.Request {
	c.T.Helper()
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
	return c.Request(http.MethodPost, "/mcp", body, append(standard, header...)...)
}

// Call returns the text of a tools/call of the older protocol.
func Call(id, tool, arguments string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":{` + arguments + `},"_meta":{"progressToken":` + id + `}}}`
}

// Decode decodes JSON into out.
func Decode(t *testing.T, data string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), out); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// An RPCError is the error of a JSON-RPC response.
type RPCError struct {
	Code    int
	Message string
	Data    map[string]any
}

// ErrorOf returns the error of a JSON-RPC response.
func ErrorOf(t *testing.T, data string) (e RPCError) {
	t.Helper()
	var r struct {
		Error json.RawMessage
	}
	Decode(t, data, &r)
	if r.Error == nil {
		t.Fatalf("no error in %s", data)
	}
	Decode(t, string(r.Error), &e)
	return e
}
