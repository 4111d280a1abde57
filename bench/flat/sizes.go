package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
)

// A column is one size that is measured.
type column struct {
	size  int
	site  *site
	keys  int       // of those that call
	first float64   // µs of the first call of a key
	later []float64 // µs of a later one, per round
}

// measureTenants lets ever more tenants call.
func measureTenants(ctx context.Context, out io.Writer, opts options) error {
	var columns []*column
	for _, n := range []int{10, 1000, 10_000} {
		columns = append(columns, &column{size: n, keys: n})
	}
	return measure(ctx, out, "tenants", columns, opts, func(ctx context.Context, c *column) error {
		return c.site.provision(ctx, c.size)
	})
}

// measureKeys lets ten tenants call among ever more keys.
func measureKeys(ctx context.Context, out io.Writer, opts options) error {
	columns := []*column{{size: 1000, keys: 10}, {size: 100_000, keys: 10}}
	return measure(ctx, out, "keys, of which ten call", columns, opts, func(ctx context.Context, c *column) error {
		return c.site.provision(ctx, c.size)
	})
}

func measure(
	ctx context.Context, out io.Writer, what string, columns []*column, opts options,
	fill func(context.Context, *column) error,
) (err error) {
	for _, c := range columns {
		if c.site, err = openSite(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.site.close(ctx)) }()
		if err := fill(ctx, c); err != nil {
			return err
		}
		runtime.GC()
		if c.first, err = c.site.call(ctx, c.keys, c.keys); err != nil {
			return err
		}
	}
	for round := range opts.rounds {
		for i, c := range columns {
			stop, err := profiled(opts.profile, round == 0 && i == len(columns)-1)
			if err != nil {
				return err
			}
			micros, err := c.site.call(ctx, opts.calls, c.keys)
			if err := errors.Join(err, stop()); err != nil {
				return err
			}
			c.later = append(c.later, micros)
		}
	}
	fmt.Fprintf(out, "%s\n", what)
	base := middle(columns[0].later)
	for _, c := range columns {
		m := middle(c.later)
		fmt.Fprintf(out, "  %10d   first call of a key %7.1f µs   later calls %6.1f µs   %.2f of the first size\n", c.size, c.first, m, m/base)
	}
	return nil
}

// profiled writes a profile until the returned function is called.
func profiled(name string, wanted bool) (stop func() error, err error) {
	if name == "" || !wanted {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, pprof.StartCPUProfile(f)
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
