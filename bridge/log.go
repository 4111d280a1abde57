package bridge

import (
	"context"
	"log/slog"
	"strings"
)

// A messageLog is a logger that can also show messages, without the secrets in them.
type messageLog struct {
	*slog.Logger
	mask   *strings.Replacer
	redact func(string) string
	debug  bool
}

// newMessageLog returns a log that masks key and the values of the extra headers wherever they occur.
func newMessageLog(key string, opts Options) *messageLog {
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &messageLog{Logger: log, redact: opts.Redact, debug: log.Enabled(context.Background(), slog.LevelDebug)}
	secrets := []string{key}
	for _, values := range opts.Header {
		secrets = append(secrets, values...)
	}
	var pairs []string
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, "[redacted]")
		}
	}
	l.mask = strings.NewReplacer(pairs...)
	return l
}

// message logs one message.
func (l *messageLog) message(direction string, line []byte) {
	if !l.debug {
		return
	}
	text := l.mask.Replace(string(line))
	if l.redact != nil {
		text = l.redact(text)
	}
	l.Debug("message", "direction", direction, "bytes", len(line), "text", text)
}
