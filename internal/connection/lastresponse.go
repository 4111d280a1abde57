package connection

import (
	"net/http"
	"sync"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// A LastResponse notes what the last HTTP response to a message was, for commands
// that explain a failure: the text of an error does not tell a missing key from an
// unknown one.
type LastResponse struct {
	next http.RoundTripper

	mu     sync.Mutex
	status int // 0: there was no response
	header http.Header
}

// Recorded returns e with a client whose responses are noted.
func (e Endpoint) Recorded() (Endpoint, *LastResponse) {
	last := &LastResponse{next: e.HTTP.Transport}
	client := *e.HTTP
	client.Transport = last
	e.HTTP = &client
	return e, last
}

// RoundTrip implements [http.RoundTripper].
func (l *LastResponse) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if req.Method != http.MethodPost {
		return resp, err // the listening stream is not what was asked
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status, l.header = 0, nil
	if err == nil {
		l.status, l.header = resp.StatusCode, resp.Header.Clone()
	}
	return resp, err
}

// Get returns the status and the header of the last response to a message; 0 and nil if there was none.
func (l *LastResponse) Get() (status int, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status, l.header
}

// MissingKey says where to put a key if the server answered with status for want of one; nil otherwise.
func (e Endpoint) MissingKey(status int) error {
	if status != http.StatusUnauthorized || e.Key.Reveal() != "" || e.Header.Get("Authorization") != "" || e.Header.Get("X-API-Key") != "" {
		return nil
	}
	return cli.Usagef("%s wants an access key: set PIERRE_AUTH_KEY, or name a file with --auth-key-file", e.URL.Host)
}
