package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// equal compares what a call shows with a secret. Without a secret nothing is equal.
func equal(shown string, s secret.String) bool {
	return s.Reveal() != "" && subtle.ConstantTimeCompare([]byte(shown), []byte(s.Reveal())) == 1
}

// sign returns the HMAC-SHA256 of parts.
func sign(s secret.String, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.Reveal()))
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// signed reports whether a signature is that of parts. Without a secret none is.
func signed(signature []byte, s secret.String, parts ...[]byte) bool {
	return s.Reveal() != "" && hmac.Equal(signature, sign(s, parts...))
}

// badCall is the error of a call that cannot be read.
func badCall(err error) error {
	return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The call cannot be read.", Err: err}
}

// forged is the error of a call that is not the provider's own.
func forged() error {
	return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "The call is not signed as was agreed."}
}
