//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// A fault is what the server does to a request instead of serving it.
type fault struct {
	method string
	times  int // how often; -1 is always
	do     handler
}

type handler func(w http.ResponseWriter, r *http.Request, m rpc)

// misbehave makes the next requests of a method meet do.
func (s *remote) misbehave(method string, times int, do handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{method, times, do})
}

// behave ends all misbehaviour.
func (s *remote) behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func answer(w http.ResponseWriter, m rpc, result string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// events begins an answer that is a stream of events.
func events(w http.ResponseWriter) (write func(text string)) {
	w.Header().Set("Content-Type", "text/event-stream")
	write = func(text string) {
		io.WriteString(w, text)
		w.(http.Flusher).Flush()
	}
	write("")
	return write
}

// respond answers with a status, a media type, a body and more headers as name, value….
func respond(status int, media, body string, headers ...string) handler {
	return func(w http.ResponseWriter, _ *http.Request, _ rpc) {
		w.Header().Set("Content-Type", media)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// refuse answers with a JSON-RPC error in an HTTP error, as our server does.
func refuse(status int, text string, headers ...string) handler {
	return func(w http.ResponseWriter, r *http.Request, m rpc) {
		respond(status, "application/json", fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, m.ID, status, text), headers...)(w, r, m)
	}
}

// reset tears the connection down with a TCP RST, whatever was answered so far.
func reset(w http.ResponseWriter, _ *http.Request, _ rpc) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}
