// Program server measures what a tool call costs: a tools/call of a tool that does nothing, with key check, quota and
// usage record on the product's own stack, beside the same call on mcp-go's bare StreamableHTTPServer, which does none
// of that. The product is measured with SQLite, and with a PostgreSQL and a Redis that run on the same machine. All run in
// processes of their own, in turns, so that ratios hold on a noisy machine. What was answered survives a kill of any of
// them; with --fsync, PostgreSQL also waits for the disk, as it does in production.
//
// All of them and the load share the processors of one machine. Where the program may ask for it, as root may on Linux, the system runs the
// load before all others: then how late it sent its calls, which is printed, is for how long the machine itself stood still.
//
// How slow the slowest calls are is measured at 70 % of the rate of concurrent calls, and at less, as much as would leave 70 % of the
// processors in use if each call cost the same. Calls that come one by one cost more than those that come together: how much was in use is printed. A virtual machine may not get all of its
// processors; how much it did not get is printed. A server of net/http that only answers shows what this machine can do at the least.
//
//	go run ./bench/server [--json] [--rounds 5] [--span 2s] [--inflight 16] [--eras legacy,modern] [--servers ours,shared] [--fsync]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/bench/internal/mcpload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/server:", err)
		os.Exit(1) //nolint:gocritic // nothing is deferred that matters now
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench/server", flag.ContinueOnError)
	serve := flags.Bool("serve", false, "be a server under test, as the benchmark starts it")
	asJSON := flags.Bool("json", false, "print JSON")
	rounds := flags.Int("rounds", 5, "how often each server is measured")
	span := flags.Duration("span", 2*time.Second, "how long each measurement takes")
	inflight := flags.Int("inflight", 16, "concurrent calls when measuring the rate")
	eras := flags.String("eras", mcpload.Legacy+","+mcpload.Modern, "of the protocol")
	servers := flags.String("servers", mcpload.Alone+","+mcpload.Shared, "that are measured beside the bare one: ours (SQLite), shared (PostgreSQL and Redis)")
	fsync := flags.Bool("fsync", false, "let each commit of PostgreSQL wait for this machine's disk, which then decides the figures")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return mcpload.Serve(ctx, flags.Args(), stdin, stdout)
	}
	if !mcpload.RunsFirst() {
		fmt.Fprintln(os.Stderr, "bench/server: the system does not run the load before others: the slowest calls are slower than the servers")
	}
	results, err := compare(ctx, plan{*rounds, *span, *inflight, strings.Split(*eras, ","), strings.Split(*servers, ","), *fsync})
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(results)
	}
	for _, r := range results {
		r.print(stdout, *inflight)
	}
	return nil
}

func (r result) print(stdout io.Writer, inflight int) {
	name := map[string]string{mcpload.Alone: "SQLite", mcpload.Shared: "PostgreSQL and Redis"}[r.Server]
	fmt.Fprintf(stdout, "%s, %s\n", r.Era, name)
	printLine := func(what string, of func(figures) float64) {
		ours, bare := of(r.Ours), of(r.Bare)
		fmt.Fprintf(stdout, "  %-36s ours %8.1f   bare %8.1f   ours/bare %.2f   echo %8.1f\n", what, ours, bare, ours/bare, of(r.Echo))
	}
	printLine("µs at the median, one at a time", func(f figures) float64 { return f.P50Micros })
	printLine(fmt.Sprintf("calls per second, %d in flight", inflight), func(f figures) float64 { return f.PerSecond })
	printLine("µs of processor time per call", func(f figures) float64 { return f.CPUMicros })
	for _, at := range []struct {
		what string
		of   func(figures) steady
	}{
		{"at 70 % of that rate", func(f figures) steady { return f.AtRate }},
		{"for 70 % of the processors", func(f figures) steady { return f.AtBusy }},
	} {
		printLine("calls per second, "+at.what, func(f figures) float64 { return at.of(f).PerSecond })
		printLine("  µs at the median, since it was due", func(f figures) float64 { return at.of(f).P50Micros })
		printLine("  µs at p99", func(f figures) float64 { return at.of(f).P99Micros })
		printLine("  µs at p99 until it was sent", func(f figures) float64 { return at.of(f).LateMicros })
		printLine("  % of the processors in use", func(f figures) float64 { return 100 * at.of(f).Busy })
		printLine("  % that the machine did not get", func(f figures) float64 { return 100 * at.of(f).Stolen })
	}
	if r.Server == mcpload.Shared {
		fmt.Fprintf(stdout, "  %-36s PostgreSQL %.1f, Redis %.1f\n", "µs of processor time per call of", r.Ours.PostgresMicros, r.Ours.RedisMicros)
	}
}
