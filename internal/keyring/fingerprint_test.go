package keyring_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func compare(t *testing.T, s *store.Store, dir string, jwt keyring.Source) string {
	t.Helper()
	r, err := keyring.Load(dir, jwt, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := r.Compare(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(warnings, "\n")
}

// A database that meets other secrets than before says so once, and names those that are others.
func TestCompare(t *testing.T) {
	s, dir := storetest.New(t), t.TempDir()
	for range 2 {
		if w := compare(t, s, dir, keyring.Source{}); w != "" {
			t.Errorf("the same secrets: %s", w)
		}
	}
	if err := os.Remove(filepath.Join(dir, "encryption.key")); err != nil {
		t.Fatal(err)
	}
	if w := compare(t, s, dir, keyring.Source{}); !strings.Contains(w, "ENCRYPTION_KEY is not the one") || strings.Contains(w, "JWT_SECRET") {
		t.Errorf("a new encryption key: %q", w)
	}
	if w := compare(t, s, dir, text(jwtText)); !strings.Contains(w, "JWT_SECRET is not the one") || strings.Contains(w, "ENCRYPTION_KEY") {
		t.Errorf("another JWT_SECRET: %q", w)
	}
	if w := compare(t, s, t.TempDir(), keyring.Source{}); !strings.Contains(w, "restore jwt.secret") || !strings.Contains(w, "restore encryption.key") {
		t.Errorf("restored without the secret files: %q", w)
	}
}

// A database of an older version has no fingerprints, but tokens.
func TestCompareWithAnOlderDatabase(t *testing.T) {
	s := storetest.New(t)
	now := time.Now().UTC()
	token := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "console", Created: now}
	if err := s.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: now}, token); err != nil {
		t.Fatal(err)
	}
	if w := compare(t, s, t.TempDir(), text(jwtText)); strings.Contains(w, "JWT_SECRET") || !strings.Contains(w, "ENCRYPTION_KEY") {
		t.Errorf("one secret is given, the other was made: %q", w)
	}
}
