package access

import (
	"crypto/sha256"
	"strings"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// A TokenKind is what a token of the OAuth front, or in an address, is for. Its text begins with the kind, so that people, logs and secret
// scanners can tell them apart.
type TokenKind string

// The kinds of tokens.
const (
	AccessToken  TokenKind = "pot_" // used instead of an API key
	RefreshToken TokenKind = "por_" // gets the next access token
	Code         TokenKind = "poc_" // gets the first

	CalendarToken TokenKind = "pcal_" // in the address of a calendar, see [Calendars]
)

const tokenDigits = 32 // random base62 digits: 190 bits

// A Token is a well-formed token in clear. What is kept of it is its hash.
type Token struct{ text secret.String }

// GenerateToken returns a new random token. It ends in a checksum as keys do.
func GenerateToken(kind TokenKind) Token {
	text := append(make([]byte, 0, len(kind)+tokenDigits+checksumDigits), kind...)
	return Token{secret.New(string(appendChecksum(appendRandom(text, tokenDigits))))}
}

// ParseToken checks the form of a token and its checksum. ok is false for what is no such token.
func ParseToken(kind TokenKind, text string) (t Token, ok bool) {
	body := len(text) - checksumDigits
	if !strings.HasPrefix(text, string(kind)) || body != len(kind)+tokenDigits {
		return Token{}, false
	}
	sum := checksum(text[:body])
	return Token{secret.New(text)}, string(sum[:]) == text[body:]
}

// Reveal returns the token in clear, for its client.
func (t Token) Reveal() string { return t.text.Reveal() }

// Hash returns what is stored for the token.
func (t Token) Hash() [32]byte { return sha256.Sum256([]byte(t.text.Reveal())) }
