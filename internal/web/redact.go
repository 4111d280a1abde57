package web

import (
	"regexp"
	"strings"
)

// Credentials that people put where they do not belong: API keys, whole, cut off or mistyped, the OAuth front's tokens and
// codes, those in addresses of calendars, and tokens in the form of a JWT.
// What the admin API shows of a key, its first twelve characters, is not enough to count as one.
var credentials = regexp.MustCompile(`(?i)(pk_(?:live|trial)_)[0-9a-z_-]{5,}|(pk_(?:live|trial))[0-9a-z-][0-9a-z_-]{5,}|(po[trc]_)[0-9a-z]{8,}|(pcal_)[0-9a-z]{8,}|(eyJ)[0-9a-z_-]{8,}(?:\.[0-9a-z_-]*)*`)

// Redact returns text without the credentials in it. Whatever a client sent and a log or an answer repeats goes through it.
func Redact(text string) string {
	if len(text) < len("eyJ") || !mayHoldCredential(text) {
		return text
	}
	return credentials.ReplaceAllString(text, "$1$2$3$4$5…")
}

// mayHoldCredential spares nearly every text the regular expression.
func mayHoldCredential(text string) bool {
	for i := strings.IndexAny(text, "pPeE"); i >= 0; {
		rest := text[i:]
		if len(rest) >= 3 && (strings.EqualFold(rest[:3], "pk_") || strings.EqualFold(rest[:2], "po") || strings.EqualFold(rest[:3], "pca") || strings.EqualFold(rest[:3], "eyJ")) {
			return true
		}
		next := strings.IndexAny(rest[1:], "pPeE")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}
