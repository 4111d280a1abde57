//go:build e2e

package replicas

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",` +
	`"capabilities":{},"clientInfo":{"name":"e2e","version":"1"}}}`

// speak sends a message of the older protocol.
func speak(t *testing.T, method, url, body string, k key, session string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, url+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Authorization", "Bearer "+k.Text)
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", method, resp.Status)
	}
	return resp
}

// One session has a stream at each server. They stay while its key changes, and end when it is revoked by one of them.
func TestStreamsFollowTheirKeyAtEveryServer(t *testing.T) {
	c := startCluster(t)
	k := c.provision(`"tier":"enterprise"`)
	appsAreListed(t, c, k)
	session := speak(t, http.MethodPost, c.replicas[0].url, initialize, k, "").Header.Get("Mcp-Session-Id")
	var ended []<-chan struct{}
	for _, r := range c.replicas {
		stream := speak(t, http.MethodGet, r.url, "", k, session)
		over := make(chan struct{})
		go func() {
			defer close(over)
			io.Copy(io.Discard, stream.Body)
		}()
		ended = append(ended, over)
	}
	for i, change := range []string{`{"name":"laptop"}`, `{"tier":"professional"}`, `{"rate_limit_requests":50,"rate_limit_period":"day"}`} {
		if status, raw := c.admin(i, "PATCH", "/admin/api-keys/"+k.ID, change); status != http.StatusOK {
			t.Fatalf("%s: %d %s", change, status, raw)
		}
		for j, r := range c.replicas {
			resp := speak(t, http.MethodPost, r.url, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, k, session)
			io.Copy(io.Discard, resp.Body)
			select {
			case <-ended[j]:
				t.Fatalf("after %s the stream at %s has ended", change, r.url)
			default:
			}
		}
	}
	if status, raw := c.admin(1, "DELETE", "/admin/api-keys/"+k.ID, ""); status != http.StatusOK {
		t.Fatalf("revoking: %d %s", status, raw)
	}
	began := time.Now()
	for i, over := range ended {
		eventually(t, 10*time.Second, func() error {
			select {
			case <-over:
				return nil
			default:
				return errors.New("the stream at " + c.replicas[i].url + " outlives its key")
			}
		})
	}
	t.Logf("all streams had ended %v after the revocation was confirmed", time.Since(began).Round(time.Microsecond))
}
