// Command sample writes the recordings of the sample athlete into a folder, and a
// manifest.json beside them that says what they hold. They can be imported like
// one's own:
//
//	go run ./demo/sample --out /tmp/athlete
//	mcp-client import /tmp/athlete
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	dir, opts, err := parse(args, time.Now().UTC().Truncate(24*time.Hour), stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "sample:", err)
		return 2
	}
	if err := write(dir, opts, stdout); err != nil {
		fmt.Fprintln(stderr, "sample:", err)
		return 1
	}
	return 0
}

func parse(args []string, today time.Time, stderr io.Writer) (dir string, opts demoathlete.Options, err error) {
	flags := flag.NewFlagSet("sample", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&dir, "out", "", "folder to write into (required)")
	year := flags.Int("year", 0, "calendar year of the recordings, which must be over (default: the year before today)")
	until := flags.String("until", "", "the date after the last day, such as 2026-11-22, for the year before it (instead of --year)")
	flags.Uint64Var(&opts.Seed, "seed", 1, "another seed is another year of the same athlete")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
		}
		return "", opts, err
	}
	if dir == "" || flags.NArg() > 0 {
		return "", opts, errors.New("usage: sample --out DIR [--year 2025 | --until 2026-11-22] [--seed 1]")
	}
	opts.Until, err = end(*year, *until, today)
	return dir, opts, err
}

// end returns the date after the last day. Nothing is recorded in the future.
func end(year int, until string, today time.Time) (time.Time, error) {
	last := today
	switch {
	case year != 0 && until != "":
		return last, errors.New("--year and --until exclude each other")
	case year != 0:
		last = time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case until != "":
		var err error
		if last, err = time.Parse(time.DateOnly, until); err != nil {
			return last, fmt.Errorf("--until must be a date such as 2026-11-22, not %q", until)
		}
	}
	if last.After(today) || last.Year() < 2000 {
		return last, fmt.Errorf("the recordings must end between 2000 and today, %s, not on %s", today.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	return last, nil
}

func write(dir string, opts demoathlete.Options, stdout io.Writer) error {
	m, err := demoathlete.Write(dir, opts)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "manifest.json")
	if err := os.WriteFile(path, append(data, '\n'), 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d activities in %d recordings from %s to %s; see %s\n",
		len(m.Activities()), len(m.Recordings), m.From.Format(time.DateOnly), m.Until.AddDate(0, 0, -1).Format(time.DateOnly), path)
	return err
}
