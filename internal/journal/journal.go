// Package journal keeps recorded calls in a file until the database has them. An answer waits for one write to the file,
// not for a transaction, and the database gets many calls in one transaction. A process that is killed loses nothing:
// the next one writes what it finds in the file. It is for a database that one server writes, on the same disk.
//
// Which calls are recorded, and when they are answered, is package usage's; how the database keeps them is package store's.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Store is the database behind a journal.
type Store interface {
	// RecordCalls keeps calls and raises their quota counters in one transaction. It ignores a call that it has.
	RecordCalls(ctx context.Context, calls []pierre.Call) error
	// RecordRefusedCalls adds to the counts of refused calls, all of them or none.
	RecordRefusedCalls(ctx context.Context, counts []pierre.RefusedCalls) error
	// QuotaUsed returns how many calls of the bucket count in a window, without those that are running.
	QuotaUsed(ctx context.Context, bucket string, period pierre.Period, windowStart time.Time, running []pierre.RunningCall) (int64, error)
}

const (
	collect  = 25 * time.Millisecond  // how long calls are collected for a transaction
	pause    = 250 * time.Millisecond // between two tries if the database takes none
	maxBatch = 512                    // calls of a transaction
)

// MaxWaiting is how many calls a journal keeps that the database does not have yet.
const MaxWaiting = 1 << 16

// A Journal is a [Store] that takes calls sooner than the database does. It is safe for concurrent use.
type Journal struct {
	Store

	path string
	log  *slog.Logger

	stop context.CancelFunc
	done chan struct{}
	wake chan struct{} // holds an element if enough calls wait for a transaction

	writing chan struct{} // holds an element while calls are brought to the database

	mu       sync.Mutex // guards what follows
	active   *segment   // takes further calls; nil if it was closed
	waiting  []waiting  // oldest first
	failed   error      // why the database took no calls when it was tried last
	setAside int        // calls that the database refuses
}

// A waiting call is in its segment and not in the database.
type waiting struct {
	call pierre.Call
	in   *segment
}

// Stats say how far the database is behind.
type Stats struct {
	Waiting  int // calls that are in the file only
	SetAside int // calls that the database refuses; they stay in files beside the journal
}

// Open brings what an earlier process left in the journal at path to the database, and returns a journal there. Its
// files have names that begin with path. The process must be the only one that uses them.
func Open(ctx context.Context, path string, store Store, log *slog.Logger) (*Journal, error) {
	j := &Journal{
		Store: store, path: path, log: log,
		done: make(chan struct{}), wake: make(chan struct{}, 1), writing: make(chan struct{}, 1),
	}
	next, err := j.recover(ctx)
	if err != nil {
		return nil, err
	}
	if j.active, err = createSegment(path, next); err != nil {
		return nil, err
	}
	ctx, j.stop = context.WithCancel(context.WithoutCancel(ctx))
	go j.run(ctx)
	return j, nil
}

// recover writes what old segments hold, and returns the number of the next segment.
func (j *Journal) recover(ctx context.Context) (next int64, err error) {
	old, err := oldSegments(j.path)
	if err != nil {
		return 0, err
	}
	next = 1
	for _, s := range old {
		calls, err := s.read()
		if err != nil {
			return 0, err
		}
		next = s.number + 1
		s.pending = len(calls)
		for _, c := range calls {
			j.waiting = append(j.waiting, waiting{c, s})
		}
		s.sealed = true
	}
	if len(j.waiting) > 0 {
		j.log.WarnContext(ctx, "recording calls that an earlier process could not bring to the database", slog.Int("calls", len(j.waiting)))
	}
	if err := j.Flush(ctx); err != nil {
		return 0, fmt.Errorf("recording the calls in %s: %w", j.path, err)
	}
	return next, nil
}

// RecordCalls keeps calls in the file. If the database has taken none for so long that too many wait, it fails with
// [pierre.KindUnavailable], or as the database does.
func (j *Journal) RecordCalls(_ context.Context, calls []pierre.Call) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.active == nil:
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server is stopping. Try again in a moment."}
	case len(j.waiting)+len(calls) > MaxWaiting && j.failed != nil:
		return j.failed
	case len(j.waiting)+len(calls) > MaxWaiting:
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server has more calls to record than it can. Try again in a moment."}
	}
	if err := j.active.append(calls); err != nil {
		return err
	}
	first := len(j.waiting) == 0
	for _, c := range calls {
		j.waiting = append(j.waiting, waiting{c, j.active})
	}
	if first || len(j.waiting) >= maxBatch {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// QuotaUsed asks the database, which has all calls of the bucket by then that were recorded before. Others may still
// wait: with many tenants there is always one whose window opens, and it does not write what all the others did.
func (j *Journal) QuotaUsed(
	ctx context.Context, bucket string, period pierre.Period, windowStart time.Time, running []pierre.RunningCall,
) (int64, error) {
	if j.holds(bucket) {
		if err := j.Flush(ctx); err != nil {
			return 0, err
		}
	}
	return j.Store.QuotaUsed(ctx, bucket, period, windowStart, running)
}

// holds reports whether calls of the bucket wait.
func (j *Journal) holds(bucket string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.waiting {
		for _, b := range j.waiting[i].call.Buckets {
			if b.ID == bucket {
				return true
			}
		}
	}
	return false
}

// Stats returns how far the database is behind.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Stats{Waiting: len(j.waiting), SetAside: j.setAside}
}

// run brings calls to the database until ctx ends.
func (j *Journal) run(ctx context.Context) {
	defer close(j.done)
	timer := time.NewTimer(collect)
	defer timer.Stop()
	for {
		select {
		case <-j.wake:
		case <-ctx.Done():
			return
		}
		timer.Reset(collect)
		select {
		case <-timer.C:
		case <-j.wake: // enough for a transaction
		case <-ctx.Done():
			return
		}
		for err := j.Flush(ctx); err != nil && ctx.Err() == nil; err = j.Flush(ctx) {
			j.log.WarnContext(ctx, "the database takes no calls; they wait in the journal", slog.Int("waiting", j.Stats().Waiting), slog.Any("err", err))
			timer.Reset(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
}

// renew keeps the active segment small. j.mu is held.
func (j *Journal) renew() error {
	s := j.active
	switch {
	case s.size < renewBytes:
		return nil
	case s.pending == 0 && !s.keep:
		return s.reset()
	case s.size < maxSegment:
		return nil
	}
	next, err := createSegment(j.path, s.number+1)
	if err != nil {
		return err
	}
	j.active = next
	s.sealed = true
	if s.pending == 0 {
		return s.drop()
	}
	return nil
}

// Close takes no more calls, and returns when the database has those before, or when ctx ends: then they stay in the
// file for the next process.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	last := j.active
	j.active = nil
	j.mu.Unlock()
	if last == nil {
		return nil
	}
	j.stop()
	<-j.done
	err := j.Flush(ctx)
	j.mu.Lock()
	defer j.mu.Unlock()
	last.sealed = true
	if last.pending > 0 {
		return errors.Join(err, last.close())
	}
	return errors.Join(err, last.drop())
}
