package web

import (
	"context"
	"io"
	"net/http"
	"time"
)

// A Pace is how slowly a client may send a body: it may pause, and must keep an average apart from its first pause.
type Pace struct {
	Pause          time.Duration
	BytesPerSecond int64
}

// defaultPace is for messages. 4 MiB at this rate take four minutes.
func defaultPace() Pace { return Pace{Pause: 20 * time.Second, BytesPerSecond: 16 << 10} }

// SetPace gives the body of a request another pace. It does nothing outside of [Serve].
func SetPace(ctx context.Context, p Pace) {
	if r := requestFrom(ctx); r != nil && r.body != nil {
		r.body.pace = p
		r.body.extend(time.Now())
	}
}

// A pacedBody is a request's body with deadlines. The connection's read deadline is set from the beginning, and is taken
// off only at the body's end: whatever the handler does, net/http never waits for the rest of a body without one.
type pacedBody struct {
	io.ReadCloser

	control *http.ResponseController
	conn    *conn
	began   time.Time
	pace    Pace
	read    int64
	ended   bool // at its end
	broken  bool // it cannot be read any more
}

func newPacedBody(body io.ReadCloser, control *http.ResponseController, c *conn, began time.Time) *pacedBody {
	b := &pacedBody{ReadCloser: body, control: control, conn: c, began: began, pace: defaultPace()}
	b.extend(began)
	return b
}

// extend sets the deadline for the next part of the body.
func (b *pacedBody) extend(now time.Time) {
	onAverage := b.began.Add(b.pace.Pause + time.Duration(float64(b.read)/float64(max(1, b.pace.BytesPerSecond))*float64(time.Second)))
	deadline := now.Add(b.pace.Pause)
	if onAverage.Before(deadline) {
		deadline = onAverage
	}
	b.setDeadline(deadline)
}

// setDeadline does nothing where there is no deadline to set, as in tests without a connection.
func (b *pacedBody) setDeadline(t time.Time) {
	b.control.SetReadDeadline(t) //nolint:errcheck // a body without deadlines is read without
}

// Read implements [io.Reader].
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.read > 0 && !b.ended && !b.broken { // the first part has its deadline
		b.extend(time.Now())
	}
	b.conn.wait(time.Now())
	n, err := b.ReadCloser.Read(p)
	b.conn.work()
	b.read += int64(n)
	switch {
	case err == io.EOF:
		if !b.ended {
			b.ended = true
			b.setDeadline(time.Time{}) // net/http watches the connection now: a deadline would cancel the request
		}
	case err != nil:
		b.broken = true
	}
	return n, err
}

// end gives the rest of the body, which net/http reads if it is short, a moment.
func (b *pacedBody) end(now time.Time) {
	if b != nil && !b.ended {
		b.setDeadline(now.Add(lingerTimeout))
	}
}

// unread reports whether there is more of the body. The connection cannot serve another request then.
func (b *pacedBody) unread() bool { return b != nil && !b.ended }
