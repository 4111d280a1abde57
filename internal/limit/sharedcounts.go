package limit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// ask runs the script in the epoch, and reads the counts that Redis does not have.
func (s *Shared) ask(ctx context.Context, p phase, q question) (reply, error) {
	q.epoch, q.script, q.seeds = p.name(), p.script, map[int]string{}
	for range 5 {
		short, cancel := context.WithTimeout(ctx, redisWait)
		r, err := s.counter.run(short, q)
		cancel()
		switch {
		case err != nil:
			s.soon()
			return reply{}, fmt.Errorf("%w: %w", errAgain, err)
		case r.kind == replyEpoch:
			s.lost(ctx, p)
			return reply{}, errAgain
		case r.kind != replyMissing:
			return r, nil
		}
		for _, b := range r.buckets {
			if q.seeds[b.place], err = s.count(ctx, p, q.buckets[b.place], b.start, b.end); err != nil {
				return reply{}, err
			}
		}
	}
	return reply{}, errReply
}

// count counts the calls in a window: those in the database, those that ran when the epoch began, and those that run here.
func (s *Shared) count(ctx context.Context, p phase, b pierre.Bucket, start, end int64) (string, error) {
	calls := reportedIn(append(s.reports(), p.reported...), b.ID, time.UnixMicro(start), time.UnixMicro(end))
	slices.SortFunc(calls, func(a, b pierre.RunningCall) int { return strings.Compare(string(a.ID), string(b.ID)) })
	calls = slices.CompactFunc(calls, func(a, b pierre.RunningCall) bool { return a.ID == b.ID })
	stored, err := s.counts.QuotaUsed(ctx, b.ID, b.Limit.Period, time.UnixMicro(start).UTC(), calls)
	return strconv.FormatInt(start, 10) + ":" + strconv.FormatInt(stored+int64(len(calls)), 10), err
}

// reportedIn returns the reported calls that count against the bucket in a window.
func reportedIn(reported []pierre.ReportedCall, bucket string, start, end time.Time) []pierre.RunningCall {
	var calls []pierre.RunningCall
	for _, c := range reported {
		if !c.At.Before(start) && c.At.Before(end) && slices.Contains(c.Buckets, bucket) {
			calls = append(calls, pierre.RunningCall{ID: c.ID, At: c.At})
		}
	}
	return calls
}

func limitedOf(buckets []pierre.Bucket) []pierre.Bucket {
	list := make([]pierre.Bucket, 0, len(buckets))
	for _, b := range buckets {
		if b.Limited() {
			list = append(list, b)
		}
	}
	return list
}

// end implements ledger. What was counted in an epoch that is over is not given back: it is one of the calls that ran when
// the next one began.
func (s *Shared) end(ctx context.Context, r Reservation, stored bool) error {
	s.turn.RLock()
	defer s.turn.RUnlock()
	s.mu.Lock()
	_, runs := s.running[r.CallID]
	delete(s.running, r.CallID)
	p, beaten := s.phase, s.beaten
	s.mu.Unlock()
	switch {
	case !runs || r.epoch != p.epoch:
		return nil
	case r.block != "" && time.Since(beaten) > fence: // others may have given the block back, and this call with it
		return nil
	case r.local != nil:
		return r.local.end(ctx, r, stored)
	case stored:
		return nil
	}
	return s.tell(ctx, p, question{act: actGiveBack, at: r.At, calls: 1, account: r.account, buckets: limitedOf(r.Buckets), block: r.block})
}

// tell runs the script once in the epoch. In another one there is nothing to tell.
func (s *Shared) tell(ctx context.Context, p phase, q question) error {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	q.epoch, q.script = p.name(), p.script
	_, err := s.counter.run(ctx, q)
	return err
}

// reports returns the calls that run here.
func (s *Shared) reports() []pierre.ReportedCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []pierre.ReportedCall
	for id, r := range s.running {
		list = append(list, r.report(id))
	}
	return list
}

func (r running) report(id pierre.CallID) pierre.ReportedCall {
	c := pierre.ReportedCall{ID: id, At: r.at}
	for _, b := range r.buckets {
		if !slices.Contains(c.Buckets, b.ID) {
			c.Buckets = append(c.Buckets, b.ID)
		}
	}
	return c
}
