package keyring

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// What Seal returns begins with its version and the id of its key; the sealed text of version 1 has no id.
const (
	versionPlain = 1
	version      = 2
	idBytes      = 8
	headBytes    = 1 + idBytes
)

// A sealer is one ENCRYPTION_KEY.
type sealer struct {
	id   []byte
	aead cipher.AEAD
}

// newSealer derives an AES-256 key, so that a secret may be any text: hexadecimal, base64 or a long phrase.
func newSealer(s secret.String) (sealer, error) {
	id, err := hex.DecodeString(s.ID())
	if err != nil || len(id) != idBytes {
		return sealer{}, fmt.Errorf("deriving the encryption key's id: %w", err)
	}
	key, err := hkdf.Key(sha256.New, []byte(s.Reveal()), nil, "pierre encryption v1", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("deriving the encryption key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("deriving the encryption key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{id, aead}, err
}

func (s sealer) head() []byte { return append([]byte{version}, s.id...) }

// Seal encrypts and authenticates plaintext (AES-256-GCM), bound to its purpose: the table, the row and the user that it
// is kept for. It can be opened for nothing else.
func (r *Ring) Seal(plaintext, purpose []byte) []byte {
	s := r.keys().sealers[0]
	head := s.head()
	return s.aead.Seal(head, nil, plaintext, append(bytes.Clone(head), purpose...)) //nolint:gosec // this cipher makes a random nonce itself
}

// Current reports whether Seal would use the same key. What is not current should be sealed anew before the other keys
// are taken away.
func (r *Ring) Current(sealed []byte) bool {
	return bytes.HasPrefix(sealed, r.keys().sealers[0].head())
}

// Open undoes Seal, with the key that it was sealed with. It fails if the text was changed, was sealed for something else,
// or with an ENCRYPTION_KEY that is no longer there.
func (r *Ring) Open(sealed, purpose []byte) ([]byte, error) {
	switch {
	case len(sealed) > 0 && sealed[0] == versionPlain:
		return r.openPlain(sealed, purpose)
	case len(sealed) < headBytes || sealed[0] != version:
		return nil, errors.New("opening sealed data: unknown format")
	}
	head := sealed[:headBytes]
	for _, k := range []func() keys{r.keys, r.reread} {
		for _, s := range k().sealers {
			if !bytes.Equal(s.id, head[1:]) {
				continue
			}
			plaintext, err := s.aead.Open(nil, nil, sealed[headBytes:], append(bytes.Clone(head), purpose...))
			if err != nil {
				return nil, fmt.Errorf("opening sealed data: it was changed, or sealed for something else: %w", err)
			}
			return plaintext, nil
		}
	}
	return nil, errors.New("opening sealed data: it was sealed with another ENCRYPTION_KEY")
}

// openPlain opens what was sealed by version 1, which does not say with which key.
func (r *Ring) openPlain(sealed, purpose []byte) ([]byte, error) {
	var errs []error
	for _, s := range r.keys().sealers {
		plaintext, err := s.aead.Open(nil, nil, sealed[1:], purpose)
		if err == nil {
			return plaintext, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("opening sealed data: was it sealed with another ENCRYPTION_KEY? %w", errors.Join(errs...))
}
