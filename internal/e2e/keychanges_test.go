//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const openSession = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",` +
	`"capabilities":{},"clientInfo":{"name":"e2e","version":"1"}}}`

// A session is one with a stream that listens.
type session struct {
	t      *testing.T
	s      *server
	header []string
	ended  chan struct{} // closed when the stream has ended
}

func (s *server) openSession(k key) *session {
	s.t.Helper()
	send := func(method, body string, headers ...string) *http.Response {
		req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+"/mcp", strings.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			s.t.Fatalf("%s /mcp: %s", method, resp.Status)
		}
		return resp
	}
	resp := send(http.MethodPost, openSession, "Authorization", "Bearer "+k.APIKey)
	resp.Body.Close()
	o := &session{t: s.t, s: s, ended: make(chan struct{}), header: []string{
		"Authorization", "Bearer " + k.APIKey, "Mcp-Session-Id", resp.Header.Get("Mcp-Session-Id"), "Mcp-Protocol-Version", "2025-11-25",
	}}
	stream := send(http.MethodGet, "", o.header...)
	go func() {
		defer close(o.ended)
		defer stream.Body.Close()
		io.Copy(io.Discard, stream.Body)
	}()
	return o
}

// lives checks that the session answers and that its stream is open.
func (o *session) lives(after string) {
	o.t.Helper()
	status, raw := o.s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, o.header...)
	if status != http.StatusOK {
		o.t.Errorf("after %s the session answers %d %s", after, status, raw)
	}
	select {
	case <-o.ended:
		o.t.Errorf("after %s the stream has ended", after)
	default:
	}
}

// TestSessionsOutliveChangesOfTheirKey keeps a session with a stream open while its key changes, until it is revoked.
func TestSessionsOutliveChangesOfTheirKey(t *testing.T) {
	s := startServer(t)
	s.admin = strings.TrimSpace(s.setup("generate-token", "--service", "e2e", "--super-admin"))
	bearer := []string{"Authorization", "Bearer " + s.admin}
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter"}`)
	path := "/admin/api-keys/" + k.APIKeyID
	o := s.openSession(k)
	o.lives("the start")
	for _, change := range []string{`{"name":"laptop"}`, `{"tier":"professional"}`, `{"expires_in_days":30}`} {
		if status, raw := s.do("PATCH", path, change, bearer...); status != http.StatusOK {
			t.Fatalf("%s: %d %s", change, status, raw)
		}
		o.lives(change)
	}
	if status, raw := s.do("POST", path+"/rotate", `{"grace_seconds":3600}`, bearer...); status != http.StatusCreated {
		t.Fatalf("rotating: %d %s", status, raw)
	}
	o.lives("a rotation with grace")
	if status, raw := s.do("DELETE", path, "", bearer...); status != http.StatusOK {
		t.Fatalf("revoking: %d %s", status, raw)
	}
	select {
	case <-o.ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream outlives its key")
	}
	if status, raw := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, o.header...); status != http.StatusUnauthorized {
		t.Errorf("a revoked key's session answers %d %s", status, raw)
	}
}
