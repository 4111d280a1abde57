// Package usage records what keys do and reports it. It owns the recording of
// tool calls, so that a call which was answered is counted even if the process is
// killed the next moment, the country and the hash that stand for a client's
// address, and the usage report of the admin API. Whether a call is admitted is
// package limit's business, where its rows are kept package store's.
//
// Reports are computed from the calls themselves; rollups can take the place of
// old calls behind the same CallStore.
package usage

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An EventStore keeps calls and raises the quota counters of their keys in one
// transaction. It ignores a call whose id it has.
type EventStore interface {
	RecordCalls(ctx context.Context, calls []pierre.Call) error
}

// Options are what a Recorder can do without.
type Options struct {
	Countries *Countries // nil: every country is "ZZ"
}

// Concurrent callers wait for one transaction together. queueSize bounds the callers
// that wait, maxBatch the calls of one transaction.
const (
	queueSize = 4096
	maxBatch  = 512
)

// A Recorder records calls. It is safe for concurrent use and has no goroutines
// of its own: the first caller that finds the store free writes for all that wait.
type Recorder struct {
	store     EventStore
	countries *Countries
	hash      hasher

	slots   chan struct{} // held by each caller inside Record
	closed  chan struct{}
	closing sync.Once

	writing sync.Mutex // held during a transaction
	mu      sync.Mutex // guards open and its calls
	open    *batch     // takes further calls; nil if none
}

// A batch is a transaction to be. Whoever makes it writes it.
type batch struct {
	calls []pierre.Call
	done  chan struct{} // closed when err is set
	err   error
}

// NewRecorder returns a Recorder that keeps calls in store.
func NewRecorder(store EventStore, opts Options) *Recorder {
	return &Recorder{
		store:     store,
		countries: opts.Countries,
		slots:     make(chan struct{}, queueSize),
		closed:    make(chan struct{}),
	}
}

// Record returns when c is durable: it survives the death of the process, and is
// counted against its key's limit in the same transaction. ctx bounds the wait
// for a place in the queue; a call that has one is written even if ctx ends. The
// answer to the call should wait for Record, and be an error if Record fails: a
// full disk gives [pierre.KindStorageFull], a closed Recorder [pierre.KindUnavailable].
//
// c.Started is moved into the window that the call was admitted in, because the
// two instants can lie on either side of midnight.
func (r *Recorder) Record(ctx context.Context, c pierre.Call) error {
	select {
	case <-r.closed:
		return errClosed()
	default:
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-r.closed:
		return errClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
	b, mine := r.join(normalized(c))
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
	r.writing.Lock()
	defer r.writing.Unlock()
	runtime.Gosched() // callers that the last transaction has just released join this one, not the next
	r.mu.Lock()
	if r.open == b {
		r.open = nil
	}
	r.mu.Unlock()
	b.err = r.store.RecordCalls(ctx, b.calls)
	close(b.done)
}

// Close lets no more calls in and returns when those that are in are written, or when ctx ends.
func (r *Recorder) Close(ctx context.Context) error {
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

// Client returns what is kept of a client's address: its country, and a hash that
// is the same for all calls from it on the UTC day of at, and that nobody can undo
// once that day or this process is over. Without an address the hash is "".
func (r *Recorder) Client(addr netip.Addr, at time.Time) (country, hash string) {
	if !addr.IsValid() {
		return UnknownCountry, ""
	}
	plain := addr.Unmap().WithZone("")
	return r.countries.Country(plain, at), r.hash.sum(plain, at)
}

// maxToolLength bounds what a client can make us keep; real names are a fraction of it.
const maxToolLength = 128

func normalized(c pierre.Call) pierre.Call {
	if len(c.Tool) > maxToolLength {
		c.Tool = c.Tool[:maxToolLength]
	}
	c.Country = orUnknown(c.Country)
	if c.Period == "" {
		return c
	}
	start, end := c.Period.Window(c.WindowStart)
	if c.Started.Before(start) {
		c.Started = start
	}
	if !c.Started.Before(end) {
		c.Started = end.Add(-time.Microsecond)
	}
	return c
}
