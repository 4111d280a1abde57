package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main is the main function of a program whose command tree newRoot returns. Its context ends with an interrupt, SIGTERM, or a
// signal of more.
func Main(newRoot func(World) *cobra.Command, more ...os.Signal) {
	ctx, stop := signal.NotifyContext(context.Background(), append([]os.Signal{os.Interrupt, syscall.SIGTERM}, more...)...)
	w := World{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr} //nolint:forbidigo // this is main
	code := Run(ctx, newRoot(w), os.Args[1:], w)
	stop()
	os.Exit(code) //nolint:forbidigo // this is main
}
