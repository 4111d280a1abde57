// Command mcp-client is the local program of Pierre: it relays an MCP host's
// stdin and stdout to a remote MCP server, and has subcommands for people at a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	w := cli.World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	code := cli.Run(ctx, newRootCmd(w), os.Args[1:], w)
	stop()
	os.Exit(code)
}
