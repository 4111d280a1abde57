package limit

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A server that gets many calls of one kind, which count against the same quotas, takes them from Redis in blocks: then most of
// them cost no round trip. A block is counted as used when it is taken, so that no limit is ever exceeded, and what was not
// used of it is given back after blockFor. The less is left, the smaller blocks are: the last hundred calls are taken one by
// one. A server is only refused when what others may give back has come back (see reserve.lua). So all of a limit is
// admitted, whichever servers the calls reach.
//
// What a server that is killed had taken, a hundredth of what was left at most, another one gives back; see leases.go.

// DefaultBlock is how many calls a server takes from Redis at once, at most: so many come in blockFor only if there are
// 20 000 a second.
const DefaultBlock = 1000

const (
	blockFor = 50 * time.Millisecond  // how long a block may be used
	sweeping = 25 * time.Millisecond  // how often is looked for blocks that are over
	lentFor  = 150 * time.Millisecond // in which a block is used or given back
	idleFor  = time.Second            // after which a kind of calls is forgotten
)

// Blocks are what a server has taken ahead, by kinds of calls.
type blocks struct {
	mu    sync.Mutex
	kinds map[string]*lender
	lent  map[string]*lender // of the kinds, those that may have something to give back
	swept time.Time          // when all kinds were looked at
	wake  chan struct{}      // holds an element if there are kinds again

	back   map[string]int64     // what was lent until then to calls of a customer has come back
	looked map[string]time.Time // when it was looked for a customer's blocks that are left
	unsaid []block              // that could not be given back
}

func newBlocks() blocks {
	return blocks{kinds: map[string]*lender{}, lent: map[string]*lender{}, wake: make(chan struct{}, 1), back: map[string]int64{}, looked: map[string]time.Time{}}
}

// maxBack bounds for how many customers it is remembered that all has come back.
const maxBack = 10_000

// cameBack reports whether what was lent until then has been waited for.
func (b *blocks) cameBack(account string, lent int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.back[account] >= lent
}

func (b *blocks) noteBack(account string, lent int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.back) >= maxBack {
		clear(b.back)
	}
	b.back[account] = max(b.back[account], lent)
}

// reserveOfBlock decides about a call as reserve does, in a block if its limits are quotas.
func (s *Shared) reserveOfBlock(ctx context.Context, p phase, buckets []pierre.Bucket) (Reservation, error) {
	limited := limitedOf(buckets)
	for _, b := range limited {
		if !b.Burst.None() {
			return s.reserve(ctx, p, buckets)
		}
	}
	if len(limited) == 0 {
		return s.reserve(ctx, p, buckets)
	}
	account := accountOf(buckets)
	kind := kindOf(account, limited)
	for {
		l := s.blocks.lender(kind)
		r, asks, wait := l.spend(p, time.Now())
		switch {
		case r.kind == replyTaken:
			return s.decided(r, p, buckets, limited)
		case asks > 0:
			r, err := s.askForBlock(ctx, p, l, block{phase: p, kind: kind, account: account, limited: limited}, min(asks, s.opts.Block))
			if err != nil {
				return Reservation{}, err
			}
			return s.decided(r, p, buckets, limited)
		case wait == nil:
			return s.reserve(ctx, p, buckets)
		}
		select {
		case <-wait.done:
			if wait.err != nil {
				return Reservation{}, wait.err
			}
		case <-ctx.Done():
			return Reservation{}, errAgain
		}
	}
}

// kindOf names calls that count against the same limits.
func kindOf(account string, limited []pierre.Bucket) string {
	name := make([]byte, 0, 128)
	name = append(name, account...)
	for _, b := range limited {
		name = append(append(append(append(name, '\n'), b.ID...), ' '), b.Limit.Period...)
		name = strconv.AppendInt(append(name, ' '), b.Limit.Requests, 10)
	}
	return string(name)
}

// lender returns the lender of that kind of calls. The caller must find out whether it is gone.
func (b *blocks) lender(kind string) *lender {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.kinds[kind]
	if l == nil {
		l = &lender{}
		b.kinds[kind] = l
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return l
}

// lends notes that the lender is about to have a block.
func (b *blocks) lends(kind string, l *lender) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lent[kind] = l
}

// askForBlock takes so many calls in Redis, at most. The answer is about the first of them, the others are kept.
func (s *Shared) askForBlock(ctx context.Context, p phase, l *lender, b block, calls int64) (reply, error) {
	// What Redis has counted must not be lost because its first caller is gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitFor)
	defer cancel()
	if b.asked = time.Now(); calls > 1 {
		b.name = s.newBlock()
		s.blocks.lends(b.kind, l)
	}
	l.mu.Lock()
	over := l.usedUp()
	l.mu.Unlock()
	r, err := s.take(ctx, p, question{account: b.account, buckets: b.limited, calls: calls, block: b.name, over: namesOf(over, p)})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asking.err = err
	close(l.asking.done)
	l.asking = nil
	if err != nil {
		l.old = append(l.old, over...)
		if b.name != "" { // Redis may have taken it all the same
			b.first.calls = calls
			l.old = append(l.old, b)
		}
		return r, err
	}
	if r.kind != replyTaken {
		l.direct = time.Now().Add(blockFor)
		return r, nil
	}
	b.first, b.spent, b.ends = r, 1, r.buckets[0].end
	if r.calls == 1 && calls > 1 {
		l.direct = time.Now().Add(blockFor)
		l.old = append(l.old, b)
		return b.called(r), nil
	}
	for _, bucket := range r.buckets {
		b.ends = min(b.ends, bucket.end)
	}
	l.block = b
	return b.called(r), nil
}

// lend gives back what was not used of blocks, until ctx ends.
func (s *Shared) lend(ctx context.Context) {
	defer close(s.lent)
	for {
		if !s.blocks.any() {
			select {
			case <-s.blocks.wake:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-time.After(sweeping):
		case <-ctx.Done():
			return
		}
		list := s.blocks.over(time.Now())
		if s.giveBackBlocks(context.WithoutCancel(ctx), list) { // what was taken out is not lost when the server ends
			continue
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return
		}
	}
}

func (b *blocks) any() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.kinds) > 0 || len(b.unsaid) > 0
}

// over takes the blocks that may not be used any more at now, and forgets the kinds of calls that came no more. Most of many kinds have
// no block, so all of them are looked at only as often as one may be forgotten.
func (b *blocks) over(now time.Time) (list []block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, b.unsaid = b.unsaid, nil
	look := b.lent
	if now.Sub(b.swept) >= idleFor {
		look, b.swept = b.kinds, now
	}
	for kind, l := range look {
		l.mu.Lock()
		if now.Sub(l.block.asked) >= blockFor {
			l.retire(now)
		}
		list = append(list, l.old...)
		l.old = nil
		if l.asking == nil && l.block.first.calls == 0 {
			delete(b.lent, kind)
			if now.Sub(l.used) > idleFor {
				l.gone = true
				delete(b.kinds, kind)
			}
		}
		l.mu.Unlock()
	}
	return list
}

// all takes all blocks.
func (b *blocks) all() (list []block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, b.unsaid = b.unsaid, nil
	for _, l := range b.kinds {
		l.mu.Lock()
		l.retire(time.Now())
		list = append(list, l.old...)
		l.old = nil
		l.mu.Unlock()
	}
	return list
}
