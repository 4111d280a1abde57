package limit

import (
	"context"
	"runtime"
	"sync"

	"github.com/redis/go-redis/v9"
)

// What many tenants call at the same time is asked of Redis together: a round trip costs both sides more than what is asked, and
// calls that are admitted together are recorded together.
const (
	onTheirWay = 2  // pipelines of questions that Redis has not answered yet; what comes meanwhile waits for the next
	inOne      = 64 // questions of a pipeline
)

// A line runs scripts in a Redis that is one process. It is safe for concurrent use and has no goroutines of its own: the first
// caller that finds Redis free asks for all that wait.
type line struct {
	client *redis.Client
	busy   chan struct{} // holds an element for each pipeline on its way

	mu   sync.Mutex
	open *pipeline // takes further questions; nil: none
}

// A pipeline is the questions of one round trip. The caller that creates it sends it.
type pipeline struct {
	pipe redis.Pipeliner
	done chan struct{} // closed when there are answers, or none will come
	err  error         // then: why none were asked for
}

func newLine(client *redis.Client) *line {
	return &line{client: client, busy: make(chan struct{}, onTheirWay)}
}

// run runs the script and returns what Redis answers. As with a connection of its own, the script may have run if ctx ends.
func (l *line) run(ctx context.Context, script *redis.Script, keys []string, args []any) (any, error) {
	p, cmd, mine := l.join(ctx, script, keys, args)
	if mine {
		l.send(ctx, p)
	} else {
		select {
		case <-p.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return cmd.Result()
}

// join puts the question into the open pipeline, or into a new one, which is the caller's to send.
func (l *line) join(ctx context.Context, script *redis.Script, keys []string, args []any) (p *pipeline, cmd *redis.Cmd, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil || l.open.pipe.Len() == inOne {
		l.open, mine = &pipeline{pipe: l.client.Pipeline(), done: make(chan struct{})}, true
	}
	return l.open, script.EvalSha(ctx, l.open.pipe, keys, args...), mine
}

// send waits until few pipelines are on their way, while p takes questions. Those of others do not end with ctx, but all have its deadline,
// which is the earliest.
func (l *line) send(ctx context.Context, p *pipeline) {
	defer close(p.done)
	deadline, ok := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-ctx.Done():
		p.err = context.Cause(ctx)
	}
	runtime.Gosched() // callers that the last pipeline or transaction has just released join this one
	l.mu.Lock()
	if l.open == p {
		l.open = nil
	}
	l.mu.Unlock()
	if p.err == nil {
		_, _ = p.pipe.Exec(ctx) // each question has its own error
	}
}
