package activityfile

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

const (
	// perListed is how many bytes an archive's list may have for each file that may be read.
	perListed = 256
	// listedFor is how many files may be listed for each that may be read.
	listedFor = 2
	// twice is how many of them may be read a second time: the end of an archive is looked for in its last 64 kB.
	twice = 3000
	// longList is the size of a list, of some twenty thousand files, from which on it is read in turns.
	longList = 1 << 20
)

// A listReader bounds what the list of an archive's files may take, before anything of it is trusted: the reader of archives
// keeps it all in memory, several hundred bytes for each file. What it reads after open is set are the files.
type listReader struct {
	ctx   context.Context //nolint:containedctx // it lives for one archive
	w     *walker
	src   io.ReaderAt
	n     int64   // bytes read
	heads int     // of files among them
	tail  [3]byte // the last of them
	err   error   // why it read no further
	open  atomic.Bool
}

func (l *listReader) ReadAt(p []byte, off int64) (int, error) {
	if l.open.Load() {
		return l.src.ReadAt(p, off)
	}
	n, err := l.src.ReadAt(p, off)
	l.count(p[:n])
	switch {
	case l.n > int64(l.w.limits.Entries)*perListed, l.heads > l.w.limits.Entries*listedFor+twice:
		l.err = draft.Unreadable("the archive holds more than %d files", l.w.limits.Entries)
	case l.n > longList:
		l.err = l.w.takeTurn(l.ctx)
	}
	if l.err != nil {
		return 0, l.err
	}
	return n, err
}

// count counts what was read, and how often the head of a file's line begins in it.
func (l *listReader) count(p []byte) {
	head := []byte("PK\x01\x02")
	l.n += int64(len(p))
	l.heads += bytes.Count(p, head)
	seam := append(l.tail[:len(l.tail):len(l.tail)], p[:min(len(p), len(l.tail))]...)
	l.heads += bytes.Count(seam, head)
	last := p
	if len(p) < len(l.tail) {
		last = append(l.tail[:len(l.tail):len(l.tail)], p...)
	}
	copy(l.tail[:], last[len(last)-len(l.tail):])
}

// takeTurn waits until few other uploads have a long list in memory, unless this one has its turn.
func (w *walker) takeTurn(ctx context.Context) error {
	if w.long == nil || w.turn {
		return nil
	}
	select {
	case w.long <- struct{}{}:
		w.turn = true
		return nil
	default:
	}
	return w.without(ctx, func(ctx context.Context) error {
		select {
		case w.long <- struct{}{}:
			w.turn = true
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func (w *walker) endTurn() {
	if w.turn {
		<-w.long
	}
}
