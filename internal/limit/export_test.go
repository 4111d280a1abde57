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

// Settling reports whether a command of Redis gives a block back.
func Settling(args []any) bool { return len(args) > 6 && args[6] == actSettle }

// ID is the server's.
func (s *Shared) ID() string { return s.id }

// LookAgain lets the server look for what others left though it has just done so.
func (s *Shared) LookAgain() {
	s.blocks.mu.Lock()
	defer s.blocks.mu.Unlock()
	clear(s.blocks.looked)
}
