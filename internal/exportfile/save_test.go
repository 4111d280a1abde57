package exportfile_test

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/exportfile"
)

func write(manifest string) func(io.Writer) error {
	return func(w io.Writer) error {
		z := zip.NewWriter(w)
		f, err := z.Create(exportfile.ManifestFile)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, manifest); err != nil {
			return err
		}
		return z.Close()
	}
}

// A file gets its name when it is complete, and of anything else nothing is left.
func TestSave(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "mine.zip")
	for what, write := range map[string]func(io.Writer) error{
		"an error": func(w io.Writer) error {
			_, err := io.WriteString(w, "x")
			return errors.Join(err, errors.New("broken off"))
		},
		"cut off":        func(w io.Writer) error { _, err := io.WriteString(w, "PK\x03\x04"); return err },
		"empty":          func(io.Writer) error { return nil },
		"no manifest":    func(w io.Writer) error { return zip.NewWriter(w).Close() },
		"another's":      write(`{"format":"other"}`),
		"not readable":   write(`{`),
		"a long one":     write(`{"format":"pierre-export","x":"` + strings.Repeat("x", 1<<17) + `"}`),
		"another's JSON": write(`[]`),
	} {
		if _, _, err := exportfile.Save(name, write); err == nil {
			t.Errorf("%s: no error", what)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("%s: %v is left, %v", what, left, err)
		}
	}
	m, size, err := exportfile.Save(name, write(`{"format":"pierre-export","activities":7}`))
	if info, serr := os.Stat(name); err != nil || serr != nil || m.Activities != 7 || info.Size() != size || info.Mode().Perm() != 0o600 {
		t.Errorf("%+v, %v, %v", m, err, serr)
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := exportfile.Save(name, write(`{"format":"pierre-export"}`)); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("over another file: %v", err)
	}
	if after, err := os.ReadFile(name); err != nil || string(after) != string(before) {
		t.Errorf("the other file was changed, %v", err)
	}
	if err := exportfile.Free(filepath.Join(dir, "none", "mine.zip")); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("in no folder: %v", err)
	}
}
