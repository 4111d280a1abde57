// Program toolcalls measures how long each tool takes for an athlete of thousands of activities, on SQLite and on a PostgreSQL
// of its own: cold, which is the first call of a server that was started after the import, and warm, which is a later one.
// Each is the best of some rounds. What the network, the check of keys and the counting of calls take on top is bench/server's.
//
//	go run ./bench/toolcalls [--json] [--activities 5000] [--rounds 9] [--databases sqlite,postgres] [--only get_stats] [--cpuprofile FILE]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"

	"github.com/pierre-mcp/pierre/internal/gc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/toolcalls:", err)
		os.Exit(1)
	}
}

// Options say what is measured.
type options struct {
	activities int      // of the athlete
	rounds     int      // how often each of a call's times is taken
	databases  []string // names of [databases]
	only       string   // calls with this in their names; "": all
	profile    string   // file for a profile of the warm calls; "": none
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench/toolcalls", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	var o options
	flags.IntVar(&o.activities, "activities", 5000, "that the athlete has")
	flags.IntVar(&o.rounds, "rounds", 9, "how often each call is made cold, and warm")
	names := flags.String("databases", "sqlite,postgres", "that are measured")
	flags.StringVar(&o.only, "only", "", "only calls with this in their names")
	flags.StringVar(&o.profile, "cpuprofile", "", "write a profile of the warm calls to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if least := leastActivities(o.rounds); o.rounds < 1 || o.activities < least {
		return fmt.Errorf("--rounds must be at least 1, and --activities at least %d with %d", least, o.rounds)
	}
	o.databases = strings.Split(*names, ",")
	if o.profile != "" && len(o.databases) > 1 {
		return errors.New("--cpuprofile is of one database: name one with --databases")
	}
	gc.Tune("") // as pierre-mcp-server does
	times, err := measure(ctx, o)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(times)
	}
	return printed(stdout, o, times)
}

// A timing is how long one call took at best, which depends least on what else the machine did.
type timing struct {
	Call     string  `json:"call"`
	Database string  `json:"database"`
	Cold     float64 `json:"cold_ms"`
	Warm     float64 `json:"warm_ms"`
	Bytes    int     `json:"answer_bytes"`
}

// printed writes one row for each call, with the databases side by side.
func printed(out io.Writer, o options, times []timing) error {
	t := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintf(t, "ms with %d activities", o.activities)
	for _, name := range o.databases {
		fmt.Fprintf(t, "\t %s cold\t warm", name)
	}
	fmt.Fprintln(t, "\t bytes")
	for i := 0; i < len(times); i += len(o.databases) {
		fmt.Fprint(t, times[i].Call)
		for _, one := range times[i : i+len(o.databases)] {
			fmt.Fprintf(t, "\t %.1f\t %.1f", one.Cold, one.Warm)
		}
		fmt.Fprintf(t, "\t %d\n", times[i].Bytes)
	}
	return t.Flush()
}
