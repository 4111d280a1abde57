package streamable

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const (
	maxUnsent = 64               // messages that wait for a client: then the tool that makes them waits, too
	maxKept   = 256              // messages of a stream that are kept for a client that comes back
	maxBytes  = 1 << 20          // the same in bytes
	keepAlive = 25 * time.Second // proxies cut streams that are silent for half a minute
)

// A stream is what one SSE response carries, in the order in which it was made. A connection sends it with [stream.serve];
// if the connection breaks, another one can go on from there.
type stream struct {
	number int64                          // within its session
	keep   bool                           // sent messages are kept for a client that comes back
	edit   func(*mcp.JSONRPCNotification) // corrects notifications; nil: as they are

	mu      sync.Mutex
	entries []*entry
	first   int64         // number of entries[0]; entries are numbered from 1
	sent    int64         // number of the last one that was sent
	bytes   int           // of the data in entries
	changed chan struct{} // closed, and replaced, at each change
	ended   chan struct{} // closed when nothing more will come
	taken   chan struct{} // closed when another connection takes over; nil: no connection serves
}

// An entry is one message. A notification arrives through slot: mcp-go drops notifications for which a channel has no
// space at that instant, and a channel of its own always has space.
type entry struct {
	slot chan mcp.JSONRPCNotification
	data []byte // nil until the notification was taken out of slot

	taking sync.Mutex // held by the connection that takes it out, until data is there for the others
}

func newStream(number int64, keep bool) *stream {
	return &stream{number: number, keep: keep, first: 1, changed: make(chan struct{}), ended: make(chan struct{})}
}

// reserve returns a place in the stream for one notification that follows at once. If the client is slow it waits for
// space, or for gone: nil does not wait.
func (st *stream) reserve(gone <-chan struct{}) chan<- mcp.JSONRPCNotification {
	slot := make(chan mcp.JSONRPCNotification, 1)
	if gone != nil {
		st.waitForSpace(gone)
	}
	st.push(&entry{slot: slot})
	return slot
}

// append adds a message.
func (st *stream) append(data []byte) { st.push(&entry{data: data}) }

func (st *stream) push(e *entry) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.isEnded() {
		return // no client will see it
	}
	st.entries = append(st.entries, e)
	st.bytes += len(e.data)
	st.trim()
	st.announce()
}

// trim forgets what was sent, or sent long ago, and what waits for so long that the client cannot want it: a
// notification without a call says only that something changed, and the newest ones say it, too.
func (st *stream) trim() {
	for len(st.entries) > 0 {
		isSent := st.first <= st.sent
		if !(isSent && !st.keep) && len(st.entries) <= maxKept && st.bytes <= maxBytes {
			return
		}
		if !isSent && len(st.entries) == 1 {
			return // a single answer may be large
		}
		st.bytes -= len(st.entries[0].data)
		st.entries[0] = nil
		st.entries = st.entries[1:]
		st.first++
	}
}

func (st *stream) waitForSpace(gone <-chan struct{}) {
	for {
		st.mu.Lock()
		full := st.taken != nil && st.first+int64(len(st.entries))-1-st.sent >= maxUnsent
		changed := st.changed
		st.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-changed:
		case <-gone:
			return
		}
	}
}

// end says that nothing more will come. Slots that are empty now stay so.
func (st *stream) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.isEnded() {
		close(st.ended)
		st.announce()
	}
}

func (st *stream) isEnded() bool {
	select {
	case <-st.ended:
		return true
	default:
		return false
	}
}

func (st *stream) announce() {
	close(st.changed)
	st.changed = make(chan struct{})
}

// attach makes the caller the one that serves, until it calls detach or the returned channel is closed.
func (st *stream) attach() (taken chan struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.taken != nil {
		close(st.taken)
	}
	st.taken = make(chan struct{})
	return st.taken
}

func (st *stream) detach(mine chan struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.taken == mine {
		st.taken = nil
		st.announce() // nothing has to wait for space now
	}
}

// size returns how many bytes of messages are kept.
func (st *stream) size() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.bytes
}

// attached reports whether a connection serves the stream.
func (st *stream) attached() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.taken != nil
}

// serve sends what comes after the message called last, until the stream ends, gone is closed, the connection breaks
// or another one takes over. The caller has attached before it, so that each message finds a connection to wait for.
func (st *stream) serve(out *sseWriter, last int64, gone <-chan struct{}, taken chan struct{}) {
	defer st.detach(taken)
	silence := time.NewTicker(keepAlive)
	defer silence.Stop()
	for {
		e, number, changed := st.next(last)
		if e != nil {
			last = number
			data := st.take(e, gone, taken)
			if data != nil && out.event(st.number, number, data, st.keep) != nil {
				return
			}
			st.markSent(number)
			continue
		}
		if out.flush() != nil || changed == nil {
			return
		}
		select {
		case <-changed:
		case <-silence.C:
			out.comment()
		case <-taken:
			return
		case <-gone:
			return
		}
	}
}

// next returns the message after the one called last, or the channel that tells when there is one; that is nil if
// there will be none.
func (st *stream) next(last int64) (e *entry, number int64, changed chan struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	number = max(last+1, st.first)
	if i := number - st.first; i < int64(len(st.entries)) {
		return st.entries[i], number, nil
	}
	if st.isEnded() {
		return nil, 0, nil
	}
	return nil, 0, st.changed
}

// take returns the data of e, waiting for a notification that is about to come. It is nil if none came.
func (st *stream) take(e *entry, gone, taken <-chan struct{}) []byte {
	e.taking.Lock() // a connection that has taken over waits for the one before it, which lets go at once
	defer e.taking.Unlock()
	st.mu.Lock()
	data := e.data
	st.mu.Unlock()
	if data != nil {
		return data
	}
	var n mcp.JSONRPCNotification
	select {
	case n = <-e.slot:
	case <-gone:
		return nil
	case <-taken:
		return nil
	case <-st.ended:
		select {
		case n = <-e.slot:
		default:
			return nil
		}
	}
	if st.edit != nil {
		st.edit(&n)
	}
	data, err := json.Marshal(n)
	if err != nil {
		return nil // what cannot be JSON cannot be sent
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	e.data = data
	st.bytes += len(data)
	return data
}

func (st *stream) markSent(number int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sent = max(st.sent, number)
	st.trim()
	st.announce()
}

// lastSent returns the number after which a connection goes on that does not say where it was.
func (st *stream) lastSent() int64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.sent
}
