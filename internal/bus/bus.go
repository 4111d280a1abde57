// Package bus tells a server which keys, tiers and users other servers or programs changed.
//
// The news are in the database: whoever changes something writes a row in the same transaction, and each server reads the
// rows after those that it knows. Nothing is lost, whatever happens to the server, to the network or to what carries news.
// A [Carrier], such as PostgreSQL's NOTIFY or Redis' publish, only says that it is time to read; without one, or while it
// is silent, the server reads twice a second.
package bus

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	everyCarried   = 2 * time.Second        // between two looks for changes while a carrier works
	everyUncarried = 500 * time.Millisecond // and while none does
	silence        = 5 * time.Second        // after which a carrier, or the database, counts as silent
	readTimeout    = 3 * time.Second
	page           = 1000 // changes that are read at once
)

// A Source is where changes are written.
type Source interface {
	// ChangesAfter returns at most limit changes with a higher number than seq, in the order of their numbers.
	ChangesAfter(ctx context.Context, seq int64, limit int) ([]pierre.Change, error)
	// LastChange returns the highest number of a change, 0 if there is none.
	LastChange(ctx context.Context) (int64, error)
}

// A Listener is told of changes. It may be told of one several times, and of its own server's, too.
type Listener interface {
	// Apply makes the server forget what it remembers of what changed.
	Apply(c pierre.Change)
	// Heard says whether the server hears of changes; it is called when that changes.
	Heard(ok bool)
	// Told says that Apply was told of all changes that were made before at.
	Told(at time.Time)
}

// Options are what a Bus may have in addition; the zero value works.
type Options struct {
	Carriers []Carrier
	Log      *slog.Logger // nil: nothing is logged
}

// A Bus reads the changes. Make one with [New] and let it [Bus.Run].
type Bus struct {
	source   Source
	listener Listener
	log      *slog.Logger
	carriers []*carriage

	wake chan struct{} // holds a value if it is time to read
	read atomic.Int64  // when the changes were read last, in nanoseconds since start
	deaf bool          // the listener knows that changes are not heard of
	at   cursor

	start time.Time
}

// New returns a Bus that tells the listener of the changes in the source.
func New(source Source, listener Listener, opts Options) *Bus {
	b := &Bus{source: source, listener: listener, log: opts.Log, wake: make(chan struct{}, 1), start: time.Now()}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	for _, c := range opts.Carriers {
		b.carriers = append(b.carriers, &carriage{Carrier: c, bus: b, send: make(chan struct{}, 1)})
	}
	return b
}

// Announce says that a change was committed by this server. It does not wait.
func (b *Bus) Announce(context.Context) {
	signal(b.wake)
	for _, c := range b.carriers {
		signal(c.send)
	}
}

// Run reads changes until ctx ends.
func (b *Bus) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, c := range b.carriers {
		wg.Go(func() { c.listen(ctx) })
		wg.Go(func() { c.speak(ctx) })
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-next.C:
		}
		if err := b.catchUp(ctx); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "reading what other servers changed failed", slog.Any("err", err))
		}
		b.tell(ctx)
		next.Reset(b.pause())
	}
}

// A State is how soon a server hears of what others change.
type State struct {
	// Deaf: the changes were not read for five seconds. What the server remembers of keys, it remembers for one second.
	Deaf bool
	// Silent names the carriers from which nothing was heard for five seconds. Changes are then read twice a second.
	Silent []string
}

// State returns the state now.
func (b *Bus) State() State {
	s := State{Deaf: b.since(&b.read) >= silence}
	for _, c := range b.carriers {
		if c.silent() {
			s.Silent = append(s.Silent, c.Name())
		}
	}
	return s
}

func (b *Bus) pause() time.Duration {
	for _, c := range b.carriers {
		if !c.silent() {
			return everyCarried
		}
	}
	return everyUncarried
}

// tell tells the listener if changes are no longer heard of, or again.
func (b *Bus) tell(ctx context.Context) {
	deaf := b.since(&b.read) >= silence
	if deaf == b.deaf {
		return
	}
	b.deaf = deaf
	b.listener.Heard(!deaf)
	if deaf {
		b.log.ErrorContext(ctx, "what other servers change is not heard of: keys are remembered for one second")
	} else {
		b.log.InfoContext(ctx, "what other servers change is heard of again")
	}
}

// catchUp reads the changes that are new and tells the listener of them.
func (b *Bus) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := time.Now()
	if err := b.at.read(ctx, b.source, b.listener.Apply); err != nil {
		return err
	}
	b.read.Store(int64(began.Sub(b.start)))
	b.listener.Told(began)
	return nil
}

// since returns how long ago the time in at was, or the start if it is later.
func (b *Bus) since(at *atomic.Int64) time.Duration {
	return time.Since(b.start) - time.Duration(at.Load())
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it is told already
	}
}
