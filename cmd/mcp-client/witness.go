package main

import (
	"net/http"
	"sync"
)

// A witness notes what the last HTTP response was, for commands that explain a
// failure: the text of an error does not tell a missing key from an unknown one.
type witness struct {
	next http.RoundTripper

	mu     sync.Mutex
	status int // of the last response; 0: there was none
	header http.Header
}

// watched returns e with a client that a witness looks after.
func (e endpoint) watched() (endpoint, *witness) {
	w := &witness{next: e.HTTP.Transport}
	client := *e.HTTP
	client.Transport = w
	e.HTTP = &client
	return e, w
}

// RoundTrip implements [http.RoundTripper].
func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if req.Method != http.MethodPost {
		return resp, err // the listening stream is not what was asked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status, w.header = 0, nil
	if err == nil {
		w.status, w.header = resp.StatusCode, resp.Header.Clone()
	}
	return resp, err
}

// last returns the status and the header of the last answer to a message; 0 and nil if there was none.
func (w *witness) last() (int, http.Header) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status, w.header
}
