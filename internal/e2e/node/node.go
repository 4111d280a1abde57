// Package node installs the Node.js programs that end-to-end tests use: the MCP conformance suite, the TypeScript
// clients, and Node.js itself. Their versions are pinned in package-lock.json.
package node

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var lock []byte

//go:embed *.mjs
var scripts embed.FS

// Tools are the installed programs.
type Tools struct {
	Node    string // the program
	Modules string // the node_modules folder: an ES module next to it can import all of them
}

// Install returns the programs, from the cache if they are there: the folder of the environment's PIERRE_CACHE, else
// .cache in the module's root. Without npm the test is skipped, but fails where the environment sets CI.
func Install(t testing.TB) Tools {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("npm is required in CI: %v", err)
		}
		t.Skipf("npm is not here: %v", err)
	}
	sum := sha256.Sum256(append(manifest, lock...))
	dir := filepath.Join(cache(t), "node-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := install(t, npm, dir); err != nil {
			t.Fatalf("installing the Node.js programs: %v", err)
		}
	}
	modules := filepath.Join(dir, "node_modules")
	return Tools{Node: filepath.Join(modules, "node", "bin", "node"), Modules: modules}
}

// Script returns a command that runs a script of this package.
func (n Tools) Script(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	text, err := scripts.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// Node looks for node_modules from the script's own folder upwards.
	dir, err := os.MkdirTemp(filepath.Dir(n.Modules), "script-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), n.Node, append([]string{path}, args...)...)
}

// install builds the folder under another name: packages that test at the same time must not see half of it.
func install(t testing.TB, npm, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	building, err := os.MkdirTemp(filepath.Dir(dir), "installing-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(building)
	for name, content := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(building, name), content, 0o600); err != nil {
			return err
		}
	}
	ci := exec.CommandContext(t.Context(), npm, "ci", "--no-audit", "--no-fund")
	ci.Dir = building
	if out, err := ci.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	if err := os.Rename(building, dir); err != nil {
		if _, exists := os.Stat(dir); exists != nil {
			return err
		} // another package was faster
	}
	return nil
}

func cache(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("PIERRE_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache")
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("this test runs outside a module")
		}
		dir = filepath.Dir(dir)
	}
}
