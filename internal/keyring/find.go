package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const (
	minBytes    = 32      // RFC 7518, section 3.2: an HS256 key has at least the size of the hash
	maxFileSize = 1 << 16 // a secret is no longer
	minDistinct = 8       // different bytes; a random value of 32 has at least so many
)

// findFirst returns the secret in use, which is made if it has no source.
func (r *Ring) findFirst(name string, src Source, dir, file string) (secret.String, error) {
	text := src.Text.Reveal()
	var err error
	switch {
	case text != "" && src.File != "":
		return secret.String{}, pierre.Invalid(name, "%s and %s_FILE are both set; give one of them", name, name)
	case src.File != "":
		if text, err = readSecret(src.File); err != nil {
			return secret.String{}, fmt.Errorf("reading %s_FILE: %w", name, err)
		}
	case text == "":
		path := filepath.Join(dir, file)
		if text, err = r.readOrMake(name, path); err != nil {
			return secret.String{}, err
		}
		if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			r.expose(path)
		}
		name = path
	}
	text = strings.TrimSpace(text)
	if err := guessable(text); err != nil {
		return secret.String{}, pierre.Invalid(name, "%s %v; use the output of openssl rand -base64 32", name, err)
	}
	return secret.New(text), nil
}

// expose notes that others can read a file.
func (r *Ring) expose(path string) {
	if !slices.Contains(r.Exposed, path) {
		r.Exposed = append(r.Exposed, path)
	}
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileSize {
		return "", fmt.Errorf("%s is not a small file", path)
	}
	b, err := os.ReadFile(path)
	return string(b), err
}

// readOrMake returns the secret in the file at path, which is made if missing.
func (r *Ring) readOrMake(name, path string) (string, error) {
	text, err := readSecret(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || r.read != "" { // one that was there is not replaced
		return text, err
	}
	switch err = makeSecret(path); {
	case err == nil:
		r.Made, r.made = append(r.Made, path), append(r.made, name)
	case !errors.Is(err, fs.ErrExist): // another program was faster
		return "", fmt.Errorf("making %s: %w", path, err)
	}
	return readSecret(path)
}

// makeSecret writes a random secret to a new file. It is written whole under another name and
// then linked, which fails if the name is taken: nobody can read half of it or replace it.
func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	random := make([]byte, minBytes)
	rand.Read(random) // ends the program rather than fail
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(random) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path)
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// guessable reports why a secret can be guessed, if so.
func guessable(text string) error {
	if len(text) < minBytes {
		return fmt.Errorf("has %d bytes and needs at least %d", len(text), minBytes)
	}
	distinct := map[rune]bool{}
	for _, c := range text {
		distinct[c] = true
	}
	if len(distinct) < minDistinct {
		return errors.New("repeats a few characters and can be guessed")
	}
	lower := strings.ToLower(text)
	for _, sample := range samples() {
		if strings.Contains(lower, sample) {
			return fmt.Errorf("is a sample value (it contains %q)", sample)
		}
	}
	return nil
}

// samples are what example configurations put where a secret belongs. A random value contains
// one of them less than once in a million times.
func samples() []string {
	return []string{
		"your-", "your_", "your ", "change-", "change_", "changeme", "changethis", "change this", "replace",
		"example", "placeholder", "secret-key", "secret_key", "jwt-secret", "jwt_secret", "encryption-key",
		"encryption_key", "supersecret", "super-secret", "super_secret", "password", "01234567", "12345678", "abcdefgh",
	}
}
