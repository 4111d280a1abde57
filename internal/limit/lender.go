package limit

import (
	"slices"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A lender has the block of one kind of calls.
type lender struct {
	mu      sync.Mutex
	block   block
	old     []block   // that are over, and are to be given back; with those that are used up
	asking  *asking   // the caller who asks for the next block; nil: nobody does
	waiting int64     // callers that wait for it
	size    int64     // so many calls came while the last block could be used
	direct  time.Time // until then each call is counted by itself, since little is left
	used    time.Time // when a call came
	gone    bool      // no longer in blocks: look there again
}

// A block is some calls that Redis has counted already.
type block struct {
	phase   phase
	name    string // among the customer's counts in Redis
	kind    string // of its calls
	account string
	limited []pierre.Bucket
	first   reply     // of the first call
	spent   int64     // of first.calls
	asked   time.Time // when it was asked for, before Redis counted it
	ends    int64     // by Redis' clock, when the first of its windows does
}

// An asking is one caller who asks for a block, while others wait.
type asking struct {
	done chan struct{} // closed when there is an answer
	err  error         // then: why there is no block. It is the answer to all who waited: each would wait as long by itself
}

// spend takes a call from the block at now. Else it says what the caller has to do: ask for so many calls, or wait until
// somebody else has asked, or, with neither, be counted by itself.
func (l *lender) spend(p phase, now time.Time) (r reply, asks int64, wait *asking) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return reply{}, 0, answered()
	}
	if now.Sub(l.used) > 2*blockFor {
		l.size = 0
	}
	l.used = now
	b := &l.block
	if b.phase.epoch == p.epoch && b.open(now) {
		b.spent++
		return b.call(now), 0, nil
	}
	switch {
	case now.Before(l.direct):
		return reply{}, 0, nil
	case l.asking != nil:
		l.waiting++
		return reply{}, 0, l.asking
	}
	l.retire(now)
	asks = max(l.waiting+1, l.size)
	l.asking, l.waiting = &asking{done: make(chan struct{})}, 0
	return reply{}, asks, nil
}

func answered() *asking {
	a := &asking{done: make(chan struct{})}
	close(a.done)
	return a
}

// open reports whether a call may be taken from the block at now.
func (b *block) open(now time.Time) bool {
	since := now.Sub(b.asked)
	return b.spent < b.first.calls && since < blockFor && b.first.now+since.Microseconds() < b.ends
}

// call is what Redis would have answered about the call that was just taken.
func (b *block) call(now time.Time) reply {
	r := b.called(b.first)
	r.now += now.Sub(b.asked).Microseconds()
	r.buckets = make([]bucketReply, len(b.first.buckets))
	for i, bucket := range b.first.buckets {
		bucket.value += b.spent - 1
		r.buckets[i] = bucket
	}
	return r
}

// usedUp takes the blocks out of l.old of which nothing is to be given back.
func (l *lender) usedUp() (list []block) {
	l.old = slices.DeleteFunc(l.old, func(b block) bool {
		all := b.spent >= b.first.calls
		if all {
			list = append(list, b)
		}
		return all
	})
	return list
}

// retire ends the use of the block at now: it puts it away, and learns from it how many calls come.
func (l *lender) retire(now time.Time) {
	b := l.block
	if b.first.calls == 0 {
		return
	}
	l.block, l.size = block{}, b.spent
	if b.name != "" {
		l.old = append(l.old, b)
	}
	if b.spent >= b.first.calls && now.Sub(b.asked) < blockFor/2 {
		l.size *= 2
	}
}
