package mcptest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Answer writes the answer to m.
func Answer(w http.ResponseWriter, m Request, result string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// Respond answers with a status, a body, and headers as "Name: value".
func Respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// RespondJSON answers with a body that says to be JSON.
func RespondJSON(status int, body string, headers ...string) http.HandlerFunc {
	return Respond(status, body, append(headers, "Content-Type: application/json")...)
}

// Refuse answers with a JSON-RPC error in an HTTP error.
func Refuse(status int, text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, MessageOf(r).ID, status, text)
		RespondJSON(status, body, headers...)(w, r)
	}
}

// Reset tears the connection down, whatever was answered so far: with a RST where there is TCP.
func Reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// A Stream is an open stream of events.
type Stream struct {
	LastID string // that the client resumes after
	write  func(text string)
	end    chan struct{} // of a stream that the server keeps open
}

// Send sends one event; its id may be empty.
func (st *Stream) Send(id, data string) {
	if id != "" {
		id = "id: " + id + "\n"
	}
	st.Write(id + "data: " + data + "\n\n")
}

// Write sends text as it is.
func (st *Stream) Write(text string) { st.write(text) }

// End ends the stream.
func (st *Stream) End() { close(st.end) }

// Events answers with a stream of the events that play sends.
func Events(play func(st *Stream)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		play(&Stream{LastID: r.Header.Get("Last-Event-ID"), write: begin(w)})
	}
}

// begin begins a stream of events.
func begin(w http.ResponseWriter) (write func(text string)) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	write = func(text string) {
		io.WriteString(w, text)
		control.Flush()
	}
	write("")
	return write
}

// Listen opens a stream of events for as long as the test and the client want it.
func (s *Server) Listen(w http.ResponseWriter, r *http.Request) {
	write := begin(w)
	texts := make(chan string, 64)
	st := &Stream{LastID: r.Header.Get("Last-Event-ID"), write: func(text string) { texts <- text }, end: make(chan struct{})}
	s.Streams <- st
	for {
		select {
		case text := <-texts:
			write(text)
		case <-st.end:
			for len(texts) > 0 {
				write(<-texts)
			}
			return
		case <-r.Context().Done():
			return
		}
	}
}
