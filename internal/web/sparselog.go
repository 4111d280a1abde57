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
	sparseLines  = 60 // of one owner, and of all callers without an accepted credential, in a window
)

// A sparseLog writes so many lines a minute of each owner, and counts the others: refused requests cost their sender
// nothing, and must not cost the operator a disk.
type sparseLog struct {
	to *slog.Logger

	mu    sync.Mutex
	until time.Time
	lines map[string]int         // by owner; "" for callers without an accepted credential
	more  map[string]map[int]int // lines that were not written, by owner and status
}

func newSparseLog(to *slog.Logger) *sparseLog {
	return &sparseLog{to: to, lines: map[string]int{}, more: map[string]map[int]int{}}
}

func (l *sparseLog) log(ctx context.Context, now time.Time, level slog.Level, owner string, status int, attrs []slog.Attr) {
	if !l.to.Enabled(ctx, level) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.After(l.until) {
		l.sum(ctx)
		l.until = now.Add(sparseWindow)
		clear(l.lines)
	}
	if l.lines[owner] == sparseLines {
		if l.more[owner] == nil {
			l.more[owner] = map[int]int{}
		}
		l.more[owner][status]++
		return
	}
	l.lines[owner]++
	l.to.LogAttrs(ctx, level, "request", attrs...)
}

// flush writes how many lines were left out.
func (l *sparseLog) flush(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum(ctx)
}

func (l *sparseLog) sum(ctx context.Context) {
	for owner, counts := range l.more {
		attrs := make([]slog.Attr, 0, len(counts)+1)
		if owner != "" {
			attrs = append(attrs, slog.String("owner", owner))
		}
		for status, n := range counts {
			attrs = append(attrs, slog.Int("status_"+strconv.Itoa(status), n))
		}
		if owner == "" {
			l.to.LogAttrs(ctx, slog.LevelInfo, "more requests without an accepted credential", attrs...)
		} else {
			l.to.LogAttrs(ctx, slog.LevelInfo, "more refused requests", attrs...)
		}
	}
	clear(l.more)
}
