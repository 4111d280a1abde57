// Program bridge measures stdio bridges to a remote MCP server: how fast they
// start, what they add to a call, what they cost at rest. Every bridge talks to the
// same reference server (mcp-go's stock one, in a process of its own), in turns and
// beside direct HTTP, so that ratios hold on a noisy machine.
//
//	go run ./bench/bridge [--json] [--peers] [--rounds 5] [NAME=COMMAND...]
//
// A COMMAND is split at spaces, and {url} in it is replaced:
//
//	go run ./bench/bridge 'mine=/usr/local/bin/my-bridge --endpoint {url}'
//
// With --peers it installs the npm bridges mcp-remote and supergateway into the
// user's cache folder and measures them too. Memory, CPU and wake-ups come from
// /proc and are absent elsewhere.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/bridge:", err)
		os.Exit(1)
	}
}

// A plan says how much to measure.
type plan struct {
	rounds     int
	warmup     int // calls
	sequential int // calls, for the latency
	concurrent int // calls, for the throughput
	inflight   int
	large      int // results of 1 MiB
	copies     int
	idle       time.Duration
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench/bridge", flag.ContinueOnError)
	flags.SetOutput(stderr)
	role := flags.String("role", "", "internal: be the reference `server` or the bare forwarder")
	url := flags.String("url", "", "internal: where the bare forwarder forwards to")
	asJSON := flags.Bool("json", false, "print JSON")
	peers := flags.Bool("peers", false, "measure the npm bridges too")
	rounds := flags.Int("rounds", 5, "how often each bridge is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch *role {
	case "server":
		return serve(ctx, stdin, stdout)
	case "forwarder":
		return forward(ctx, *url, stdin, stdout)
	}
	bridges, cleanup, err := contestants(ctx, flags.Args(), *peers, stderr)
	if err != nil {
		return err
	}
	defer cleanup()
	p := plan{
		rounds: *rounds, warmup: 1500, sequential: 2000, concurrent: 10_000, inflight: 64,
		large: 40, copies: 8, idle: 3 * time.Second,
	}
	results, err := measureAll(ctx, p, bridges, stderr)
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(results)
	}
	return printTable(stdout, results)
}

// A contestant is a bridge and how to start it.
type contestant struct {
	name string
	argv []string // with {url} where the endpoint goes
	peer bool     // somebody else's: the aims compare with it
}

// contestants returns our bridge, the bare forwarder, and what else was asked for.
func contestants(ctx context.Context, commands []string, peers bool, stderr io.Writer) ([]contestant, func(), error) {
	dir, err := os.MkdirTemp("", "bench-bridge-")
	if err != nil {
		return nil, nil, err
	}
	cleanup := func() { os.RemoveAll(dir) } //nolint:errcheck // a temporary folder
	ours := filepath.Join(dir, "mcp-client")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", ours, "./cmd/mcp-client")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	build.Stderr = stderr
	if err := build.Run(); err != nil {
		cleanup()
		return nil, nil, fmt.Errorf("building mcp-client (run this in the module's root): %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		cleanup()
		return nil, nil, err
	}
	all := []contestant{
		{name: "mcp-client", argv: []string{ours, "--url", "{url}"}},
		{name: "bare forwarder", argv: []string{self, "--role", "forwarder", "--url", "{url}"}},
	}
	for _, c := range commands {
		name, command, ok := strings.Cut(c, "=")
		if !ok {
			cleanup()
			return nil, nil, fmt.Errorf("%q must look like NAME=COMMAND", c)
		}
		all = append(all, contestant{name: name, argv: strings.Fields(command)})
	}
	if peers {
		found, err := installPeers(ctx, stderr)
		if err != nil {
			cleanup()
			return nil, nil, err
		}
		all = append(all, found...)
	}
	return all, cleanup, nil
}
