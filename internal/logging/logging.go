// Package logging makes the programs' loggers: text or JSON lines on the writer they are given, never on stdout.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
)

// Off is the level of a logger that logs nothing.
const Off = slog.Level(math.MaxInt)

// Options choose what is logged and how. The zero value is text from info up.
type Options struct {
	Level slog.Level
	JSON  bool // an object a line instead of key=value pairs
}

// New returns a logger on w.
func New(w io.Writer, opts Options) *slog.Logger {
	how := &slog.HandlerOptions{Level: opts.Level}
	switch {
	case opts.Level == Off:
		return slog.New(slog.DiscardHandler)
	case opts.JSON:
		return slog.New(slog.NewJSONHandler(w, how))
	default:
		return slog.New(slog.NewTextHandler(w, how))
	}
}

// ParseLevel returns the level that text names: error, warn, info, debug or off; "" is info. "trace",
// which users of RUST_LOG know, means debug.
func ParseLevel(text string) (slog.Level, error) {
	switch strings.ToLower(text) {
	case "off":
		return Off, nil
	case "error":
		return slog.LevelError, nil
	case "warn", "warning":
		return slog.LevelWarn, nil
	case "info", "":
		return slog.LevelInfo, nil
	case "debug", "trace":
		return slog.LevelDebug, nil
	default:
		return 0, fmt.Errorf("must be one of off, error, warn, info, debug, not %q", text)
	}
}

// ParseFormat reports whether text names JSON rather than text.
func ParseFormat(text string) (json bool, err error) {
	switch strings.ToLower(text) {
	case "json":
		return true, nil
	case "text", "":
		return false, nil
	default:
		return false, fmt.Errorf("must be text or json, not %q", text)
	}
}
