package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/pierre-mcp/pierre/bench/internal/cpuprofile"
)

// A column is one size that is measured.
type column struct {
	size  int
	site  *site
	keys  int       // of those that call
	first float64   // µs of the first call of a key
	later []float64 // µs of a later one, per round
	fold  float64   // µs of folding usage, for a later one
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
		if c.site, err = openSite(ctx, opts.rate); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.close(ctx)) }()
		if err := c.site.provision(ctx, c.size); err != nil {
			return err
		}
		runtime.GC()
		if c.first, err = c.site.call(ctx, c.keys, c.keys); err != nil {
			return err
		}
		if _, err := c.site.fold(ctx, true); err != nil {
			return err
		}
	}
	for round := range opts.rounds {
		for i, c := range columns {
			profile := profileOf(opts, round == 0 && i == len(columns)-1)
			if err := c.measure(ctx, opts, profile, round == opts.rounds-1); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(out, "%s\n", e.what)
	base := middle(columns[0].later) + columns[0].fold
	for _, c := range columns {
		m := middle(c.later) + c.fold
		fmt.Fprintf(out, "  %10d   first call of a key %7.1f µs   later calls %6.1f µs, of it %4.1f for folding   %.2f of the first size\n", c.size, c.first, m, c.fold, m/base)
	}
	if e.after == nil {
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

// measure measures a round, with a profile unless its file is "".
func (c *column) measure(ctx context.Context, opts options, profile string, last bool) error {
	stop, err := cpuprofile.Start(profile)
	if err != nil {
		return err
	}
	micros, err := c.site.call(ctx, opts.calls, c.keys)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	c.later = append(c.later, micros)
	folding, err := c.site.fold(ctx, last)
	c.fold += folding / float64(opts.rounds*opts.calls)
	return err
}

func (c *column) close(ctx context.Context) error {
	if c.site == nil {
		return nil
	}
	s := c.site
	c.site = nil
	return s.close(ctx)
}

// profileOf is the file for a profile, "" if none is wanted.
func profileOf(o options, wanted bool) string {
	if wanted {
		return o.profile
	}
	return ""
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
