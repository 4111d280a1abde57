//go:build unix

package install_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe in place of a configuration is refused at once: opening it would wait for somebody to write into it.
func TestPipe(t *testing.T) {
	tg := target(t, "cursor")
	if err := os.MkdirAll(filepath.Dir(tg.File), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(tg.File, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	if _, err := tg.Install("pierre", entry()); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("err = %v", err)
	}
}
