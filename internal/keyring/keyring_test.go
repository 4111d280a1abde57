package keyring_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const (
	jwtText = "qL0zvWmT9hXe4KcJ2rUyB7nGd5sPaF1i"
	keyText = "Zt8oNvR3wQxE6yHjM0uKbC4gLf9kDs2p"
)

func text(s string) keyring.Source { return keyring.Source{Text: secret.New(s)} }

func TestSecretsAreMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Made) != 2 {
		t.Errorf("Made = %v, want two files", first.Made)
	}
	for _, path := range first.Made {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", path, info.Mode())
		}
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder's mode = %v, %v; want 0700", info.Mode(), err)
		}
	}
	again, err := keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil || len(again.Made) != 0 {
		t.Fatalf("Load again made %v, %v; want nothing new", again.Made, err)
	}
	if again.JWTSecret().Reveal() != first.JWTSecret().Reveal() {
		t.Error("the second Load has another JWT secret")
	}
	if got, err := again.Open(first.Seal([]byte("x"), nil), nil); err != nil || string(got) != "x" {
		t.Errorf("the second Load has another encryption key: %q, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesThatOthersCanReadAreNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing on Windows")
	}
	dir := t.TempDir()
	ring, err := keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil || len(ring.Exposed) != 0 {
		t.Fatalf("Exposed = %v, %v; want none", ring.Exposed, err)
	}
	path := filepath.Join(dir, "jwt.secret")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	ring, err = keyring.Load(dir, keyring.Source{}, keyring.Source{})
	if err != nil || len(ring.Exposed) != 1 || ring.Exposed[0] != path {
		t.Errorf("Exposed = %v, %v; want %s", ring.Exposed, err, path)
	}
}

// The server and admin-setup may be started for the first time together.
func TestProgramsThatStartTogetherAgree(t *testing.T) {
	dir := t.TempDir()
	rings := make([]*keyring.Ring, 20)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			var err error
			if rings[i], err = keyring.Load(dir, keyring.Source{}, keyring.Source{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, r := range rings[1:] {
		if r.JWTSecret().Reveal() != rings[0].JWTSecret().Reveal() {
			t.Fatal("two programs have different JWT secrets")
		}
		if _, err := r.Open(rings[0].Seal([]byte("x"), nil), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGivenSecrets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "from-file")
	if err := os.WriteFile(file, []byte(keyText+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byText, err := keyring.Load(dir, text(jwtText), text(keyText))
	if err != nil {
		t.Fatal(err)
	}
	byFile, err := keyring.Load(dir, text(jwtText), keyring.Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if got := byText.JWTSecret().Reveal(); got != jwtText {
		t.Errorf("JWTSecret = %q, want %q", got, jwtText)
	}
	if _, err := byFile.Open(byText.Seal([]byte("x"), nil), nil); err != nil {
		t.Errorf("the same key as text and in a file: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("files = %v, %v; want no made secrets beside given ones", entries, err)
	}
	if shown := fmt.Sprintf("%+v %#v", byText, byText); strings.Contains(shown, jwtText) {
		t.Errorf("printing the ring shows a secret: %s", shown)
	}
}

func TestBadSecretsAreRefused(t *testing.T) {
	good, other := text(jwtText), text(keyText)
	file := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(file, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		jwt, key keyring.Source
		want     string
	}{
		{"short", text("tooshort"), other, "JWT_SECRET has 8 bytes and needs at least 32"},
		{"one byte short", good, text(keyText[1:]), "ENCRYPTION_KEY has 31 bytes"},
		{"padded with spaces", text("short" + strings.Repeat(" ", 40)), other, "JWT_SECRET has 5 bytes"},
		{"the guide's sample", text("your-secure-jwt-secret-here-32-chars"), other, "JWT_SECRET is a sample value"},
		{"another sample", good, text("CHANGEME-CHANGEME-CHANGEME-CHANGEME"), "ENCRYPTION_KEY is a sample value"},
		{"counting", good, text("0123456789abcdef0123456789abcdef"), "is a sample value"},
		{"one letter", text(strings.Repeat("a", 64)), other, "can be guessed"},
		{"short in a file", keyring.Source{File: file}, other, "JWT_SECRET has 5 bytes"},
		{"no such file", good, keyring.Source{File: file + "-none"}, "reading ENCRYPTION_KEY_FILE"},
		{"a folder", keyring.Source{File: filepath.Dir(file)}, other, "not a small file"},
		{"text and file", keyring.Source{Text: secret.New(jwtText), File: file}, other, "both set"},
		{"both the same", good, good, "are the same"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := keyring.Load(t.TempDir(), tt.jwt, tt.key)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Load = %v, want %q", err, tt.want)
			}
			if unreadable := strings.Contains(tt.want, "_FILE") || strings.Contains(tt.want, "file"); !unreadable && pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("the kind of %v is %v, want invalid: it is the operator's mistake", err, pierre.KindOf(err))
			}
			for _, src := range []keyring.Source{tt.jwt, tt.key} {
				if s := src.Text.Reveal(); len(s) > 12 && strings.Contains(err.Error(), s) {
					t.Errorf("the error shows the secret: %v", err)
				}
			}
		})
	}
}

// Both mistakes are reported at once.
func TestAllMistakesInOneReport(t *testing.T) {
	_, err := keyring.Load(t.TempDir(), text("a"), text("b"))
	if err == nil || !strings.Contains(err.Error(), "JWT_SECRET") || !strings.Contains(err.Error(), "ENCRYPTION_KEY") {
		t.Errorf("Load = %v, want both secrets named", err)
	}
}

func TestSealedDataIsBound(t *testing.T) {
	r, err := keyring.Load(t.TempDir(), text(jwtText), text(keyText))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := keyring.Load(t.TempDir(), text(jwtText), text(strings.ToUpper(keyText)))
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("the fresh key")
	sealed := r.Seal(plain, []byte("row 1"))
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, r.Seal(plain, []byte("row 1"))) {
		t.Error("sealing hides nothing, or gives the same twice")
	}
	if got, err := r.Open(sealed, []byte("row 1")); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Open = %q, %v; want %q", got, err, plain)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	newer := bytes.Clone(sealed)
	newer[0]++
	for name, open := range map[string]func() ([]byte, error){
		"for another purpose": func() ([]byte, error) { return r.Open(sealed, []byte("row 2")) },
		"with another key":    func() ([]byte, error) { return foreign.Open(sealed, []byte("row 1")) },
		"changed":             func() ([]byte, error) { return r.Open(changed, []byte("row 1")) },
		"of a newer format":   func() ([]byte, error) { return r.Open(newer, []byte("row 1")) },
		"empty":               func() ([]byte, error) { return r.Open(nil, nil) },
		"cut off":             func() ([]byte, error) { return r.Open(sealed[:5], []byte("row 1")) },
	} {
		if got, err := open(); err == nil {
			t.Errorf("opening what is %s = %q, want an error", name, got)
		}
	}
}

// What the first version sealed can be opened.
func TestTextOfTheFirstVersionOpens(t *testing.T) {
	r, err := keyring.Load(t.TempDir(), text(jwtText), keyring.Source{Text: secret.New(jwtText + "x"), Previous: secret.New(keyText)})
	if err != nil {
		t.Fatal(err)
	}
	sealed := sealedByVersion1(t, keyText, []byte("text"), []byte("row"))
	if !opens(r, sealed) || r.Current(sealed) {
		t.Error("what was sealed by an older version cannot be opened, or counts as current")
	}
	if _, err := r.Open(sealed, []byte("another row")); err == nil {
		t.Error("it opens for another row")
	}
}

func sealedByVersion1(t *testing.T, secretText string, plain, purpose []byte) []byte {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secretText), nil, "pierre encryption v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal([]byte{1}, nil, plain, purpose)
}

func FuzzOpen(f *testing.F) {
	r, err := keyring.Load(f.TempDir(), text(jwtText), text(keyText))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Seal([]byte("text"), nil))
	f.Add([]byte{2, 0, 0})
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := r.Open(sealed, []byte("row")); err == nil {
			t.Errorf("made-up text opens: %q", plain)
		}
	})
}
