package bridge

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// mostQueued is how many bytes may wait for a host that reads slowly. Beyond that, writers block.
const mostQueued = 1 << 20

// An output writes messages to the host, one line each. It keeps the one order
// that several streams of a server can break: no progress follows its result.
//
// A goroutine that finds no other one writing writes, for itself and for those that
// queue lines in the meantime: answers that arrive together leave in one system call.
type output struct {
	w      io.Writer // only for the goroutine that set writing
	log    *messageLog
	broken chan struct{} // closed at the first failed write

	mu      sync.Mutex
	changed *sync.Cond // signaled when the queue is taken, and when writing ends
	writing bool
	queue   []byte // lines for the goroutine that writes
	spare   []byte // the queue before, to be used again
	err     error
	tokens  map[string]bool // progress tokens of the requests without an answer
}

func newOutput(w io.Writer, log *messageLog) *output {
	o := &output{w: w, log: log, broken: make(chan struct{}), tokens: make(map[string]bool)}
	o.changed = sync.NewCond(&o.mu)
	return o
}

// expect announces a request: progress that carries its token may pass until its answer.
func (o *output) expect(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tokens[token] = true
}

// forget ends what expect began, without an answer.
func (o *output) forget(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.tokens, token)
}

// answer writes the answer of the request that offered token ("" if none). A
// token that lives on (of a task, whose answer is only a receipt) is kept.
func (o *output) answer(line []byte, token string, livesOn bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waitForQueue()
	if token != "" && !livesOn {
		delete(o.tokens, token)
	}
	o.writeLocked(line)
}

// progress writes a progress notification, or drops it if its request has been answered.
func (o *output) progress(line []byte, token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waitForQueue() // not later: the answer may come while this waits
	if o.tokens[token] {
		o.writeLocked(line)
	}
}

// write writes any other message.
func (o *output) write(line []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waitForQueue()
	o.writeLocked(line)
}

// flushed is closed when nothing waits to be written.
func (o *output) flushed() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.mu.Lock()
		defer o.mu.Unlock()
		for o.writing {
			o.changed.Wait()
		}
	}()
	return done
}

// failure is the error of the first failed write.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// waitForQueue lets go of the lock until the host has read enough.
func (o *output) waitForQueue() {
	for len(o.queue) > mostQueued && o.err == nil {
		o.changed.Wait()
	}
}

// writeLocked puts line behind all others. It lets go of the lock only after that.
func (o *output) writeLocked(line []byte) {
	if o.err != nil {
		return
	}
	o.log.message("to host", line)
	line = append(oneLine(line), '\n')
	if o.writing {
		o.queue = append(o.queue, line...)
		return
	}
	o.writing = true
	o.writeOut(line)
	for len(o.queue) > 0 && o.err == nil {
		lines := o.queue
		o.queue = o.spare[:0]
		o.changed.Broadcast()
		o.writeOut(lines)
		if o.spare = nil; cap(lines) <= 2*mostQueued {
			o.spare = lines
		}
	}
	o.writing = false
	o.changed.Broadcast()
}

// writeOut writes without holding the lock.
func (o *output) writeOut(lines []byte) {
	o.mu.Unlock()
	_, err := o.w.Write(lines)
	o.mu.Lock()
	if err != nil {
		o.err = fmt.Errorf("writing to the host: %w", err)
		close(o.broken)
		o.changed.Broadcast()
	}
}

// oneLine makes valid JSON one line for every reader. Line breaks are white space
// there and become blanks, in place. Some hosts also end a line at U+0085, U+2028 or
// U+2029, which JSON allows within strings; they are escaped.
func oneLine(b []byte) []byte {
	if bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 {
		for i, c := range b {
			if c == '\n' || c == '\r' {
				b[i] = ' '
			}
		}
	}
	for _, sep := range []struct{ raw, escaped string }{{"\u0085", `\u0085`}, {"\u2028", `\u2028`}, {"\u2029", `\u2029`}} {
		if bytes.Contains(b, []byte(sep.raw)) {
			b = bytes.ReplaceAll(b, []byte(sep.raw), []byte(sep.escaped))
		}
	}
	return b
}
