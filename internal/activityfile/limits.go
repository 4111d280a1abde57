package activityfile

import (
	"cmp"
	"context"
	"io"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// withDefaults replaces what is not set.
func (l Limits) withDefaults() Limits {
	return Limits{
		TotalBytes: cmp.Or(l.TotalBytes, 16<<30),
		FileBytes:  cmp.Or(l.FileBytes, 256<<20),
		Entries:    cmp.Or(l.Entries, 100_000),
		Depth:      cmp.Or(l.Depth, 3),
		Ratio:      cmp.Or(l.Ratio, 200),
		Samples:    cmp.Or(l.Samples, 1_000_000),
		Rows:       cmp.Or(l.Rows, 50_000),
	}
}

// A budget is what is left of a walk's limits.
type budget struct {
	bytes   int64 // decompressed
	entries int
}

// A meter reads src within limits: those of the walk, of one file, and of how
// far that file may expand.
type meter struct {
	ctx    context.Context //nolint:containedctx // a reader lives for one file of one walk
	pause  func(context.Context)
	src    io.Reader
	budget *budget
	left   int64    // of the file
	packed *counter // the compressed bytes; nil: not compressed
	ratio  int64
	n      int64
}

// Up to where a file, and an upload, may expand however far: a ratio of small
// numbers says nothing.
const (
	ratioFloor     = 4 << 20
	expansionFloor = 64 << 20
)

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	m.pause(m.ctx)
	n, err := m.src.Read(p)
	m.n += int64(n)
	m.left -= int64(n)
	m.budget.bytes -= int64(n)
	switch {
	case m.budget.bytes < 0:
		return 0, draft.Unreadable("the upload is larger than what is read of one: upload the rest apart")
	case m.left < 0:
		return 0, draft.Unreadable("it is larger than %s", size(m.n+m.left))
	case m.packed != nil && m.n > ratioFloor && m.n > m.ratio*m.packed.n:
		return 0, draft.Unreadable("it expands to more than %d times its size: no recording does", m.ratio)
	}
	return n, err
}
