package usage

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxRefusals bounds the counts of refused calls that wait in memory. Honest use stays far below: a count is of a key, a
// tool, a country and a minute, and they are written every few seconds.
const maxRefusals = 50_000

// refusals counts refused calls until they are written. A refusal is to cost next to nothing, or a client over its
// limit could fill the disk.
type refusals struct {
	mu      sync.Mutex
	counts  map[refusal]int64
	writing sync.Mutex // held during a flush
}

type refusal struct {
	key      pierre.KeyID
	minute   int64 // Unix time
	tool     string
	country  string
	customer pierre.UserID
	tier     pierre.Tier
}

// Refuse counts c, which its limit refused. It waits for nothing: the count is durable with the next [Recorder.Flush].
// It fails if so many counts cannot be written that memory would run out.
func (r *Recorder) Refuse(c pierre.Call) error {
	c = normalized(c)
	of := refusal{c.KeyID, c.Started.Truncate(time.Minute).Unix(), c.Tool, c.Country, cmp.Or(c.Customer, c.UserID), c.Tier}
	r.refused.mu.Lock()
	defer r.refused.mu.Unlock()
	if _, known := r.refused.counts[of]; !known && len(r.refused.counts) >= maxRefusals {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot record calls at present. Try again in a moment."}
	}
	if r.refused.counts == nil {
		r.refused.counts = map[refusal]int64{}
	}
	r.refused.counts[of]++
	return nil
}

// Flush writes what the database does not have yet: the counts of refused calls, and the calls in a [Buffer]. What cannot
// be written is kept for the next time.
func (r *Recorder) Flush(ctx context.Context) error {
	if b, ok := r.store.(Buffer); ok {
		if err := b.Flush(ctx); err != nil {
			return err
		}
	}
	r.refused.writing.Lock() // a flush ends after those before it, so that a report after it misses nothing
	defer r.refused.writing.Unlock()
	r.refused.mu.Lock()
	counts := r.refused.counts
	r.refused.counts = nil
	r.refused.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	rows := make([]pierre.RefusedCalls, 0, len(counts))
	for of, n := range counts {
		rows = append(rows, pierre.RefusedCalls{
			KeyID: of.key, Customer: of.customer, Tier: of.tier,
			Minute: time.Unix(of.minute, 0).UTC(), Tool: of.tool, Country: of.country, Calls: n,
		})
	}
	err := r.store.RecordRefusedCalls(ctx, rows)
	if err != nil {
		r.refused.putBack(counts)
	}
	return err
}

func (r *refusals) putBack(counts map[refusal]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for of, n := range r.counts {
		counts[of] += n
	}
	r.counts = counts
}
