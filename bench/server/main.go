// Program server measures what a tool call costs: a tools/call of a tool that does nothing, with key check, quota and
// usage record on the product's own stack, beside the same call on mcp-go's bare StreamableHTTPServer, which does none
// of that. Both run in processes of their own, in turns, so that ratios hold on a noisy machine.
//
//	go run ./bench/server [--json] [--rounds 5] [--span 2s] [--inflight 16]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
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
	serve := flags.String("serve", "", "be the server under test: ours or bare")
	asJSON := flags.Bool("json", false, "print JSON")
	rounds := flags.Int("rounds", 5, "how often each server is measured")
	span := flags.Duration("span", 2*time.Second, "how long each measurement takes")
	inflight := flags.Int("inflight", 16, "concurrent calls when measuring the rate")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve != "" {
		return serveUntilEOF(ctx, *serve, stdin, stdout)
	}
	results, err := compare(ctx, *rounds, *span, *inflight)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(results)
	}
	for _, r := range results {
		fmt.Fprintf(stdout, "%s\n", r.Era)
		for _, line := range []struct {
			what       string
			ours, bare float64
			ratio      float64
		}{
			{"µs at the median, one at a time", r.Ours.P50Micros, r.Bare.P50Micros, r.P50Ratio},
			{fmt.Sprintf("calls per second, %d in flight", *inflight), r.Ours.PerSecond, r.Bare.PerSecond, r.RateRatio},
			{"µs of processor time per call", r.Ours.CPUMicros, r.Bare.CPUMicros, r.CPURatio},
		} {
			fmt.Fprintf(stdout, "  %-33s ours %8.1f   bare %8.1f   ours/bare %.2f\n", line.what, line.ours, line.bare, line.ratio)
		}
	}
	return nil
}
