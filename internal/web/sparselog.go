package web

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

const (
	sparseWindow = time.Minute
	sparseLines  = 60 // in a window
)

// A sparseLog writes so many lines a minute, and counts the others: requests without an accepted credential cost their
// sender nothing, and must not cost the operator a disk.
type sparseLog struct {
	to *slog.Logger

	mu    sync.Mutex
	until time.Time
	lines int
	more  map[int]int // lines that were not written, by status
}

func newSparseLog(to *slog.Logger) *sparseLog { return &sparseLog{to: to, more: map[int]int{}} }

func (l *sparseLog) log(ctx context.Context, now time.Time, level slog.Level, status int, attrs []slog.Attr) {
	if !l.to.Enabled(ctx, level) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.After(l.until) {
		l.sum(ctx)
		l.until, l.lines = now.Add(sparseWindow), 0
	}
	if l.lines == sparseLines {
		l.more[status]++
		return
	}
	l.lines++
	l.to.LogAttrs(ctx, level, "request", attrs...)
}

// flush writes how many lines were left out.
func (l *sparseLog) flush(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum(ctx)
}

func (l *sparseLog) sum(ctx context.Context) {
	if len(l.more) == 0 {
		return
	}
	attrs := make([]slog.Attr, 0, len(l.more))
	for status, n := range l.more {
		attrs = append(attrs, slog.Int("status_"+strconv.Itoa(status), n))
	}
	clear(l.more)
	l.to.LogAttrs(ctx, slog.LevelInfo, "more requests without an accepted credential", attrs...)
}
