package spool_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/spool"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestFileHasNoName(t *testing.T) {
	dir := t.TempDir()
	f, err := spool.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if list := names(t, dir); len(list) > 0 && runtime.GOOS != "windows" {
		t.Errorf("the folder holds %v while the file is open", list)
	}
	if _, err := f.WriteString("hello"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := f.ReadAt(got, 0); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if list := names(t, dir); len(list) > 0 {
		t.Errorf("the folder holds %v afterwards", list)
	}
}

func TestMissingFolder(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := spool.New(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("New = %v", err)
	}
	if err := spool.Tidy(missing); err != nil {
		t.Errorf("Tidy = %v, want nothing to do", err)
	}
}

// What killed programs left goes, and nothing else.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	keep := []string{"pierre-spool-notes.txt", "pierre.db", "upload-me.fit"}
	for _, name := range append([]string{"pierre-import-123.zip", "pierre-spool-42", "upload-99"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := spool.Tidy(dir); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, keep) {
		t.Errorf("left %v, want %v", got, keep)
	}
}
