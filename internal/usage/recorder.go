// Package usage records what keys do and reports it. It owns the recording of
// tool calls, so that a call which was answered is counted even if the process is
// killed the next moment, the counting of refused calls, and the usage report of the
// admin API. Whether a call is admitted is package limit's business, where its rows
// are kept package store's.
package usage

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/clientinfo"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An EventStore keeps what happened.
type EventStore interface {
	// RecordCalls keeps calls and raises their quota counters in one transaction. It ignores a call that it has.
	RecordCalls(ctx context.Context, calls []pierre.Call) error
	// RecordRefusedCalls adds to the counts of refused calls, all of them or none.
	RecordRefusedCalls(ctx context.Context, counts []pierre.RefusedCalls) error
}

// A Buffer is an [EventStore] that keeps calls for a moment before its database has them.
type Buffer interface {
	EventStore
	// Flush returns when the database has the calls that were recorded before.
	Flush(ctx context.Context) error
}

// Concurrent callers wait for one transaction together. queueSize bounds the callers
// that wait, maxBatch the calls of one transaction.
const (
	queueSize = 4096
	maxBatch  = 512
)

const (
	outage     = 10 * time.Second       // how long calls wait for a database that takes nothing
	retryPause = 100 * time.Millisecond // between two tries
)

// A Recorder records calls. It is safe for concurrent use and has no goroutines
// of its own: the first caller that finds the store free writes for all that wait.
type Recorder struct {
	store   EventStore
	refused refusals

	slots   chan struct{} // held by each caller inside Record
	closed  chan struct{}
	closing sync.Once

	writing chan struct{} // holds an element during a transaction
	failing time.Time     // since when the database takes nothing; zero: it does. Of whoever is writing
	out     atomic.Bool   // the database takes nothing at present
	mu      sync.Mutex    // guards open and its calls
	open    *batch        // takes further calls; nil if none
}

// A batch is the calls of one transaction. The caller that creates it writes it.
type batch struct {
	calls []pierre.Call
	done  chan struct{} // closed when err is set
	err   error
}

// NewRecorder returns a Recorder that keeps calls in store.
func NewRecorder(store EventStore) *Recorder {
	return &Recorder{
		store:   store,
		slots:   make(chan struct{}, queueSize),
		closed:  make(chan struct{}),
		writing: make(chan struct{}, 1),
	}
}

// Record returns when c, which res admitted, is durable: it survives the death of the process, and is
// counted against its quotas in the same transaction. ctx bounds the wait
// for a place in the queue; a call that has one is written even if ctx ends. The
// answer to the call should wait for Record, and be an error if Record fails: a
// full disk gives [pierre.KindStorageFull], a closed Recorder [pierre.KindUnavailable], as does one whose queue is full
// while the database takes nothing.
// Either way the reservation has ended. A call that may have been kept, because the connection to the database broke, is
// [pierre.KindUnavailable] too, and counts.
//
// The call's id, its start and what it counts against are the reservation's.
func (r *Recorder) Record(ctx context.Context, res limit.Reservation, c pierre.Call) error {
	c.ID, c.Started, c.Buckets = res.CallID, res.At, res.Buckets
	err := r.record(ctx, normalized(c))
	ending := context.WithoutCancel(ctx)
	switch {
	case errors.Is(err, errUnknown): // counting one call too many is better than one too few
		return errors.Join(err, res.Keep(ending))
	case err != nil:
		return errors.Join(err, res.Release(ending))
	}
	return res.Keep(ending)
}

// errUnknown says that the database may have kept the calls.
var errUnknown = &pierre.Error{
	Kind: pierre.KindUnavailable,
	Msg: "The tool has run, but the connection to the database broke while the call was recorded, so there is no answer, and the call may count against your quota. " +
		"Try again in a moment; if the tool changes something, look first whether it has.",
}

// Waiting returns how many callers are inside Record.
func (r *Recorder) Waiting() int { return len(r.slots) }

func (r *Recorder) record(ctx context.Context, c pierre.Call) error {
	select {
	case <-r.closed:
		return errClosed()
	default:
	}
	if r.out.Load() && len(r.slots) == cap(r.slots) {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot record calls at present. Try again in a moment."}
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-r.closed:
		return errClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
	b, mine := r.join(c)
	if mine {
		r.write(context.WithoutCancel(ctx), b)
	} else {
		<-b.done
	}
	return b.err
}

// join puts c into the open batch, or into a new one, which is the caller's to write.
func (r *Recorder) join(c pierre.Call) (b *batch, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil || len(r.open.calls) == maxBatch {
		r.open, mine = &batch{done: make(chan struct{})}, true
	}
	r.open.calls = append(r.open.calls, c)
	return r.open, mine
}

// write waits for the transaction before it, during which b collects calls.
func (r *Recorder) write(ctx context.Context, b *batch) {
	r.writing <- struct{}{}
	defer func() { <-r.writing }()
	runtime.Gosched() // callers that the last transaction has just released join this one, not the next
	r.mu.Lock()
	if r.open == b {
		r.open = nil
	}
	r.mu.Unlock()
	b.err = r.keep(ctx, b.calls)
	close(b.done)
}

// keep writes calls. While the database cannot be reached it tries again until outage has passed since that began, or once
// more when the Recorder is closed. Calls have ids: those of a transaction that may have been made or not are counted once.
// After such a one what fails later says nothing about what was kept. A buffer has a patience of its own.
func (r *Recorder) keep(ctx context.Context, calls []pierre.Call) error {
	_, buffered := r.store.(Buffer)
	var unknown error
	for last := false; ; {
		err := r.store.RecordCalls(ctx, calls)
		if buffered || pierre.KindOf(err) != pierre.KindUnavailable {
			r.failing = time.Time{}
			r.out.Store(false)
			if err != nil {
				err = errors.Join(unknown, err)
			}
			return err
		}
		if errors.Is(err, pierre.ErrMaybeMade) {
			unknown = errUnknown
		}
		r.out.Store(true)
		if r.failing.IsZero() {
			r.failing = time.Now()
		}
		if last || time.Since(r.failing) > outage {
			return errors.Join(unknown, err)
		}
		select {
		case <-time.After(retryPause):
		case <-r.closed:
			last = true
		}
	}
}

// Close lets no more calls in and returns when those that are in and all refused calls are written, or when ctx ends.
func (r *Recorder) Close(ctx context.Context) error {
	return errors.Join(r.drain(ctx), r.Flush(ctx))
}

func (r *Recorder) drain(ctx context.Context) error {
	r.closing.Do(func() { close(r.closed) })
	for held := range cap(r.slots) {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			for range held {
				<-r.slots
			}
			return ctx.Err()
		}
	}
	for range cap(r.slots) {
		<-r.slots
	}
	return nil
}

func errClosed() error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server is stopping. Try again in a moment."}
}

// maxToolLength bounds what a client can make us keep; real names are a fraction of it.
const maxToolLength = 128

func normalized(c pierre.Call) pierre.Call {
	if len(c.Tool) > maxToolLength {
		c.Tool = c.Tool[:maxToolLength]
	}
	c.Country = clientinfo.OrUnknown(c.Country)
	return c
}
