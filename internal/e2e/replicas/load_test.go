//go:build e2e

package replicas

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const modernCall = `,"method":"tools/call","params":{"name":"get_connection_status","arguments":{},"_meta":{` +
	`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`

// A load is clients that call a tool again and again.
type load struct {
	url    string
	key    string
	client *http.Client

	answered atomic.Int64 // with a result
	busy     atomic.Int64 // with 429, because too many calls of the user ran at once: the call was not made
	limited  atomic.Int64 // by the key's limit
	refused  atomic.Int64 // with 503: the call was not made
	unknown  atomic.Int64 // without an answer, or with 502: the call may have been made
	sent     atomic.Int64
}

func newLoad(url, key string) *load {
	return &load{url: url, key: key, client: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}}
}

// call makes one call, counts what became of it, and reports whether the server has decided on it.
func (l *load) call(ctx context.Context) bool {
	n := l.sent.Add(1)
	body := `{"jsonrpc":"2.0","id":` + strconv.FormatInt(n, 10) + modernCall
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+"/mcp", strings.NewReader(body))
	if err != nil {
		l.unknown.Add(1)
		return true
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Authorization": "Bearer " + l.key,
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "get_connection_status",
	} {
		req.Header.Set(name, value)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		l.unknown.Add(1)
		return true
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err == nil && resp.StatusCode == http.StatusOK && strings.Contains(string(raw), `"result"`):
		l.answered.Add(1)
	case resp.StatusCode == http.StatusTooManyRequests && strings.Contains(string(raw), `"policy"`):
		l.limited.Add(1)
	case resp.StatusCode == http.StatusTooManyRequests:
		l.busy.Add(1)
		return false
	case resp.StatusCode == http.StatusServiceUnavailable:
		l.refused.Add(1)
		return false
	default:
		l.unknown.Add(1)
	}
	return true
}

// keepUp calls until stop, which returns when all calls have ended.
func (l *load) keepUp(ctx context.Context, atOnce int) (stop func()) {
	var wg sync.WaitGroup
	var over atomic.Bool
	for range atOnce {
		wg.Go(func() {
			for !over.Load() {
				l.call(ctx)
			}
		})
	}
	return func() {
		over.Store(true)
		wg.Wait()
	}
}

// isDial reports that there was no connection.
func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}
