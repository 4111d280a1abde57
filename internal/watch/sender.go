package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	workers = 3
	// hurried is how long a new file waits at most while the server is away.
	hurried = 10 * time.Second
)

// A candidate is a complete file that waits to be sent.
type candidate struct {
	path string
	stamp

	sum string
}

// A sender sends complete files, a few at a time, until the server has taken each.
type sender struct {
	w      *watcher
	client *importclient.Client

	mu     sync.Mutex
	queue  []candidate
	queued map[string]bool // paths
	lost   map[string]bool // paths that were not there when they should be sent
	busy   int
	news   chan struct{} // there may be something to do
	again  time.Time     // when to try the server again; zero: it is there
	pause  time.Duration
	away   string // why it is not there
	since  time.Time
}

func newSender(w *watcher, client *importclient.Client) *sender {
	return &sender{w: w, client: client, queued: map[string]bool{}, lost: map[string]bool{}, news: make(chan struct{}, workers)}
}

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) {
	for ctx.Err() == nil {
		c, wait, ok := s.take(time.Now())
		if ok {
			s.send(ctx, c)
			continue
		}
		s.idle(ctx, wait)
	}
}

// idle waits for something to do; wait is for how long at most, 0 for ever.
func (s *sender) idle(ctx context.Context, wait time.Duration) {
	var passed <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.news:
	case <-passed:
	}
}

// take returns what to send next, or how long to wait for it. While the server is away, one tries for all.
func (s *sender) take(now time.Time) (c candidate, wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.queue) == 0, s.away != "" && s.busy > 0:
		return c, 0, false
	case s.away != "" && now.Before(s.again):
		return c, s.again.Sub(now), false
	}
	c = s.queue[0]
	s.queue = s.queue[1:]
	s.busy++
	return c, 0, true
}

// wake lets the idle workers look again.
func (s *sender) wake() {
	for range workers {
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

// add queues a complete file, in place of what it was before.
func (s *sender) add(c candidate) {
	s.mu.Lock()
	if s.queued[c.path] {
		s.remove(c.path)
	}
	s.queue = append(s.queue, c)
	s.queued[c.path] = true
	if soon := time.Now().Add(hurried); s.away != "" && s.again.After(soon) {
		s.again = soon
	}
	s.mu.Unlock()
	s.wake()
}

// withdraw takes a file out of the queue, which is not there any more.
func (s *sender) withdraw(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued[path] {
		s.remove(path)
	}
	delete(s.lost, path)
}

// remove takes a file out of the queue, unless it is being sent.
func (s *sender) remove(path string) {
	for i, c := range s.queue {
		if c.path == path {
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			delete(s.queued, path)
			return
		}
	}
}

// dropped reports, once, that a file was not sent because it was not there.
func (s *sender) dropped(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.lost[path]
	delete(s.lost, path)
	return was
}

// hurry makes the next try one of now.
func (s *sender) hurry() {
	s.mu.Lock()
	s.again = time.Time{}
	s.mu.Unlock()
	s.wake()
}

// send sends one file and notes what became of it.
func (s *sender) send(ctx context.Context, c candidate) {
	if _, known := s.w.ledger.with(c.sum); known { // two of the same came at once
		s.w.remember(c)
		s.done(c)
		return
	}
	if !s.there(c) {
		s.done(c)
		return
	}
	item := importclient.Item{Path: c.path, Name: filepath.Base(c.path), Size: c.size}
	report, err := s.client.Send(ctx, []importclient.Item{item}, silent{})
	if ctx.Err() != nil {
		return // it is sent at the next start
	}
	if err != nil {
		s.failed(c, err)
		return
	}
	s.back()
	if s.there(c) { // else what was sent is not what was looked at; it is noticed and sent anew
		s.w.outcome(c, report)
	}
	s.done(c)
}

// there reports whether a file is as it was when it was found complete. If not, it is not sent.
func (s *sender) there(c candidate) bool {
	info, err := os.Stat(c.path)
	if err == nil && c.same(stampOf(info)) {
		return true
	}
	s.mu.Lock()
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		s.lost[c.path] = true
	}
	s.mu.Unlock()
	return false
}

// done ends the work on a file.
func (s *sender) done(c candidate) {
	s.mu.Lock()
	s.busy--
	delete(s.queued, c.path)
	for _, other := range s.queue { // it came again meanwhile
		if other.path == c.path {
			s.queued[c.path] = true
		}
	}
	s.mu.Unlock()
	s.w.changed()
}

// failed puts a file back that the server did not take, behind the others: it may be the reason.
func (s *sender) failed(c candidate, err error) {
	s.mu.Lock()
	why := err.Error()
	if importclient.Status(err) == http.StatusUnauthorized {
		why += " Get a new key and give it to “mcp-client install”, then start watch again."
	}
	first := s.away == ""
	if first {
		s.since = time.Now()
	}
	s.pause = min(max(2*s.pause, s.w.opts.Backoff), s.w.opts.MaxBackoff)
	s.away, s.again = why, time.Now().Add(s.pause)
	s.busy--
	s.queue = append(s.queue, c)
	s.mu.Unlock()
	if first {
		s.w.say(Event{Kind: ServerAway, Reason: why + fmt.Sprintf(" (tried again, for as long as it takes; %s)", s.waiting())})
	}
	s.w.changed()
	s.wake()
}

// waiting says how many files wait to be sent.
func (s *sender) waiting() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return human.Plural(len(s.queue)+s.busy, "file") + " to send"
}

// back notes that the server answers.
func (s *sender) back() {
	s.mu.Lock()
	was := s.away != ""
	s.away, s.pause, s.again = "", 0, time.Time{}
	s.mu.Unlock()
	if was {
		s.w.say(Event{Kind: ServerBack})
		s.wake()
	}
}

// silent follows an upload that nobody watches.
type silent struct{}

func (silent) Sent(int64)                             {}
func (silent) Progress(string, pierre.ImportProgress) {}
func (silent) Done(string, int)                       {}
