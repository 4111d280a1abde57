package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What only looks at a database, or takes from it, makes none where the path is mistyped: an empty one has no differences.
func TestCommandsThatNeedADatabaseMakeNone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "typo")
	for _, args := range [][]string{
		{"reconcile"},
		{"export", "--user", "ana@example.com", "--output", filepath.Join(t.TempDir(), "a.zip")},
	} {
		code, _, stderr := runCommand(t, append(args, "--data-dir", dir)...)
		if code != 2 || !strings.Contains(stderr, "there is no database "+dir) {
			t.Errorf("%s: exit %d, %s", args[0], code, stderr)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
}
