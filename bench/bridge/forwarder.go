package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// forward is a bridge with nothing to it: no recovery, no streams, no checks. It is
// the least that a bridge in Go can cost.
func forward(ctx context.Context, url string, in io.Reader, out io.Writer) error {
	f := &forwarder{url: url, out: out, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	lines := bufio.NewReaderSize(in, 64<<10)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the end of stdin is the end
		}
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			return err
		}
		if m.ID == nil || m.Method == "initialize" {
			f.post(ctx, line)
			continue
		}
		wg.Go(func() { f.post(ctx, line) })
	}
}

type forwarder struct {
	url     string
	client  *http.Client
	session string
	mu      sync.Mutex
	out     io.Writer
}

func (f *forwarder) post(ctx context.Context, line []byte) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(line))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if f.session != "" {
		req.Header.Set("Mcp-Session-Id", f.session)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if id := resp.Header.Get("Mcp-Session-Id"); id != "" && f.session == "" {
		f.session = id
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out.Write(append(bytes.TrimSpace(body), '\n')) //nolint:errcheck // a bare forwarder
}
