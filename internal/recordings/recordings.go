// Package recordings finds the real recordings that tests read in place, and what
// is known to be true about them. The recordings belong to other people's
// repositories, so none of them is part of this one. It owns no test and no parser.
package recordings

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder of the real recordings: the environment's PIERRE_TESTDATA,
// else ../shared/testdata/activities beside the module. Without that folder the
// test is skipped, but fails where the environment sets CI.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PIERRE_TESTDATA") //nolint:forbidigo // tests have no main that could read it for them
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "testdata", "activities")
	}
	if _, err := os.Stat(filepath.Join(dir, "expected.json")); err != nil { //nolint:gosec // whoever runs the tests names the folder
		if os.Getenv("CI") != "" { //nolint:forbidigo // as above
			t.Fatalf("the real recordings are required in CI: %v", err)
		}
		t.Skipf("the real recordings are not here: %v", err)
	}
	return dir
}

// Load returns what is known about the recordings in [Dir].
func Load(t testing.TB) Expected {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(Dir(t), "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e Expected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatalf("reading expected.json: %v", err)
	}
	return e
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("this test runs outside a module")
		}
		dir = parent
	}
}
