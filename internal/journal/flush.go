package journal

import (
	"context"
	"errors"
	"log/slog"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Flush returns when the database has the calls that were recorded before.
func (j *Journal) Flush(ctx context.Context) error {
	select {
	case j.writing <- struct{}{}:
		defer func() { <-j.writing }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for left := j.Stats().Waiting; left > 0; {
		n, err := j.writeSome(ctx)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// writeSome brings the oldest calls to the database and says how many. j.writing is held.
func (j *Journal) writeSome(ctx context.Context) (int, error) {
	j.mu.Lock()
	batch := j.waiting[:min(len(j.waiting), maxBatch)]
	j.mu.Unlock() // what is in batch stays: others only append behind it
	calls := make([]pierre.Call, len(batch))
	for i, w := range batch {
		calls[i] = w.call
	}
	err := j.Store.RecordCalls(ctx, calls)
	refused := make([]bool, len(batch))
	if err != nil && !passing(ctx, err) {
		err = j.writeEach(ctx, calls, refused)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed = err; err != nil {
		return 0, err
	}
	return len(batch), j.forget(batch, refused)
}

// passing reports whether the database may take the same calls later.
func passing(ctx context.Context, err error) bool {
	kind := pierre.KindOf(err)
	return ctx.Err() != nil || kind == pierre.KindUnavailable || kind == pierre.KindStorageFull
}

// writeEach brings calls to the database one by one, and says which it refuses for good: they must not hold up the others.
func (j *Journal) writeEach(ctx context.Context, calls []pierre.Call, refused []bool) error {
	for i := range calls {
		err := j.Store.RecordCalls(ctx, calls[i:i+1])
		if err != nil && passing(ctx, err) {
			return err
		}
		if refused[i] = err != nil; refused[i] {
			j.log.ErrorContext(ctx, "the database refuses a call; it stays in a file of the journal", slog.String("call_id", string(calls[i].ID)), slog.Any("err", err))
		}
	}
	return nil
}

// forget drops calls that the database has, and files that are not needed any more. j.mu is held.
func (j *Journal) forget(batch []waiting, refused []bool) error {
	var errs []error
	for i, w := range batch {
		w.in.pending--
		if refused[i] {
			w.in.keep = true
			j.setAside++
		}
		if w.in.pending == 0 && w.in.sealed {
			errs = append(errs, w.in.drop())
		}
	}
	n := len(batch)
	clear(j.waiting[:n])
	if j.waiting = j.waiting[n:]; len(j.waiting) == 0 {
		j.waiting = nil
	}
	if j.active != nil {
		errs = append(errs, j.renew())
	}
	return errors.Join(errs...)
}
