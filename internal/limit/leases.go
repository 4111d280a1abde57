package limit

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A block stands in Redis until it is given back, under a name that says whose it is. Its owner gives back what it did not use,
// and tries again if Redis did not answer: what does not stand there any more is not given back twice. If the owner is no longer
// among the servers that count together, which it is not after five seconds without a sign of life and admits nothing after three,
// another server gives it back, when a call would be refused otherwise. Which of the block's calls were made it sees in the
// database: their ids begin with the block's. A call that was running when its server was killed is in no book, and was not answered.
// A server may also be cut off and live: what was running there is recorded, and answered, when it reaches the database again, or
// is given up. So a block is left alone until such calls have ended, as far as calls end within minutes.

const (
	blockField  = "block|"
	blockDigits = 20                     // of a block's id
	callDigits  = 6                      // behind it in a call's, which is as long as other calls'
	callPrefix  = "call_"                // of the ids of all calls
	givenAtOnce = 16                     // blocks are given back side by side
	lookEvery   = time.Second            // for what others left, at a customer
	everything  = int64(1) << 40         // more calls than a block has
	askAgain    = 200 * time.Millisecond // what Redis did not answer
	endedAfter  = 2 * time.Minute        // a call has ended: the tool, which takes seconds, and the wait for the database, ten more
)

// newBlock returns the name of a new block of this server.
func (s *Shared) newBlock() string {
	return blockField + s.id + "|" + strings.ToLower(rand.Text())[:blockDigits]
}

// called is the answer about the call that was taken last from the block, with the call's id.
func (b *block) called(r reply) reply {
	if b.name != "" {
		r.block, r.id = b.name, pierre.CallID(fmt.Sprintf("%s%0*d", idPrefix(b.name), callDigits, b.spent-1))
	}
	return r
}

// idPrefix begins the ids of the calls of the block with that name.
func idPrefix(name string) string { return callPrefix + name[len(name)-blockDigits:] }

// namesOf names the blocks of the epoch for the script.
func namesOf(list []block, p phase) string {
	var names strings.Builder
	for _, b := range list {
		if b.phase.epoch == p.epoch {
			names.WriteString(b.name + "\n")
		}
	}
	return names.String()
}

// giveBackBlocks gives back what was not used of blocks, and keeps those for the next time that could not be. It ends early if Redis
// does not answer at all, or with ever more errors. It reports whether it is worth while to go on at once.
func (s *Shared) giveBackBlocks(ctx context.Context, list []block) bool {
	ctx, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	var wg sync.WaitGroup
	var failed atomic.Int64
	turns := make(chan struct{}, givenAtOnce)
	for _, b := range list {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			began := time.Now()
			if err := s.giveBackBlock(ctx, b); err != nil {
				if s.blocks.keep(b); time.Since(began) >= redisWait || failed.Add(1) >= givenAtOnce {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err() == nil
}

func (s *Shared) giveBackBlock(ctx context.Context, b block) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	unused := b.first.calls - b.spent
	if b.spent == 0 { // how many Redis has taken is not known
		unused = everything
	}
	return s.tell(ctx, b.phase, question{act: actSettle, calls: unused, account: b.account, block: b.name})
}

// keep puts a block back that could not be given back.
func (b *blocks) keep(one block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaid = append(b.unsaid, one)
}

// giveBackAll gives back all blocks, until ctx ends or for some seconds. Others give back the rest.
func (s *Shared) giveBackAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	for {
		list := s.blocks.all()
		if len(list) == 0 {
			return
		}
		pause := askAgain
		if s.giveBackBlocks(ctx, list) {
			pause = sweeping
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// reclaim gives back what is left of blocks of servers that are gone, and reports whether that changed something. It looks once a
// second at a customer: refusals are many. now is by Redis' clock, in microseconds.
func (s *Shared) reclaim(ctx context.Context, p phase, account string, now int64) bool {
	if !s.blocks.look(account, time.Now()) {
		return false
	}
	fields, err := s.leftBlocks(ctx, account, now)
	if err != nil || len(fields) == 0 {
		return false
	}
	gone, err := s.gone(ctx)
	if err != nil {
		return false
	}
	changed := false
	for name, at := range fields {
		owner, _, _ := strings.Cut(strings.TrimPrefix(name, blockField), "|")
		if !gone(owner) {
			continue
		}
		if err := s.reclaimBlock(ctx, p, account, name, time.UnixMicro(at)); err != nil {
			s.opts.Log.WarnContext(ctx, "calls that a server had taken ahead could not be given back", slog.Any("err", err))
			continue
		}
		changed = true
	}
	return changed
}

func (s *Shared) reclaimBlock(ctx context.Context, p phase, account, name string, at time.Time) error {
	if len(name) < len(blockField)+blockDigits {
		return errReply
	}
	made, err := s.store.CallsBetween(ctx, idPrefix(name), at.Add(-lentFor), at.Add(lentFor))
	if err != nil {
		return err
	}
	return s.tell(ctx, p, question{act: actReclaim, calls: made, account: account, block: name})
}

// leftBlocks returns the blocks of a customer that stand in Redis and of which no call runs any more at now, by name, and when they
// were taken, in microseconds of Redis' clock.
func (s *Shared) leftBlocks(ctx context.Context, account string, now int64) (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	fields, err := s.opts.Redis.HGetAll(ctx, countsKey(account)).Result()
	taken := map[string]int64{}
	for name, held := range fields {
		if !strings.HasPrefix(name, blockField) {
			continue
		}
		var at int64
		if _, err := fmt.Sscan(held, &at); err == nil && now-at >= cmp.Or(s.opts.endedAfter, endedAfter).Microseconds() {
			taken[name] = at
		}
	}
	return taken, err
}

// gone asks the database which servers count, and returns a function that reports whether one does not. One is among
// them before it takes its first block.
func (s *Shared) gone(ctx context.Context) (func(id string) bool, error) {
	s.mu.Lock()
	reaches := s.reaches
	s.mu.Unlock()
	v, present, err := s.store.BeatLimiter(ctx, s.id, reaches)
	if err != nil {
		return nil, err
	}
	if !present {
		return nil, errFenced
	}
	counts := map[string]bool{s.id: true}
	for _, r := range v.Replicas {
		counts[r.ID] = true
	}
	return func(id string) bool { return !counts[id] }, nil
}

// look reports whether it is time to look for what is left at the customer.
func (b *blocks) look(account string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.looked[account]) < lookEvery {
		return false
	}
	if len(b.looked) >= maxBack {
		clear(b.looked)
	}
	b.looked[account] = now
	return true
}
