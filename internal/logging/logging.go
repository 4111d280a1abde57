// Package logging makes the programs' loggers: text on the writer they are given, never on stdout.
package logging

import (
	"io"
	"log/slog"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// New returns a logger of the given level, one of error, warn, info, debug and
// off. "trace", which RUST_LOG users know, means debug.
func New(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	switch strings.ToLower(level) {
	case "off":
		return slog.New(slog.DiscardHandler), nil
	case "error":
		l = slog.LevelError
	case "warn", "warning":
		l = slog.LevelWarn
	case "info", "":
		l = slog.LevelInfo
	case "debug", "trace":
		l = slog.LevelDebug
	default:
		return nil, pierre.Invalid("log-level", "the log level must be one of off, error, warn, info, debug, not %q", level)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}
