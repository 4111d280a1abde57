package web

import (
	"net/http"
	"time"
)

const (
	writePause     = 30 * time.Second // for a client to take what was written
	writeBytesRate = 16 << 10         // a second, at which large parts are taken at least
	deadlineSlack  = time.Second      // a deadline is not renewed more often
)

// A responseWriter gives a client a limited time to read what was written, and knows whether the response has begun.
// A client that does not read would hold its handler's goroutine, and what that holds, for ever.
type responseWriter struct {
	http.ResponseWriter

	control *http.ResponseController
	conn    *conn
	body    *pacedBody
	http1   bool
	started bool
	status  int
	bytes   int64
	renewed time.Time // when the write deadline was set last
}

func newResponseWriter(w http.ResponseWriter, r *http.Request, c *conn, now time.Time) *responseWriter {
	o := &responseWriter{ResponseWriter: w, control: http.NewResponseController(w), conn: c, http1: r.ProtoMajor == 1}
	if c != nil && o.http1 {
		o.renewed = c.renewed // the deadline is the connection's
	}
	o.extend(now, 0)
	return o
}

// extend gives the client time to read n bytes.
func (w *responseWriter) extend(now time.Time, n int) {
	if n <= writeBytesRate && now.Sub(w.renewed) < deadlineSlack {
		return
	}
	w.renewed = now
	if w.conn != nil && w.http1 {
		w.conn.renewed = now
	}
	deadline := now.Add(writePause + time.Duration(n/writeBytesRate)*time.Second)
	w.control.SetWriteDeadline(deadline) //nolint:errcheck // a writer without deadlines is written without
}

// WriteHeader implements [http.ResponseWriter].
func (w *responseWriter) WriteHeader(status int) {
	if status >= http.StatusOK && !w.started {
		w.started, w.status = true, status
		if w.http1 && w.body.unread() {
			// Otherwise net/http would wait for the rest of the body before it sends the answer.
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *responseWriter) Write(b []byte) (int, error) {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	now := time.Now()
	w.extend(now, len(b))
	w.conn.wait(now)
	n, err := w.ResponseWriter.Write(b)
	w.conn.work()
	w.bytes += int64(n)
	return n, err
}

// FlushError is for [http.ResponseController].
func (w *responseWriter) FlushError() error {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	now := time.Now()
	w.extend(now, 0)
	w.conn.wait(now)
	err := w.control.Flush()
	w.conn.work()
	return err
}

// end gives the client time for what net/http has still to send.
func (w *responseWriter) end() time.Time {
	now := time.Now()
	w.extend(now, 0)
	return now
}

// Unwrap is for [http.ResponseController].
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
