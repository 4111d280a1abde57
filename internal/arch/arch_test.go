package arch_test

import (
	"bufio"
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/pierre-mcp/pierre"

// rules maps a package prefix to what it must not depend on, even indirectly, and why.
var rules = []struct{ pkg, bad, why string }{
	{"internal/pierre", module + "/", "the domain imports only the standard library"},
	{"internal/secret", module + "/", "secrets import only the standard library"},
	{"fitness", module + "/internal", "the science is pure functions over plain numbers"},
	{"fitness", "net/http", "the science does no I/O"},
	{"bridge", "database/sql", "the client ships no database"},
	{"install/script", module + "/internal", "the scripts are text"},
	{"bridge", module + "/remote", "the client speaks to the server over HTTP"},
	{"install", "database/sql", "the client ships no database"},
	{"install", module + "/remote", "the client speaks to the server over HTTP"},
	{"cmd/mcp-client", "database/sql", "the client ships no database"},
	{"cmd/mcp-client", "github.com/mattn/go-sqlite3", "the client builds without cgo"},
	{"cmd/mcp-client", module + "/internal/store", "the client ships no database"},
	{"cmd/mcp-client", module + "/remote", "the client speaks to the server over HTTP"},
	{"cmd/mcp-client", module + "/tools", "the client knows no fitness"},
	{"cmd/mcp-client", module + "/fitness", "the client knows no fitness"},
	{"tools", module + "/internal/store", "tools take a small interface; cmd passes the store"},
	{"tools", module + "/remote", "tools are called over any transport"},
	{"remote", module + "/internal/store", "doors take small interfaces; cmd passes the store"},
	{"internal/access", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/limit", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/usage", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/importer", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/store", "net/http", "storage does not know HTTP"},
	{"internal/store", module + "/remote", "storage is below the doors"},
	{"internal/activityfile", "database/sql", "readers of files know no database"},
	{"internal/web", "database/sql", "the HTTP toolkit does not know storage"},
}

func TestImportRules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}}\t{{join .Deps \" \"}}", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	matched := map[string]bool{}
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		path, deps, _ := strings.Cut(sc.Text(), "\t")
		for _, r := range rules {
			if root := module + "/" + r.pkg; path != root && !strings.HasPrefix(path, root+"/") || isTestKit(path) {
				continue
			}
			matched[r.pkg] = true
			for dep := range strings.FieldsSeq(deps) {
				if strings.HasPrefix(dep, r.bad) && !strings.HasPrefix(dep, module+"/"+r.pkg) {
					t.Errorf("%s depends on %s: %s", path, dep, r.why)
				}
			}
		}
	}
	for _, r := range rules {
		if !matched[r.pkg] {
			t.Errorf("the rule for %s matches no package: it guards nothing", r.pkg)
		}
	}
}

// isTestKit reports whether a package exists for tests only: its name ends in "test", as httptest's does.
func isTestKit(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// TestPackageDocs demands of every package a comment that says what it owns.
func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	eachGoFile(t, func(file string, src []byte) {
		dir := filepath.Dir(file)
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		documented[dir] = documented[dir] || f.Doc != nil
	})
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

// TestEveryRoomIsOnTheMap demands a line of ARCHITECTURE.md for every package outside the programs, the demo and the benchmarks.
func TestEveryRoomIsOnTheMap(t *testing.T) {
	plan, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		room := strings.TrimPrefix(pkg, module+"/")
		part := strings.HasPrefix(room, "internal/e2e/") || strings.HasPrefix(room, "demo/") || strings.HasPrefix(room, "bench/") || room == "internal/store/storetest"
		if !part && !strings.Contains(string(plan), "`"+room+"`") {
			t.Errorf("ARCHITECTURE.md does not say what %s is for", room)
		}
	}
}

// TestFileSizes keeps files readable; see rule "Sameness" in CONTRIBUTING.md for what to do about a long one.
func TestFileSizes(t *testing.T) {
	const most = 500
	eachGoFile(t, func(file string, src []byte) {
		if n := bytes.Count(src, []byte("\n")); n > most && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has %d lines, at most %d are allowed", file, n, most)
		}
	})
}

func eachGoFile(t *testing.T, f func(file string, src []byte)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") && len(name) > 2) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f(path, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDependenciesEarnTheirPlace demands a line in CONTRIBUTING.md for every module that we import ourselves.
func TestDependenciesEarnTheirPlace(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(line, "require"))
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") {
			continue // not a direct requirement
		}
		name := strings.TrimPrefix(fields[0], "github.com/")
		if last := path.Base(name); len(last) == 2 && last[0] == 'v' { // a major version, as in jwt/v5
			name = path.Dir(name)
		}
		if !strings.Contains(string(contributing), "| "+name+" |") {
			t.Errorf("CONTRIBUTING.md does not say why %s is here", name)
		}
	}
}
