// Package keyring holds the server's two secrets: one signs admin tokens, the other encrypts what must be readable again.
// It finds them, or makes them once in the data folder. Package access does the signing; API keys are hashed and need
// neither.
package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// The names of the secrets, and the files that Load makes in the data folder.
const (
	jwtName        = "JWT_SECRET"
	jwtFile        = "jwt.secret"
	encryptionName = "ENCRYPTION_KEY"
	encryptionFile = "encryption.key"
)

// A Source says where a secret is: in the given text or in the given file. The zero Source is the data folder.
type Source struct {
	Text secret.String
	File string // path
}

// A Ring is the two secrets.
type Ring struct {
	// Made names the files that Load made, for the operator to know of.
	Made []string
	// Exposed names the files in the data folder that other users of the machine can read.
	Exposed []string

	jwt          secret.String
	aead         cipher.AEAD
	fingerprints map[string]string // by the secret's name
	made         []string          // names of those that Load made
}

// Load finds JWT_SECRET and ENCRYPTION_KEY, of at least 32 bytes each. Those that have no source
// are read from dir, and made there at random, mode 0600, if they are not there yet: programs
// that start at the same time end up with the same ones. A value that is too short, or that
// somebody copied from an example, is a [pierre.KindInvalid] error.
func Load(dir string, jwt, encryption Source) (*Ring, error) {
	r := &Ring{}
	var key secret.String
	var errJWT, errKey error
	r.jwt, errJWT = r.find(jwtName, jwt, dir, jwtFile)
	key, errKey = r.find(encryptionName, encryption, dir, encryptionFile)
	if err := errors.Join(errJWT, errKey); err != nil {
		return nil, err
	}
	if r.jwt.Reveal() == key.Reveal() {
		return nil, pierre.Invalid(encryptionName, "JWT_SECRET and ENCRYPTION_KEY are the same; give each a value of its own")
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	r.aead = aead
	jwtPrint, errJWT := fingerprint(jwtName, r.jwt)
	keyPrint, errKey := fingerprint(encryptionName, key)
	r.fingerprints = map[string]string{jwtName: jwtPrint, encryptionName: keyPrint}
	return r, errors.Join(errJWT, errKey)
}

// newAEAD derives an AES-256 key, so that a secret may be any text: hexadecimal, base64 or a long phrase.
func newAEAD(s secret.String) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(s.Reveal()), nil, "pierre encryption v1", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the encryption key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("deriving the encryption key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// JWTSecret returns the secret that signs admin tokens.
func (r *Ring) JWTSecret() secret.String { return r.jwt }

// version is the first byte of what Seal returns, so that another cipher or key can follow.
const version = 1

// Seal encrypts and authenticates plaintext, bound to what it is for (AES-256-GCM).
func (r *Ring) Seal(plaintext, purpose []byte) []byte {
	return r.aead.Seal([]byte{version}, nil, plaintext, purpose) //nolint:gosec // that is a prefix: this cipher makes a random nonce itself
}

// Open undoes Seal. It fails if the text was changed, was sealed for something else, or with another ENCRYPTION_KEY.
func (r *Ring) Open(sealed, purpose []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != version {
		return nil, errors.New("opening sealed data: unknown format")
	}
	plaintext, err := r.aead.Open(nil, nil, sealed[1:], purpose)
	if err != nil {
		return nil, fmt.Errorf("opening sealed data: was it sealed with another ENCRYPTION_KEY? %w", err)
	}
	return plaintext, nil
}
