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
