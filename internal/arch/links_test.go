//go:build !race

package arch_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// target is what a link or a picture of a document leads to.
var target = regexp.MustCompile(`(!?)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)`)

// TestDocumentsLeadSomewhere demands that every file that a document links to or shows is there, that its pictures are small,
// and that each kept picture is shown by some document.
func TestDocumentsLeadSomewhere(t *testing.T) {
	const root, heaviest = "../..", 120_000
	shown := map[string]bool{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md"} {
		documents, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(documents) == 0 {
			t.Fatalf("no document is %s: %v", pattern, err)
		}
		for _, document := range documents {
			text, err := os.ReadFile(document)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range target.FindAllSubmatch(text, -1) {
				to := string(found[2])
				if strings.Contains(to, ":") {
					continue // on the web
				}
				file := filepath.Join(filepath.Dir(document), to)
				info, err := os.Stat(file)
				switch {
				case errors.Is(err, fs.ErrNotExist):
					t.Errorf("%s leads to %s, which is not there", document, to)
				case err != nil:
					t.Error(err)
				case len(found[1]) > 0 && info.Size() > heaviest:
					t.Errorf("%s shows %s, which has %d bytes", document, to, info.Size())
				}
				shown[file] = true
			}
		}
	}
	pictures, err := filepath.Glob(filepath.Join(root, "docs/pictures/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, picture := range pictures {
		if !shown[picture] {
			t.Errorf("no document shows %s", picture)
		}
	}
}
