package limit

import (
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// WithClock gives Redis another clock.
func WithClock(o SharedOptions, clock func() time.Time) SharedOptions {
	o.clock = clock
	return o
}

// WithEndedAfter takes calls for ended when that time has passed.
func WithEndedAfter(o SharedOptions, d time.Duration) SharedOptions {
	o.endedAfter = d
	return o
}

// DecodeReply decodes an answer of the script, and makes states of it.
func DecodeReply(answer any, buckets []pierre.Bucket) ([]State, error) {
	r, err := decodeReply(answer, len(buckets))
	if err != nil {
		return nil, err
	}
	return r.states(buckets, r.kind == replyTaken)
}

// Kill ends the server as a killed process does: it gives nothing back and says nothing.
func (s *Shared) Kill() {
	s.stop()
	<-s.done
	<-s.lent
}

// AboutBlock reports whether a command of Redis takes a block or gives it back.
func AboutBlock(args []any) bool {
	const act, calls = 6, 8 // behind the command, the script's hash and two keys
	if len(args) <= calls {
		return false
	}
	n, ok := args[calls].(int64)
	return args[act] == actSettle || args[act] == actTake && ok && n > 1
}

// ID is the server's.
func (s *Shared) ID() string { return s.id }

// LookAgain lets the server look for what others left though it has just done so.
func (s *Shared) LookAgain() {
	s.blocks.mu.Lock()
	defer s.blocks.mu.Unlock()
	clear(s.blocks.looked)
}
