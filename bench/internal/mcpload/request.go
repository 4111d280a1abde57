package mcpload

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

const (
	legacyCall = `{"jsonrpc":"2.0","id":7000,"method":"tools/call","params":{"name":"noop","arguments":{"n":1}}}`
	modernCall = `{"jsonrpc":"2.0","id":7000,"method":"tools/call","params":{"name":"noop","arguments":{"n":1},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},` +
		`"io.modelcontextprotocol/clientCapabilities":{}}}}`
	handshake = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},` +
		`"clientInfo":{"name":"bench","version":"1"}}}`
)

// The eras of the protocol.
const (
	Legacy = "legacy"
	Modern = "modern"
)

// Prepare returns the bytes of a call in the given era, with each of the server's keys; in the older era it opens sessions first.
func (t *Target) Prepare(ctx context.Context, era string) ([][]byte, error) {
	keys := t.Keys
	if len(keys) == 0 {
		keys = []string{""}
	}
	requests := make([][]byte, len(keys))
	for i, key := range keys {
		var err error
		if requests[i], err = t.prepare(ctx, era, key); err != nil {
			return nil, err
		}
	}
	return requests, nil
}

func (t *Target) prepare(ctx context.Context, era, key string) ([]byte, error) {
	if era == Modern {
		return t.request(ctx, key, modernCall, map[string]string{
			"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "noop",
		})
	}
	hello, err := t.request(ctx, key, handshake, nil)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // nothing is on its way
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	headers, err := answer(bufio.NewReader(conn))
	if err != nil {
		return nil, fmt.Errorf("initializing: %w", err)
	}
	return t.request(ctx, key, legacyCall, map[string]string{
		"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": headers.Get("Mcp-Session-Id"),
	})
}

func (t *Target) request(ctx context.Context, key, body string, headers map[string]string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.Addr+"/mcp", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	var b bytes.Buffer
	err = r.Write(&b)
	return b.Bytes(), err
}

// answer reads a response, makes sure that the call went well, and returns the headers.
func answer(in *bufio.Reader) (http.Header, error) {
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"result"`)) {
		return nil, fmt.Errorf("a call was answered with %s: %s", resp.Status, body)
	}
	return resp.Header, nil
}
