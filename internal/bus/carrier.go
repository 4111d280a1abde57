package bus

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// What carriers carry. It says nothing of what changed: that is in the database.
const (
	textChange = "change" // something changed
	textAlive  = "alive"  // nothing did; the carrier works
)

const (
	aliveEvery   = 2 * time.Second // after the last text was heard
	sendTimeout  = 2 * time.Second
	listenPause  = 250 * time.Millisecond // before a broken carrier is tried again, doubled each time
	maxPause     = 5 * time.Second
	carriesSince = time.Minute // a carrier that worked for so long is tried again at once
)

// A Carrier carries short texts between the servers, fast, and may lose some.
type Carrier interface {
	// Name names it in logs.
	Name() string
	// Listen calls heard for every text that is sent, its own server's, too, until ctx ends or the connection is lost.
	Listen(ctx context.Context, heard func(text string)) error
	// Send sends a text to all that listen.
	Send(ctx context.Context, text string) error
}

// A carriage is a carrier at work.
type carriage struct {
	Carrier

	bus   *Bus
	send  chan struct{} // holds a value if a change is to be sent
	heard atomic.Int64  // when a text was heard last, in nanoseconds since the bus' start
}

func (c *carriage) silent() bool { return c.bus.since(&c.heard) >= silence }

// listen listens until ctx ends. After each new connection it is time to read: something may have been lost before.
func (c *carriage) listen(ctx context.Context) {
	wasSilent := false
	for pause := listenPause; ctx.Err() == nil; pause = min(2*pause, maxPause) {
		began := time.Now()
		err := c.Listen(ctx, c.hear)
		if ctx.Err() != nil {
			return
		}
		signal(c.bus.wake)
		if time.Since(began) >= carriesSince {
			pause = listenPause
		}
		if silent := c.silent(); !silent || !wasSilent { // a carrier that never works says so once
			wasSilent = silent
			c.bus.log.WarnContext(ctx, "listening for changes was interrupted", slog.String("carrier", c.Name()), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (c *carriage) hear(text string) {
	c.heard.Store(int64(time.Since(c.bus.start)))
	if text == textChange {
		signal(c.bus.wake)
	}
}

// speak sends what is to be sent. If nothing was heard for a while, be it of another server, it says that it is there: so
// it knows that the carrier works.
func (c *carriage) speak(ctx context.Context) {
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for {
		text := textChange
		select {
		case <-ctx.Done():
			return
		case <-c.send:
		case <-alive.C:
			if c.bus.since(&c.heard) < aliveEvery {
				continue
			}
			text = textAlive
		}
		if err := c.sendText(ctx, text); err != nil && ctx.Err() == nil {
			c.bus.log.DebugContext(ctx, "telling other servers failed", slog.String("carrier", c.Name()), slog.Any("err", err))
		}
	}
}

func (c *carriage) sendText(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return c.Send(ctx, text)
}
