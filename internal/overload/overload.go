// Package overload says early that a server cannot do more: before a call has begun whose record would have to wait, and
// before the database suffers. It looks at queues, which are long because the work behind them is slow, and not at the
// processor's load, which may be high while all is well.
//
// Whose turn it is among the tasks that may run is package fair's.
package overload

import (
	"database/sql"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Queue is something that calls wait in.
type Queue struct {
	Name string                          // for metrics, such as "recorder"
	Full func(now time.Time) (full bool) // reports that it is too long for further calls
}

// A Guard refuses calls while a queue is full. It is safe for concurrent use.
type Guard struct {
	queues []Queue
	shed   func(queue string)
}

// New returns a Guard over queues; shed is told of each call that it refuses.
func New(shed func(queue string), queues ...Queue) *Guard { return &Guard{queues, shed} }

// retryAfter is when a client should try again. Queues drain in less, but many clients come back.
const retryAfter = 2 * time.Second

// Admit returns [pierre.KindUnavailable] if no further call should begin at now.
func (g *Guard) Admit(now time.Time) error {
	for _, q := range g.queues {
		if q.Full(now) {
			g.shed(q.Name)
			return &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: retryAfter, Msg: "The server is overloaded; try again in a moment."}
		}
	}
	return nil
}

// Longer returns a queue that is full when it holds more than most.
func Longer(name string, length func() int, most int) Queue {
	return Queue{name, func(time.Time) bool { return length() > most }}
}

// lookEvery is how often a pool is looked at, and how long a look stays true.
const lookEvery = 250 * time.Millisecond

// Pool returns a queue for the connections of a database: it is full while those who wait for one wait for longer than
// most, on average.
func Pool(name string, stats func() sql.DBStats, most time.Duration) Queue {
	p := &pool{stats: stats, most: most}
	return Queue{name, p.full}
}

type pool struct {
	stats func() sql.DBStats
	most  time.Duration

	mu     sync.Mutex
	looked time.Time
	last   sql.DBStats
	slow   bool
}

func (p *pool) full(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.looked) < lookEvery {
		return p.slow
	}
	s := p.stats()
	waits, waited := s.WaitCount-p.last.WaitCount, s.WaitDuration-p.last.WaitDuration
	p.slow = waits > 0 && waited/time.Duration(waits) > p.most && s.MaxOpenConnections > 0 && s.InUse >= s.MaxOpenConnections
	p.looked, p.last = now, s
	return p.slow
}
