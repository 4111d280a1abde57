package streamable

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// retryMillis is how long a client whose stream broke waits before it comes back.
const retryMillis = 1000

// An sseWriter writes a response as server-sent events (HTML Living Standard, chapter 9.2). The response becomes one
// with the first event.
type sseWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	started bool
	dirty   bool
}

func newSSEWriter(w http.ResponseWriter) *sseWriter {
	return &sseWriter{w: w, control: http.NewResponseController(w)}
}

// start sends the headers.
func (o *sseWriter) start() {
	if o.started {
		return
	}
	o.started, o.dirty = true, true
	h := o.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events
	o.w.WriteHeader(http.StatusOK)
}

// prime gives the client an event id before there is an event, so that it can come back even if the stream breaks at once.
func (o *sseWriter) prime(stream int64) {
	o.start()
	fmt.Fprintf(o.w, "id: %s\nretry: %d\ndata:\n\n", eventID(stream, 0), retryMillis)
}

// event writes one message.
func (o *sseWriter) event(stream, number int64, data []byte, withID bool) error {
	o.start()
	o.dirty = true
	b := make([]byte, 0, len(data)+64)
	b = append(b, "event: message\n"...)
	if withID {
		b = append(b, "id: "...)
		b = append(b, eventID(stream, number)...)
		b = append(b, '\n')
	}
	b = append(b, "data: "...)
	b = append(b, data...)
	b = append(b, "\n\n"...)
	_, err := o.w.Write(b) //nolint:gosec // JSON, and the content type says that it is no HTML
	return err
}

// comment keeps the connection from looking dead. A failure shows with the next event.
func (o *sseWriter) comment() {
	o.start()
	o.dirty = true
	fmt.Fprint(o.w, ": keep-alive\n\n")
}

func (o *sseWriter) flush() error {
	if !o.dirty {
		return nil
	}
	o.dirty = false
	if err := o.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// eventID names a message of a session: the number of its stream and its own.
func eventID(stream, number int64) string {
	return strconv.FormatInt(stream, 10) + "-" + strconv.FormatInt(number, 10)
}

func parseEventID(id string) (stream, number int64, ok bool) {
	left, right, ok := strings.Cut(id, "-")
	stream, err1 := strconv.ParseInt(left, 10, 64)
	number, err2 := strconv.ParseInt(right, 10, 64)
	return stream, number, ok && err1 == nil && err2 == nil && stream >= 0 && number >= 0
}

// writeJSON writes an answer as the whole response.
func writeJSON(w http.ResponseWriter, a Answer) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	w.Write(a.Body) //nolint:errcheck // a client that has gone needs no answer
}

// accepts reports whether the client takes a response of that media type. Many clients send no Accept header.
func accepts(h http.Header, mediaType string) bool {
	values := h.Values("Accept")
	if len(values) == 0 {
		return true
	}
	major, _, _ := strings.Cut(mediaType, "/")
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(part, ";")
			name = strings.TrimSpace(name)
			if strings.EqualFold(name, mediaType) || name == "*/*" {
				return true
			}
			if of, ok := strings.CutSuffix(name, "/*"); ok && strings.EqualFold(of, major) {
				return true
			}
		}
	}
	return false
}
