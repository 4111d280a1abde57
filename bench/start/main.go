// Program start measures how long a server takes from the start of its process to its first answer: with an empty database, for
// which it makes the tables and its secrets, and with one that it has used before, on SQLite and on PostgreSQL. Beside them, in
// turns, runs "pierre-mcp-server version", which does nothing but start. The processor time depends least on what else the
// machine does.
//
//	go run ./bench/start [--server bin/pierre-mcp-server] [--rounds 9] [--postgres=false]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/start:", err)
		os.Exit(1) //nolint:gocritic // nothing is deferred that matters now
	}
}

// A figure is what starts of one kind took: medians of the rounds, and the fastest.
type figure struct {
	Kind      string  `json:"kind"`
	WallMS    float64 `json:"wall_ms"`
	FastestMS float64 `json:"fastest_ms"`
	CPUMS     float64 `json:"cpu_ms"` // of the server alone, with its end
}

// A kind of start: place returns the settings of a server's database for a round.
type kind struct {
	name  string
	place func() (args []string, err error)
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("bench/start", flag.ContinueOnError)
	program := flags.String("server", "bin/pierre-mcp-server", "the program to start")
	rounds := flags.Int("rounds", 9, "starts of each kind; odd")
	postgres := flags.Bool("postgres", true, "start with PostgreSQL, too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-start-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	kinds := []kind{
		{"version", nil},
		{"SQLite, empty", func() ([]string, error) {
			empty, err := os.MkdirTemp(dir, "")
			return []string{"--data-dir", empty}, err
		}},
		{"SQLite, used before", func() ([]string, error) { return []string{"--data-dir", dir}, nil }},
	}
	if *postgres {
		pg, err := pgtest.Open(true)
		if err != nil {
			return fmt.Errorf("starting PostgreSQL: %w", err)
		}
		defer pg.Close()
		used, err := pg.Database()
		if err != nil {
			return err
		}
		with := func(url string) []string { return []string{"--data-dir", dir, "--database-url", url} }
		kinds = append(kinds, kind{"PostgreSQL, empty", func() ([]string, error) {
			url, err := pg.Database()
			return with(url), err
		}}, kind{"PostgreSQL, used before", func() ([]string, error) { return with(used), nil }})
	}
	return measure(ctx, stdout, *program, kinds, *rounds)
}

func measure(ctx context.Context, stdout io.Writer, program string, kinds []kind, rounds int) error {
	wall, cpu := make([][]float64, len(kinds)), make([][]float64, len(kinds))
	for round := range rounds + 1 {
		for i, k := range kinds {
			w, c, err := k.start(ctx, program)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			if round > 0 { // in the first one files are read for the first time
				wall[i], cpu[i] = append(wall[i], w), append(cpu[i], c)
			}
		}
	}
	e := json.NewEncoder(stdout)
	for i, k := range kinds {
		slices.Sort(wall[i])
		slices.Sort(cpu[i])
		if err := e.Encode(figure{k.name, wall[i][rounds/2], wall[i][0], cpu[i][rounds/2]}); err != nil {
			return err
		}
	}
	return nil
}

// start starts the program once, waits for its first answer, and ends it.
func (k kind) start(ctx context.Context, program string) (wallMS, cpuMS float64, err error) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	if k.place == nil {
		cmd := exec.CommandContext(ctx, program, k.name)
		began := time.Now()
		err := cmd.Run()
		return ms(time.Since(began)), ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), err
	}
	args, err := k.place()
	if err != nil {
		return 0, 0, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return 0, 0, err
	}
	var log strings.Builder
	cmd := exec.CommandContext(ctx, program, append(args, "--port", addr[strings.LastIndex(addr, ":")+1:])...)
	cmd.Env = []string{"HOME=/nonexistent", "JWT_SECRET=start-bench-start-bench-start-bench-1", "ENCRYPTION_KEY=start-bench-start-bench-start-bench-2"}
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	answered := firstAnswer(ctx, addr)
	took := time.Since(began)
	// Told to end, and not killed: on PostgreSQL without Redis, a server waits until one that was killed can count no more calls.
	err = errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	if err := errors.Join(answered, err); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, &log)
	}
	return ms(took), ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), nil
}

// firstAnswer asks until the server answers that it can work.
func firstAnswer(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ready", http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Millisecond):
		}
	}
}
