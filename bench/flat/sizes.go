package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/bench/internal/cpuprofile"
)

// A column is one size that is measured.
type column struct {
	size  int
	site  *site
	keys  int     // of those that call
	first spent   // on the first call of a key
	later []spent // on a later one, per round
	fold  spent   // on folding usage, for a later one
}

// Spent is processor time in µs.
type spent struct{ server, postgres, redis float64 }

func (s spent) sum() float64 { return s.server + s.postgres + s.redis }

func (s spent) per(n int) spent {
	return spent{s.server / float64(n), s.postgres / float64(n), s.redis / float64(n)}
}

func (s spent) times(n int) spent {
	return spent{s.server * float64(n), s.postgres * float64(n), s.redis * float64(n)}
}

func (s spent) plus(t spent) spent {
	return spent{s.server + t.server, s.postgres + t.postgres, s.redis + t.redis}
}

// An experiment measures calls at several sizes of something.
type experiment struct {
	what    string
	columns []*column
	after   func(context.Context, io.Writer, *column) error // of the largest size; nil: nothing
}

// measureTenants lets ever more tenants call.
func measureTenants(ctx context.Context, out io.Writer, opts options) error {
	e := experiment{what: "tenants"}
	for _, n := range []int{10, 1000, 10_000} {
		e.columns = append(e.columns, &column{size: n, keys: n})
	}
	return e.run(ctx, out, opts)
}

// measureKeys lets ten tenants call among ever more keys, and then all of them.
func measureKeys(ctx context.Context, out io.Writer, opts options) error {
	e := experiment{what: "keys, of which ten call", after: func(ctx context.Context, out io.Writer, c *column) error { return memory(ctx, out, c, opts.heap) }}
	for _, n := range []int{1000, 100_000} {
		e.columns = append(e.columns, &column{size: n, keys: 10})
	}
	return e.run(ctx, out, opts)
}

func (e *experiment) run(ctx context.Context, out io.Writer, opts options) (err error) {
	columns := e.columns
	for _, c := range columns {
		if c.site, err = openSite(ctx, opts); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.close(ctx)) }()
		if err := c.site.provision(ctx, c.size, opts.bursts); err != nil {
			return err
		}
		runtime.GC()
		if err := c.callFirst(ctx); err != nil {
			return err
		}
	}
	for round := range opts.rounds {
		for _, c := range columns {
			if err := c.measure(ctx, opts, round); err != nil {
				return err
			}
		}
	}
	e.print(out)
	if e.after == nil || opts.shared {
		return nil
	}
	largest := columns[len(columns)-1]
	for _, c := range columns {
		if c != largest {
			if err := c.close(ctx); err != nil {
				return err
			}
		}
	}
	return e.after(ctx, out, largest)
}

// callFirst measures the first call of each key.
func (c *column) callFirst(ctx context.Context) error {
	var all spent
	for left := c.keys; left > 0; left -= callsBetween {
		n := min(left, callsBetween)
		each, err := c.site.call(ctx, n, c.keys)
		if err != nil {
			return err
		}
		gathering, err := c.site.fold(ctx, false) // as a server does each second
		if err != nil {
			return err
		}
		all = all.plus(each.times(n)).plus(gathering)
	}
	c.first = all.per(c.keys)
	_, err := c.site.fold(ctx, true)
	return err
}

func (e *experiment) print(out io.Writer) {
	fmt.Fprintf(out, "%s\n", e.what)
	var base float64
	for _, c := range e.columns {
		least := slices.MinFunc(c.later, func(a, b spent) int { return cmp.Compare(a.sum(), b.sum()) })
		all := least.sum() + c.fold.sum()
		if base == 0 {
			base = all
		}
		database := ""
		if c.site.backing != nil {
			all := least.plus(c.fold)
			database = fmt.Sprintf(", %5.1f for PostgreSQL and %5.1f for Redis", all.postgres, all.redis)
		}
		fmt.Fprintf(out, "  %10d   first call of a key %7.1f µs   later calls %6.1f µs, of it %4.1f for folding%s   %.2f of the first size\n",
			c.size, c.first.sum(), all, c.fold.sum(), database, all/base)
	}
}

// measure measures a round.
func (c *column) measure(ctx context.Context, opts options, round int) error {
	profile := opts.profile
	if profile != "" {
		profile += fmt.Sprintf(".%d.%d", c.size, round)
	}
	stop, err := cpuprofile.Start(profile)
	if err != nil {
		return err
	}
	each, err := c.site.call(ctx, opts.calls, c.keys)
	if err != nil {
		return errors.Join(err, stop())
	}
	c.later = append(c.later, each)
	last := round == opts.rounds-1
	folding, err := c.site.fold(ctx, last)
	calls := opts.rounds * opts.calls
	if last { // a server folds once a minute; what it does more often, gathering, is in the rounds before
		calls = max(calls, int(time.Minute/time.Second)*opts.rate)
	}
	c.fold = c.fold.plus(folding.per(calls))
	return errors.Join(err, stop())
}

func (c *column) close(ctx context.Context) error {
	if c.site == nil {
		return nil
	}
	s := c.site
	c.site = nil
	return s.close(ctx)
}
