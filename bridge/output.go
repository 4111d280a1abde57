package bridge

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// An output writes messages to the host, one line each. It keeps the one order
// that several streams of a server can break: no progress follows its result.
type output struct {
	log    *messageLog
	broken chan struct{} // closed at the first failed write

	mu     sync.Mutex
	w      io.Writer
	err    error
	tokens map[string]bool // progress tokens of the requests without an answer
}

func newOutput(w io.Writer, log *messageLog) *output {
	return &output{w: w, log: log, broken: make(chan struct{}), tokens: make(map[string]bool)}
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
	if token != "" && !livesOn {
		delete(o.tokens, token)
	}
	o.writeLocked(line)
}

// progress writes a progress notification, or drops it if its request has been answered.
func (o *output) progress(line []byte, token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tokens[token] {
		o.writeLocked(line)
	}
}

// write writes any other message.
func (o *output) write(line []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writeLocked(line)
}

// failure is the error of the first failed write.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *output) writeLocked(line []byte) {
	if o.err != nil {
		return
	}
	o.log.message("to host", line)
	if _, err := o.w.Write(append(oneLine(line), '\n')); err != nil {
		o.err = fmt.Errorf("writing to the host: %w", err)
		close(o.broken)
	}
}

// oneLine blanks the line breaks in valid JSON, in place: there they are white space.
func oneLine(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}
