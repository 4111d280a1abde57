package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// endPatience is how long the end of a session may take. With the grace period
	// it keeps the whole exit within a second.
	endPatience = 400 * time.Millisecond
	// unwindPatience is how long aborted work may take to notice.
	unwindPatience = 50 * time.Millisecond
)

// A relay is the state of one conversation.
type relay struct {
	*Bridge
	began    time.Time
	out      *output
	calls    calls
	sessions sessions
	tools    toolList
	buffers  sync.Pool // of *bytes.Buffer, for answers
	retriers sync.Pool // of *retrier

	// work is the context of everything that waits for the server; calls have
	// children of it. It outlives the context of Run by the grace period; abort ends it.
	work  context.Context //nolint:containedctx // the lifetime of the conversation is what this struct stands for
	abort context.CancelFunc

	pending *pool // messages on their way, and calls without an answer
	streams *pool // what no message waits for: listening streams, and sessions that are made anew or ended

	// ready is closed once every message that later ones must not overtake has
	// reached the server. Only the reader touches it, and lastLine.
	ready    <-chan struct{}
	lastLine time.Time
}

func newRelay(ctx context.Context, b *Bridge, out io.Writer) *relay {
	r := &relay{Bridge: b, out: newOutput(out, b.log), began: time.Now()}
	r.work, r.abort = context.WithCancel(context.WithoutCancel(ctx))
	r.pending, r.streams = newPool(r.work.Done()), newPool(r.work.Done())
	ready := make(chan struct{})
	close(ready)
	r.ready = ready
	return r
}

// read dispatches the host's lines until there are no more. It never waits for the server.
func (r *relay) read(ctx context.Context, lines *lineReader) error {
	for {
		line, err := lines.next()
		tooLong, isTooLong := errors.AsType[*tooLongError](err)
		switch {
		case isTooLong:
			r.out.write(errorLine(tooLong.id, lineTooLong(lines.limit)))
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading from the host: %w", err)
		default:
			r.dispatch(ctx, line)
		}
	}
}

// dispatch takes one line of the host. Nothing overtakes an earlier initialize or
// notification: later messages wait until the server has acknowledged it.
func (r *relay) dispatch(ctx context.Context, line []byte) {
	r.noteSleep()
	r.log.message("from host", line)
	m, err := parse(line)
	ready := r.ready
	switch {
	case err != nil:
		r.out.write(errorLine(nil, malformed(line, err)))
	case m.IsRequest():
		r.dispatchRequest(ctx, m)
	case m.IsNotification() && m.Method == methodCancelled:
		r.pending.run(func() { r.cancel(ctx, m, ready) })
	case m.IsNotification():
		r.startOrdered(func() { r.notify(ctx, m) })
	case m.IsResponse():
		r.pending.run(func() {
			<-ready
			r.send(ctx, m)
		})
	default:
		r.out.write(errorLine(m.ID, notAMessage()))
	}
}

// dispatchRequest registers the call at once, so that a cancellation in the next line finds it.
func (r *relay) dispatchRequest(ctx context.Context, m message) {
	ctx, c := r.newCall(ctx, m)
	ready := r.ready
	switch {
	case m.Method == methodInitialize:
		r.startOrdered(func() { r.serve(ctx, c) })
	case m.Method == methodListen && m.modern():
		r.pending.run(func() {
			<-ready
			r.subscribe(ctx, c)
		})
	default:
		r.pending.run(func() {
			select {
			case <-ready:
			case <-ctx.Done():
			}
			r.serve(ctx, c)
		})
	}
}

// noteSleep drops idle connections if the computer slept since the last line:
// middleboxes forget them meanwhile, and a request on one would hang. The
// monotonic clock stands still during sleep, the wall clock does not.
func (r *relay) noteSleep() {
	const most = 15 * time.Second
	now := time.Now()
	if last := r.lastLine; !last.IsZero() && now.Round(0).Sub(last.Round(0))-now.Sub(last) > most {
		r.opts.HTTP.CloseIdleConnections()
	}
	r.lastLine = now
}

// startOrdered runs f after all that must not be overtaken, and makes later messages wait for f.
func (r *relay) startOrdered(f func()) {
	ready, done := r.ready, make(chan struct{})
	r.pending.run(func() {
		defer close(done)
		<-ready
		f()
	})
	r.ready = done
}

// drain waits for the calls in flight after the host has closed its end, which only
// means that it has no more requests. It returns early if ctx ends or the host reads
// no more.
func (r *relay) drain(ctx context.Context) {
	r.calls.stopListening()
	select {
	case <-done(&r.pending.tasks):
	case <-time.After(r.opts.Drain):
	case <-ctx.Done():
	case <-r.out.broken:
	}
}

// stop lets calls in flight finish within the grace period, then ends the session.
// What does not notice its end in time is left behind: the program is about to exit.
func (r *relay) stop(ctx context.Context, grace time.Duration) {
	r.pending.close()
	r.streams.close()
	r.sessions.stopListening()
	r.calls.stopListening()
	if !within(done(&r.pending.tasks), grace) {
		r.abort()
		within(done(&r.pending.tasks), unwindPatience)
	}
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	r.end(ctx, r.sessions.current())
	cancel()
	r.abort()
	within(done(&r.pending.workers), unwindPatience)
	within(done(&r.streams.workers), unwindPatience)
	within(r.out.flushed(), unwindPatience)
	r.opts.HTTP.CloseIdleConnections()
}
