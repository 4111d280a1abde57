package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/bus"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A table of changes, of which rows become visible in any order.
type table struct {
	mu     sync.Mutex
	rows   []pierre.Change
	reads  int
	broken bool
}

func (s *table) show(seqs ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seq := range seqs {
		s.rows = append(s.rows, pierre.Change{Seq: seq, Kind: pierre.ChangeKey, ID: fmt.Sprint("key_", seq), At: time.Now()})
	}
	slices.SortFunc(s.rows, func(a, b pierre.Change) int { return int(a.Seq - b.Seq) })
}

// fallBack makes the table what it was up to that number: a copy that lacks the rest takes its place.
func (s *table) fallBack(to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.DeleteFunc(s.rows, func(c pierre.Change) bool { return c.Seq > to })
}

func (s *table) breakDown(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// readSince returns how often the table was read since it was asked last.
func (s *table) readSince() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.reads = 0 }()
	return s.reads
}

func (s *table) ChangesAfter(_ context.Context, seq int64, limit int) ([]pierre.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.broken {
		return nil, errors.New("the database is down")
	}
	var found []pierre.Change
	for _, c := range s.rows {
		if c.Seq > seq && len(found) < limit {
			found = append(found, c)
		}
	}
	return found, nil
}

func (s *table) LastChange(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return 0, errors.New("the database is down")
	}
	if len(s.rows) == 0 {
		return 0, nil
	}
	return s.rows[len(s.rows)-1].Seq, nil
}

// A listener notes what it is told.
type listener struct {
	mu       sync.Mutex
	notes    []string
	toldUpTo time.Time
}

func (l *listener) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes = append(l.notes, text)
}

func (l *listener) Apply(c pierre.Change) { l.note(c.ID) }
func (l *listener) Heard(ok bool)         { l.note(fmt.Sprint("heard ", ok)) }

func (l *listener) Told(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.toldUpTo = at
}

// age returns how old the time is of which the listener knows all changes.
func (l *listener) age() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.toldUpTo)
}

// told returns what was told since it was asked last.
func (l *listener) told() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprint(l.notes)
	l.notes = nil
	return text
}

// A carrier carries texts from all its servers to all, unless it is cut.
type carrier struct {
	mu    sync.Mutex
	ears  map[chan string]bool
	isCut bool
}

func (*carrier) Name() string { return "test" }

func (c *carrier) Listen(ctx context.Context, heard func(string)) error {
	ear := make(chan string, 16)
	c.mu.Lock()
	if c.isCut {
		c.mu.Unlock()
		return errors.New("refused")
	}
	if c.ears == nil {
		c.ears = map[chan string]bool{}
	}
	c.ears[ear] = true
	c.mu.Unlock()
	for {
		select {
		case text, ok := <-ear:
			if !ok {
				return errors.New("connection lost")
			}
			heard(text)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *carrier) Send(_ context.Context, text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		return errors.New("refused")
	}
	for ear := range c.ears {
		ear <- text
	}
	return nil
}

func (c *carrier) cut(is bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = is
	if is {
		for ear := range c.ears {
			close(ear)
		}
		clear(c.ears)
	}
}

// run runs a bus for the length of a test in a bubble.
func run(t *testing.T, source bus.Source, l bus.Listener, carriers ...bus.Carrier) *bus.Bus {
	ctx, stop := context.WithCancel(t.Context())
	b := bus.New(source, l, bus.Options{Carriers: carriers})
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return b
}

func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// Without a carrier changes are heard of within half a second, each once.
func TestChangesAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := &table{}, &listener{}
		run(t, s, l)
		s.show(1, 2)
		after(500 * time.Millisecond)
		if got := l.told(); got != "[key_1 key_2]" {
			t.Errorf("told %s", got)
		}
		after(time.Minute)
		s.show(3)
		after(500 * time.Millisecond)
		if got := l.told(); got != "[key_3]" {
			t.Errorf("told %s", got)
		}
	})
}

// A transaction with an earlier number may be committed later.
func TestChangesThatBecomeVisibleLateAreNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := &table{}, &listener{}
		run(t, s, l)
		s.show(2, 5)
		after(500 * time.Millisecond)
		s.show(1, 3)
		after(29 * time.Second)
		if got := l.told(); got != "[key_2 key_5 key_1 key_3]" {
			t.Errorf("told %s", got)
		}
		s.show(4)
		after(500 * time.Millisecond)
		if got := l.told(); got != "[key_4]" {
			t.Errorf("told %s", got)
		}
	})
}

// A copy takes the place of the database and lacks the latest changes. Their numbers come again, for others.
func TestNumbersComeAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		before time.Duration // since the changes that are lost
		first  int64         // number of the first of them
	}{
		{"that were read a moment ago", time.Second, 3},
		{"that were read long ago", time.Hour, 3},
		{"all of them", time.Hour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := &table{}, &listener{}
				run(t, s, l)
				s.show(1, 2, 3, 4)
				after(c.before)
				l.told()
				s.fallBack(c.first - 1)
				s.show(c.first)
				after(500 * time.Millisecond)
				if got := l.told(); !strings.Contains(got, fmt.Sprint("key_", c.first)) {
					t.Errorf("told %s, want the change with the number %d", got, c.first)
				}
				after(time.Minute)
				l.told()
				s.show(4, 5)
				after(500 * time.Millisecond)
				if got := l.told(); got != "[key_4 key_5]" {
					t.Errorf("told %s of changes after that", got)
				}
			})
		})
	}
}

// More changes at once than are read at a time, and many from before the start.
func TestManyChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := &table{}, &listener{}
		for i := range int64(1500) {
			s.show(i + 1)
		}
		run(t, s, l)
		l.told()
		for i := range int64(2500) {
			s.show(1501 + i)
		}
		after(500 * time.Millisecond)
		if got := len(l.notes); got != 2500 {
			t.Errorf("told of %d changes, want 2500", got)
		}
	})
}

// A carrier brings news at once, and saves reading.
func TestACarrierBringsNewsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &table{}, &carrier{}
		here, there := &listener{}, &listener{}
		announcing := run(t, s, here, c)
		run(t, s, there, c)
		after(10*time.Second + time.Millisecond)
		s.readSince()
		after(10 * time.Second)
		if n := s.readSince(); n != 10 {
			t.Errorf("two servers read %d times in ten seconds, want every two seconds each", n)
		}
		after(time.Millisecond)
		s.show(1)
		announcing.Announce(t.Context())
		synctest.Wait()
		if h, o := here.told(), there.told(); h != "[key_1]" || o != "[key_1]" {
			t.Errorf("told here %s, there %s", h, o)
		}
		if state := announcing.State(); state.Deaf || state.Silent != nil {
			t.Errorf("state = %+v", state)
		}
	})
}

// While a carrier is silent, changes are read more often; when it is back, less.
func TestASilentCarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l, c := &table{}, &listener{}, &carrier{}
		b := run(t, s, l, c)
		after(4 * time.Second)
		c.cut(true)
		after(8 * time.Second)
		if state := b.State(); len(state.Silent) != 1 || state.Silent[0] != "test" || state.Deaf {
			t.Errorf("state = %+v, want a silent carrier", state)
		}
		s.readSince()
		after(10 * time.Second)
		if n := s.readSince(); n < 19 || n > 25 { // it is read after each try to listen, too
			t.Errorf("read %d times in ten seconds, want twice a second", n)
		}
		s.show(1)
		after(500 * time.Millisecond)
		if got := l.told(); got != "[key_1]" {
			t.Errorf("told %s", got)
		}
		c.cut(false)
		after(10 * time.Second)
		if state := b.State(); state.Silent != nil {
			t.Errorf("state = %+v, want none silent", state)
		}
	})
}

// While the changes cannot be read, the listener knows it, and afterwards it hears what it missed.
func TestDeafness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := &table{}, &listener{}
		b := run(t, s, l)
		after(time.Second)
		if age := l.age(); age > time.Second {
			t.Errorf("the listener knows what was changed %v ago, want at most a second", age)
		}
		s.breakDown(true)
		after(4 * time.Second)
		if got := l.told(); got != "[]" || b.State().Deaf {
			t.Errorf("after four seconds: told %s, %+v", got, b.State())
		}
		after(2 * time.Second)
		if got := l.told(); got != "[heard false]" || !b.State().Deaf {
			t.Errorf("after six seconds: told %s, %+v", got, b.State())
		}
		s.show(1)
		after(time.Minute)
		if age := l.age(); age < time.Minute {
			t.Errorf("after a minute without changes the listener is told that it knows what was changed %v ago", age)
		}
		s.breakDown(false)
		after(500 * time.Millisecond)
		if got := l.told(); got != "[key_1 heard true]" || b.State().Deaf {
			t.Errorf("afterwards: told %s, %+v", got, b.State())
		}
	})
}
