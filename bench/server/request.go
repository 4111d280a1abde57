package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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

// prepare returns the bytes of a call in the given era; in the older one it opens a session first.
func (t *target) prepare(ctx context.Context, era string) ([]byte, error) {
	if era == "modern" {
		return t.request(ctx, modernCall, map[string]string{
			"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "noop",
		})
	}
	hello, err := t.request(ctx, handshake, nil)
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
	return t.request(ctx, legacyCall, map[string]string{
		"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": headers.Get("Mcp-Session-Id"),
	})
}

func (t *target) request(ctx context.Context, body string, headers map[string]string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.Addr+"/mcp", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if t.Key != "" {
		r.Header.Set("Authorization", "Bearer "+t.Key)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	var b bytes.Buffer
	err = r.Write(&b)
	return b.Bytes(), err
}
