//go:build !multicall

// Command pierre-mcp-server is the remote program: configuration, store,
// services, listeners. With --single-tenant it is a personal one without keys.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	w := cli.World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	code := cli.Run(ctx, newRoot(w), os.Args[1:], w)
	stop()
	os.Exit(code)
}
