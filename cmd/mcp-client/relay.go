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

	"golang.org/x/term"
	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/parent"
)

// logger returns the relay's logger and what closes its file.
func logger(o *connection.LogFlags, stderr io.Writer) (*slog.Logger, io.Closer, error) {
	out, closer, text := stderr, io.Closer(io.NopCloser(nil)), o.Level
	if text == "" && o.File == "" {
		text = "off"
	}
	level, err := logging.ParseLevel(text)
	if err != nil {
		return nil, nil, cli.Usage(fmt.Errorf("--log-level: %w", err))
	}
	if o.File != "" {
		file := &lumberjack.Logger{Filename: o.File, MaxSize: 10, MaxBackups: 3}
		out, closer = file, file
	}
	return logging.New(out, logging.Options{Level: level}), closer, nil
}

// relay is the program without a subcommand: it relays until the host goes away.
func relay(ctx context.Context, w cli.World, conn *connection.Settings, opts *connection.LogFlags) error {
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	log, file, err := logger(opts, w.Stderr)
	if err != nil {
		return err
	}
	defer file.Close()                                                   //nolint:errcheck // the log ends here
	b, err := bridge.New(e.URL.String(), e.Key.Reveal(), bridge.Options{ //nolint:contextcheck // asking a logger for its level waits for nothing
		HTTP: e.HTTP, Header: e.Header, Logger: log, Redact: connection.Redact, Advice: connection.Advice,
		UserAgent: connection.Program + "/" + buildinfo.Version(),
	})
	if err != nil {
		return cli.Usage(err)
	}
	if f, ok := w.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(w.Stderr, "mcp-client: waiting for MCP messages on stdin; usually an MCP host starts this program (mcp-client --help shows how)")
	}
	// A host that closed its end must not kill us before the session is deleted.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := parent.Context(ctx)
	defer stop()
	if err := b.Run(ctx, w.Stdin, w.Stdout); !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}
