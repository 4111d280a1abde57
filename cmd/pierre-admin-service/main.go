// Command pierre-admin-service is the admin web site: strangers ask for keys, staff decide and watch, customers see what
// they use. It talks to a pierre-mcp-server over its admin API.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pierre-mcp/pierre/internal/adminservice"
	"github.com/pierre-mcp/pierre/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	w := cli.World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	code := cli.Run(ctx, adminservice.NewRoot(w), os.Args[1:], w)
	stop()
	os.Exit(code)
}
