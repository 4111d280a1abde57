package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Somebody who restores the database alone must hear of it.
func TestSecretsThatWereLostAreReported(t *testing.T) {
	dir := t.TempDir()
	c, err := load(t, []string{"--data-dir", dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, log := opened(t, "--data-dir", dir)
	start := func(want, without string) {
		t.Helper()
		log.Reset()
		if _, err := a.secrets(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if want != "" && !strings.Contains(log.String(), want) || without != "" && strings.Contains(log.String(), without) {
			t.Errorf("logged %s; want %q without %q", log, want, without)
		}
	}
	start("made a secret", "restored backup")
	start("", "made")
	token := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "console", Permissions: []pierre.Permission{pierre.PermListKeys}, Created: time.Now().UTC()}
	if err := a.store.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: time.Now().UTC()}, token); err != nil {
		t.Fatal(err)
	}
	start("", "made")
	if err := os.Remove(filepath.Join(dir, "jwt.secret")); err != nil {
		t.Fatal(err)
	}
	start("restored backup", "encryption.key")
}
