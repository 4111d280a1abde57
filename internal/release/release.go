// Package release knows how a release is signed: a list of the SHA-256 of its files, whose first line names the
// version, and beside it an ECDSA signature of that list (decision 0008).
package release

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The files of a release that vouch for the others.
const (
	ListFile      = "checksums.txt"
	SignatureFile = ListFile + ".sig"
)

// Sizes in bytes that no list, signature or key of ours comes near.
const (
	MaxList      = 64 << 10
	MaxSignature = 1 << 10
	MaxKey       = 4 << 10
)

// A Key checks signatures. It is the public half of the key of whoever makes releases.
type Key struct {
	public *ecdsa.PublicKey
	der    []byte // SubjectPublicKeyInfo (RFC 5280, section 4.1)
}

// ParseKey reads a public key of the curve P-256 from PEM, as "openssl pkey -pubout" writes it.
func ParseKey(text []byte) (*Key, error) {
	if len(text) > MaxKey {
		return nil, fmt.Errorf("a public key has at most %d bytes", MaxKey)
	}
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("there is no PEM block in it")
	case strings.Contains(block.Type, "PRIVATE KEY"):
		return nil, errors.New("it is a private key, which belongs on no server: give the public one")
	case block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "":
		return nil, errors.New("it is not one PEM block of the type PUBLIC KEY")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the public key: %w", err)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("it is no ECDSA key of the curve P-256")
	}
	// The installers take the key apart at fixed places, so it must be in the form that everybody writes.
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("writing the public key: %w", err)
	}
	return &Key{public: public, der: der}, nil
}

// Base64 returns the key as in PEM, without the lines around it and on one line.
func (k *Key) Base64() string { return base64.StdEncoding.EncodeToString(k.der) }

// Version checks the signature, in base64, of a list of checksums, and returns the version that the list is of.
func (k *Key) Version(list, signature []byte) (string, error) {
	if len(list) > MaxList || len(signature) > MaxSignature {
		return "", fmt.Errorf("%s or %s is larger than any of a release", ListFile, SignatureFile)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
	if err != nil {
		return "", fmt.Errorf("%s is not in base64", SignatureFile)
	}
	if sum := sha256.Sum256(list); !ecdsa.VerifyASN1(k.public, sum[:], raw) {
		return "", fmt.Errorf("%s is not the signature of %s by this key", SignatureFile, ListFile)
	}
	first := versionLine.FindSubmatch(list)
	if first == nil {
		return "", fmt.Errorf("%s is signed, but its first line names no version", ListFile)
	}
	return string(first[1]), nil
}

var versionLine = regexp.MustCompile(`\A# pierre ([0-9A-Za-z.+-]{1,64})\n`)
