// Program flat measures whether a tool call costs the same whatever there is around it: few tenants or many, few keys or
// many. The sizes of a row are measured in turns in one process, with everything but the
// network, and with the folding of usage that the server does. Its clock goes by the rate of calls. Its figures are processor time, which depends
// less on what else the machine does than time does.
//
//	go run ./bench/flat [--rounds 5] [--calls 20000] [--rate 10000] [--only tenants,keys] [--shared] [--bursts]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/gc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/flat:", err)
		os.Exit(1) //nolint:gocritic // nothing is deferred that matters now
	}
}

// Options say how much is measured.
type options struct {
	rounds  int    // how often each size is measured
	calls   int    // of a round
	rate    int    // calls per second, by the clock of what is measured
	profile string // a profile of each size and round is written to a file whose name begins so; "": none
	shared  bool   // with PostgreSQL and Redis
	bursts  bool   // keys have a burst, too: each call asks the limiter, none is taken from a block
	heap    string // file for a profile of the heap after all keys have called; "": none

	resident string // folder of a site whose memory is measured; "": the program does everything
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench/flat", flag.ContinueOnError)
	var opts options
	flags.IntVar(&opts.rounds, "rounds", 5, "how often each size is measured")
	flags.IntVar(&opts.calls, "calls", 20_000, "tool calls of a round")
	flags.IntVar(&opts.rate, "rate", 10_000, "calls per second by the clock of the server that is measured: it decides how many of a key are in a minute. Far below what the machine does, only the figure for folding is right: keys are looked up again by that clock")
	only := flags.String("only", "tenants,keys", "what is measured")
	flags.StringVar(&opts.profile, "cpuprofile", "", "write profiles, folding included, to FILE.SIZE.ROUND")
	flags.BoolVar(&opts.shared, "shared", false, "with a PostgreSQL and a Redis of its own for each size, whose processor time counts, too")
	flags.BoolVar(&opts.bursts, "bursts", false, "keys have a burst beside their quota, so that with --shared each call asks Redis, and none is taken from a block")
	flags.StringVar(&opts.heap, "memprofile", "", "write a profile of the heap to this file when all keys have called")
	flags.StringVar(&opts.resident, "resident", "", "measure only the memory of a server with the database of this folder (the program starts itself so)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if opts.rate < 1 || opts.rounds < 1 || opts.calls < 1 {
		return errors.New("--rounds, --calls and --rate are at least 1")
	}
	gc.Tune("") // as pierre-mcp-server does
	if opts.resident != "" {
		return resident(ctx, stdout, opts)
	}
	wanted := strings.Split(*only, ",")
	for _, part := range []struct {
		name    string
		measure func(context.Context, io.Writer, options) error
	}{
		{"tenants", measureTenants}, {"keys", measureKeys},
	} {
		if !slices.Contains(wanted, part.name) {
			continue
		}
		if err := part.measure(ctx, stdout, opts); err != nil {
			return fmt.Errorf("measuring %s: %w", part.name, err)
		}
	}
	return nil
}
