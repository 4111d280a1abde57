// Command admin-setup makes, rotates, revokes and lists admin tokens, in the database of a server that may be running.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/adminsetup"
	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	w := cli.World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	code := cli.Run(ctx, adminsetup.NewRoot(w), os.Args[1:], w)
	stop()
	os.Exit(code)
}
