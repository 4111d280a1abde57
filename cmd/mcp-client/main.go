// Command mcp-client is the local program of Pierre: it relays an MCP host's
// stdin and stdout to a remote MCP server, and has subcommands for people at a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is stamped by the release build: -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], world{getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, version: version})
	stop()
	os.Exit(code)
}
