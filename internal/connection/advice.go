package connection

import (
	"strings"

	"github.com/pierre-mcp/pierre/bridge"
)

// Advice says what the user of this program can do about a failure of the relay.
func Advice(f bridge.Failure) string {
	switch f.Cause {
	case bridge.NoKey:
		return "Put it into PIERRE_AUTH_KEY or a file for --auth-key-file, or run mcp-client install."
	case bridge.KeyRefused:
		return "Check PIERRE_AUTH_KEY (or --auth-key-file, --auth-key), or ask for a new key."
	case bridge.NotPermitted:
		return "Ask the operator of " + f.Host + " what your plan includes."
	case bridge.LimitReached:
		return "A larger plan has a higher limit."
	case bridge.UnknownAuthority:
		return "If you trust that authority, give its certificate with --ca-cert FILE."
	case bridge.ClientCertificate:
		return "Give one with --client-cert and --client-key."
	default:
		return ""
	}
}

// keyPrefix begins all access keys.
const keyPrefix = "pk_"

// Redact masks whatever looks like an access key.
func Redact(text string) string {
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
