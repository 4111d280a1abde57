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
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = 0
	if err == nil {
		w.status = resp.StatusCode
	}
	return resp, err
}

func (w *witness) lastStatus() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}
