//go:build e2e

package replicas

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pgtest"
)

// Each stage of the test does something to the cluster under load, with a key of its own. Afterwards the books hold every
// call that was answered, and none that was not made.
func TestNoAnsweredCallIsLost(t *testing.T) {
	c := startCluster(t)
	stages := []stage{
		{"a rolling restart", true, func(*load) {
			for _, r := range c.replicas {
				c.balancer.drain(t, r)
				r.stop(syscall.SIGTERM)
				r.start()
				c.balancer.use(r)
			}
		}},
		{"Redis is killed and started again", false, func(l *load) {
			c.redis.Kill(t)
			more(t, l)
			for _, r := range c.replicas {
				r.awaitReadiness(`"impaired":["Nothing is heard from redis`) // it works all the same
			}
			c.redis.Restart(t)
			for _, r := range c.replicas {
				r.awaitReadiness(`{"status":"ready"}`)
			}
		}},
		{"PostgreSQL is killed and started again", false, func(*load) {
			c.postgres.Kill(t)
			c.postgres.Restart(t)
		}},
		{"a replica is killed", false, func(l *load) {
			c.replicas[1].stop(syscall.SIGKILL)
			more(t, l)
			c.replicas[1].start()
		}},
	}
	for _, stage := range stages {
		t.Run(stage.name, func(t *testing.T) { stage.run(t, c) })
	}
}

// A copy that has what was confirmed is put in the place of the database that is killed.
func TestNoAnsweredCallIsLostInAFailover(t *testing.T) {
	primary := pgtest.Start(t, false)
	standby := primary.Standby(t)
	c := startClusterOn(t, primary.EitherURL(t, standby))
	stage{"PostgreSQL fails over", false, func(*load) {
		primary.Kill(t)
		standby.Promote(t)
	}}.run(t, c)
}

type stage struct {
	name     string
	lossless bool // every call is answered
	do       func(l *load)
}

// run does it under load, and checks the books.
func (s stage) run(t *testing.T, c *cluster) {
	t.Helper()
	k := c.provision(`"tier":"starter","rate_limit_requests":1000000,"rate_limit_period":"month"`)
	l := newLoad(c.balancer.url, k.Text)
	stop := l.keepUp(t.Context(), 16)
	more(t, l)
	began := time.Now()
	s.do(l)
	more(t, l) // it recovers by itself
	took := time.Since(began)
	stop()
	for _, r := range c.replicas {
		r.awaitReady()
	}
	answered, unknown := l.answered.Load(), l.unknown.Load()
	t.Logf("%d answered, %d refused with 503, %d without an answer, in %v", answered, l.refused.Load(), unknown, took.Round(time.Millisecond))
	if s.lossless && (unknown > 0 || l.refused.Load() > 0) {
		t.Error("not every call was answered")
	}
	// A call of which the answer was lost may have been made.
	eventually(t, 15*time.Second, func() error {
		if n, used := c.recorded(k); used < n || used > n+unknown+limit.DefaultBlock { // a killed server keeps what it had taken
			return fmt.Errorf("%d calls are in the books, and %d count against the limit", n, used)
		} else if n < answered || n > answered+unknown+l.refused.Load() || unknown+l.refused.Load() == 0 && n != answered {
			return fmt.Errorf("%d calls are in the books", n)
		}
		return nil
	})
}

// more waits until 200 more calls are answered.
func more(t *testing.T, l *load) {
	t.Helper()
	until := l.answered.Load() + 200
	eventually(t, time.Minute, func() error {
		if l.answered.Load() < until {
			return errors.New("calls are no longer answered")
		}
		return nil
	})
}
