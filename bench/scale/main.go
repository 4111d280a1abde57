// Program scale says how many servers, how much of PostgreSQL and how much of Redis a rate of tool calls needs, and what is
// the first to be exhausted. It measures what one call costs each of them: it starts a PostgreSQL, a Redis and a server on
// this machine, lets many keys make calls of a tool that does nothing, and divides what they used by the calls. Processor
// time and bytes depend little on what else the machine does. What a real tool costs comes on top of the server's share.
//
//	go run ./bench/scale                               # a table for docs/SCALING.md
//	go run ./bench/scale --span 30s --keys 1000 --json
//	go run ./bench/scale --rates 1000,20000 --cores 8
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/bench/internal/mcpload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/scale:", err)
		os.Exit(1) //nolint:gocritic // nothing is deferred that matters now
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench/scale", flag.ContinueOnError)
	serve := flags.Bool("serve", false, "be a server under test, as the benchmark starts it")
	asJSON := flags.Bool("json", false, "print JSON")
	rates := flags.String("rates", "1000,100000", "calls per second to say the needs of")
	m := machine{}
	flags.Float64Var(&m.Cores, "cores", 4, "of a server, and of each of the machines")
	flags.Float64Var(&m.Load, "load", 0.6, "how much of its processors a machine should use")
	p := plan{}
	flags.DurationVar(&p.span, "span", 10*time.Second, "how long calls are made")
	flags.IntVar(&p.keys, "keys", 100, "that calls are made with, in turns")
	flags.IntVar(&p.inflight, "inflight", 64, "concurrent calls")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serve {
		return mcpload.Serve(ctx, flags.Args(), stdin, stdout)
	}
	var list []float64
	for text := range strings.SplitSeq(*rates, ",") {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || rate <= 0 {
			return fmt.Errorf("--rates: %q is no number of calls per second", text)
		}
		list = append(list, rate)
	}
	if m.Cores <= 0 || m.Load <= 0 || m.Load > 1 || p.keys < 1 || p.inflight < 1 {
		return fmt.Errorf("--cores, --keys and --inflight must be more than 0, --load at most 1")
	}
	cost, err := p.measure(ctx)
	if err != nil {
		return err
	}
	r := report{Cost: cost, Machine: m}
	for _, rate := range list {
		r.Needs = append(r.Needs, m.need(cost, rate))
	}
	r.Wall = m.wall(cost)
	if *asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	return r.print(stdout)
}
