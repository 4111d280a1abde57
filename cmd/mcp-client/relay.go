package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"golang.org/x/term"
	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/logging"
)

// relayOptions are the flags of the relay alone.
type relayOptions struct {
	logLevel string
	logFile  string
}

func (o *relayOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.logLevel, "log-level", "", "`level`: off, error, warn, info or debug, which shows every message, secrets masked (default off; info with --log-file)")
	flags.StringVar(&o.logFile, "log-file", "", "log to this `file` instead of stderr; it is rotated at 10 MB, and 3 old ones are kept")
}

// logger returns the relay's logger and what closes its file.
func (o *relayOptions) logger(stderr io.Writer) (*slog.Logger, io.Closer, error) {
	out, closer, level := stderr, io.Closer(io.NopCloser(nil)), o.logLevel
	if level == "" && o.logFile == "" {
		level = "off"
	}
	if o.logFile != "" {
		file := &lumberjack.Logger{Filename: o.logFile, MaxSize: 10, MaxBackups: 3}
		out, closer = file, file
	}
	log, err := logging.New(out, level)
	if err != nil {
		return nil, nil, cli.Usage(fmt.Errorf("--%w", err))
	}
	return log, closer, nil
}

// relay is the program without a subcommand: it relays until the host goes away.
func relay(ctx context.Context, w cli.World, conn *connection, opts *relayOptions) error {
	e, err := conn.endpoint(w.Getenv)
	if err != nil {
		return err
	}
	log, file, err := opts.logger(w.Stderr)
	if err != nil {
		return err
	}
	defer file.Close()                                          //nolint:errcheck // the log ends here
	b, err := bridge.New(e.URL.String(), e.Key, bridge.Options{ //nolint:contextcheck // asking a logger for its level waits for nothing
		HTTP: e.HTTP, Header: e.Header, Logger: log,
		UserAgent: "mcp-client/" + buildinfo.Version(),
	})
	if err != nil {
		return cli.Usage(err)
	}
	if f, ok := w.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(w.Stderr, "mcp-client: waiting for MCP messages on stdin; usually an MCP host starts this program (mcp-client --help shows how)")
	}
	// A host that closed its end must not kill us before the session is deleted.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := withParent(ctx)
	defer stop()
	if err := b.Run(ctx, w.Stdin, w.Stdout); !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}
