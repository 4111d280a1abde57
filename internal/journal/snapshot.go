package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// WriteTo writes the calls that the files at path hold to w, as the files keep them, and returns how many. The journal may be
// in use: a call that the database gets meanwhile may be missing, so read the database after that.
func WriteTo(w io.Writer, path string) (calls int, err error) {
	segments, err := oldSegments(path)
	if err != nil {
		return 0, err
	}
	for _, s := range segments {
		found, err := s.read()
		if errors.Is(err, fs.ErrNotExist) { // the database has its calls by now
			continue
		}
		if err != nil {
			return calls, err
		}
		var b bytes.Buffer
		for i := range found {
			encode(&b, &found[i])
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return calls, fmt.Errorf("writing the journal's calls: %w", err)
		}
		calls += len(found)
	}
	return calls, nil
}

// Replay brings calls that [WriteTo] wrote to the database, which ignores those that it has. It returns how many there were,
// and how many of them the database refuses.
func Replay(ctx context.Context, r io.Reader, store Store) (calls, refused int, err error) {
	all, err := decode(r)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the journal's calls: %w", err)
	}
	for len(all) > 0 {
		batch := all[:min(len(all), maxBatch)]
		all = all[len(batch):]
		calls += len(batch)
		n, err := replay(ctx, store, batch)
		if err != nil {
			return calls, refused, err
		}
		refused += n
	}
	return calls, refused, nil
}

// replay records a batch, one by one if the database does not take it whole.
func replay(ctx context.Context, store Store, batch []pierre.Call) (refused int, err error) {
	err = store.RecordCalls(ctx, batch)
	if err == nil || passing(ctx, err) {
		return 0, err
	}
	for i := range batch {
		err := store.RecordCalls(ctx, batch[i:i+1])
		if err != nil && passing(ctx, err) {
			return refused, err
		}
		if err != nil {
			refused++
		}
	}
	return refused, nil
}
