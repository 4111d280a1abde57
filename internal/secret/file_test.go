package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/secret"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want, problem string }{
		"plain":    {"hunter2", "hunter2", ""},
		"lines":    {"\n one\ntwo \r\n", "one\ntwo", ""},
		"longest":  {strings.Repeat("x", secret.MaxFile), strings.Repeat("x", secret.MaxFile), ""},
		"too-long": {strings.Repeat("x", secret.MaxFile+1), "", "is longer than a secret"},
		"empty":    {" \n", "", "is empty"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := secret.ReadFile(path)
		if got.Reveal() != c.want || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %d bytes, %v", name, len(got.Reveal()), err)
		}
	}
	if _, err := secret.ReadFile(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := secret.ReadFile(dir); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("a folder: %v", err)
	}
}
