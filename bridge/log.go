package bridge

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// A messageLog is a logger that can also show messages, without the secrets in them.
type messageLog struct {
	*slog.Logger
	mask  *strings.Replacer
	debug bool
}

// newMessageLog returns a log that masks key and the values of header wherever they occur.
func newMessageLog(log *slog.Logger, key secret.String, header http.Header) *messageLog {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &messageLog{Logger: log, debug: log.Enabled(context.Background(), slog.LevelDebug)}
	var pairs []string
	for _, values := range header {
		for _, v := range values {
			if v != "" {
				pairs = append(pairs, v, "[redacted]")
			}
		}
	}
	if k := key.Reveal(); k != "" {
		pairs = append(pairs, k, "[redacted]")
	}
	l.mask = strings.NewReplacer(pairs...)
	return l
}

// message logs one message.
func (l *messageLog) message(direction string, line []byte) {
	if l.debug {
		l.Debug("message", "direction", direction, "bytes", len(line), "text", l.clean(string(line)))
	}
}

const keyPrefix = "pk_"

// clean masks the known secrets in text, and whatever looks like an access key.
func (l *messageLog) clean(text string) string {
	text = l.mask.Replace(text)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, keyPrefix)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexFunc(rest, func(c rune) bool {
			return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
		})
		if end < 0 {
			end = len(rest)
		}
		if end < 20 { // an identifier, not a key
			b.WriteString(keyPrefix + rest[:end])
		} else {
			b.WriteString(keyPrefix + "[redacted]")
		}
		text = rest[end:]
	}
}
