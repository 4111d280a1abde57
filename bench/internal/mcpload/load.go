package mcpload

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// A Load is how a server is called.
type Load struct {
	Requests [][]byte // that are sent in turns, as Prepare makes them
	Span     time.Duration
	InFlight int     // at most
	Rate     float64 // calls per second at even distances, whatever the server does; 0: each connection calls as fast as it is answered
}

// A Sample is a call that was made.
type Sample struct {
	// Took is until its answer; with a rate from when it was due, so that it also has the time for which it waited for the calls before it.
	Took time.Duration
	// Late is what of it this program took to send the call after it was due and a connection free.
	Late time.Duration
}

// Run calls the server, from one thread that the system runs before all others if this program may ask for it: what is measured is
// how long the server takes, not how long the load waits for a processor that the server has.
func (t *Target) Run(ctx context.Context, l Load) ([]Sample, error) {
	var made []Sample
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine, since it is not as others any more
		runFirst()
		var err error
		made, err = t.run(ctx, l)
		failed <- err
	}()
	err := <-failed
	return made, err
}

// RunsFirst reports whether the system lets this program run before all others.
func RunsFirst() bool {
	first := make(chan bool)
	go func() {
		runtime.LockOSThread()
		first <- runFirst()
	}()
	return <-first
}

// patience is how long no answer comes from a server that works.
const patience = 30 * time.Second

func (t *Target) run(ctx context.Context, l Load) ([]Sample, error) {
	conns := connections{calls: make([]call, l.InFlight)}
	defer conns.close()
	for range l.InFlight {
		if err := conns.dial(ctx, t.Addr); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	made := make([]Sample, 0, int(max(l.Rate, 20_000)*(l.Span+time.Second).Seconds()))
	for n := 0; ; {
		now := time.Now()
		due := now
		if l.Rate > 0 {
			due = began.Add(time.Duration(float64(n) / l.Rate * float64(time.Second)))
		}
		ended := due.Sub(began) > l.Span || ctx.Err() != nil
		if ended && len(conns.free) == l.InFlight {
			return made, ctx.Err()
		}
		until := now.Add(patience)
		if !ended && len(conns.free) > 0 {
			if !due.After(now) {
				if err := conns.send(l.Requests[n%len(l.Requests)], due); err != nil {
					return nil, err
				}
				n++
				continue
			}
			until = due
		}
		answered, err := conns.wait(until)
		if err != nil {
			return nil, err
		}
		if len(answered) == 0 && time.Since(now) >= patience {
			return nil, fmt.Errorf("the server did not answer for %v", patience)
		}
		made = append(made, answered...)
	}
}
