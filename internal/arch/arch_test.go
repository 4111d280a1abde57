//go:build !race

package arch_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/pierre-mcp/pierre"

// rules maps a package prefix to what it must not depend on, even indirectly, and why. Packages that exist for tests
// are exempt.
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
	{"remote/a2aapi", "github.com/mark3labs/mcp-go", "it speaks to the MCP API as a client does, so that keys, limits and usage hold"},
	{"remote/a2aapi", module + "/internal/access", "who calls is the MCP API's to find out"},
	{"tools", module + "/internal/store", "tools take a small interface; cmd passes the store"},
	{"tools", module + "/remote", "tools are called over any transport"},
	{"internal/training", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/training", module + "/tools", "the service is below the tools"},
	{"internal/training", "net/http", "the service is asked in Go, not over HTTP"},
	{"internal/streamable", module + "/internal/access", "the transport knows neither keys nor limits, tools and usage: its users tell it who calls"},
	{"internal/streamable", module + "/internal/limit", "the transport knows neither keys nor limits, tools and usage"},
	{"internal/streamable", module + "/internal/usage", "the transport knows neither keys nor limits, tools and usage"},
	{"internal/streamable", module + "/tools", "the transport knows neither keys nor limits, tools and usage"},
	{"internal/streamable", module + "/remote", "the transport is below the APIs"},
	{"internal/streamable", module + "/internal/store", "the transport does not know storage"},
	{"remote", module + "/internal/store", "APIs take small interfaces; cmd passes the store"},
	{"internal/access", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/limit", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/usage", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/importer", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/exporter", module + "/internal/store", "services take small interfaces; cmd passes the store"},
	{"internal/exportfile", "github.com/muktihari/fit", "the format is for clients, too"},
	{"internal/exportclient", module + "/internal/store", "the client ships no database"},
	{"internal/store", "net/http", "storage does not know HTTP"},
	{"internal/store", module + "/remote", "storage is below the APIs"},
	{"internal/sqldb", "net/http", "storage does not know HTTP"},
	{"internal/sqldb", module + "/internal/store", "what all databases share knows no tables"},
	{"portal", module + "/internal/store", "the site asks the server over its admin API"},
	{"portal", module + "/tools", "the site asks the server over its admin API"},
	{"portal/db", module + "/remote", "storage is below the pages"},
	{"portal/db", module + "/portal/", "storage is below the pages"},
	{"portal/route", "database/sql", "who may use a page is found out before"},
	{"internal/activityfile", "database/sql", "readers of files know no database"},
	{"internal/web", "database/sql", "the HTTP toolkit does not know storage"},
	{"internal/web", module + "/remote", "the HTTP toolkit is below the APIs"},
	{"internal/merge", "database/sql", "merging is pure functions over recordings"},
	{"internal/merge", module + "/internal/store", "merging is pure functions over recordings"},
	{"internal/series", module + "/internal/store", "series are columns of samples, however they are kept"},
	{"internal/activityfile/formats", module + "/", "the list of formats is for clients, too"},
	{"internal/importclient", "database/sql", "the client ships no database"},
	{"internal/watch", module + "/internal/store", "the client ships no database"},
	{"internal/importclient", "github.com/muktihari/fit", "the client sends files and does not read them"},
	{"internal/importclient", module + "/remote", "the client speaks to the server over HTTP"},
	{"internal/importclient", module + "/internal/store", "the client ships no database"},
	{"internal/adminsetup", module + "/remote", "the operator's tool works on the database alone"},
	{"internal/adminsetup", module + "/tools", "the operator's tool knows no fitness"},
}

// mayImport holds the only pairs of APIs of which the first may depend on the second.
var mayImport = map[[2]string]bool{
	{"remote/mcpapi", "tools"}: true,
}

// testOnly holds packages that exist for tests and are not named for it; see isTestKit.
var testOnly = []string{"internal/arch", "internal/browser", "internal/document", "internal/e2e", "internal/mcptest", "internal/recordings"}

// A goPackage is what go list says of a package of this module. Imports are those of its own files, not of its tests.
type goPackage struct {
	Path, Dir     string
	Imports, Deps []string
}

// packagesOf returns the module's packages by their paths below the module, e2e tests included.
func packagesOf(t *testing.T) map[string]goPackage {
	t.Helper()
	const format = "{{.ImportPath}}\t{{.Dir}}\t{{join .Imports \" \"}}\t{{join .Deps \" \"}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", "e2e", "-f", format, module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]goPackage{}
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		all[strings.TrimPrefix(part[0], module+"/")] = goPackage{
			Path: part[0], Dir: part[1], Imports: strings.Fields(part[2]), Deps: strings.Fields(part[3]),
		}
	}
	return all
}

// isTestKit reports whether a package exists for tests only: it is in testOnly, or its name ends in "test", as
// httptest's does.
func isTestKit(pkg string) bool {
	for _, kit := range testOnly {
		if pkg == kit || strings.HasPrefix(pkg, kit+"/") {
			return true
		}
	}
	return strings.HasSuffix(pkg, "test")
}

// isAPI reports whether a package is one that the server's program serves: they share services, not each other.
func isAPI(pkg string) bool {
	return pkg == "tools" || strings.HasPrefix(pkg, "tools/") || strings.HasPrefix(pkg, "remote/")
}

func TestImportRules(t *testing.T) {
	matched := map[string]bool{}
	for pkg, p := range packagesOf(t) {
		for _, r := range rules {
			if pkg != r.pkg && !strings.HasPrefix(pkg, r.pkg+"/") || isTestKit(pkg) {
				continue
			}
			matched[r.pkg] = true
			for _, dep := range p.Deps {
				if strings.HasPrefix(dep, r.bad) && !strings.HasPrefix(dep, module+"/"+r.pkg) {
					t.Errorf("%s depends on %s: %s", pkg, dep, r.why)
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

// TestAPIsDoNotKnowEachOther: what two APIs share belongs below both.
func TestAPIsDoNotKnowEachOther(t *testing.T) {
	for pkg, p := range packagesOf(t) {
		if !isAPI(pkg) || isTestKit(pkg) {
			continue
		}
		for _, dep := range p.Deps {
			other := strings.TrimPrefix(dep, module+"/")
			part := strings.HasPrefix(other, pkg+"/") || strings.HasPrefix(pkg, other+"/")
			if isAPI(other) && !part && !mayImport[[2]string{pkg, other}] {
				t.Errorf("%s depends on %s: what two APIs share belongs below both", pkg, other)
			}
		}
	}
}

// pagesMayUse holds the packages of the site that its packages of pages share.
var pagesMayUse = []string{"portal/db", "portal/mail", "portal/route", "portal/ui"}

// TestPagesDoNotKnowEachOther: what two packages of the site's pages share belongs below both; only portal knows all.
func TestPagesDoNotKnowEachOther(t *testing.T) {
	for pkg, p := range packagesOf(t) {
		if !strings.HasPrefix(pkg, "portal/") || isTestKit(pkg) {
			continue
		}
		for _, dep := range p.Deps {
			other := strings.TrimPrefix(dep, module+"/")
			part := strings.HasPrefix(other, pkg+"/") || strings.HasPrefix(pkg, other+"/")
			shared := slices.ContainsFunc(pagesMayUse, func(s string) bool { return other == s || strings.HasPrefix(other, s+"/") })
			if (other == "portal" || strings.HasPrefix(other, "portal/")) && !part && !shared {
				t.Errorf("%s depends on %s: what two packages of pages share belongs below both", pkg, other)
			}
		}
	}
}

// TestProductImportsNoTestKit: what exists for tests stays out of the programs.
func TestProductImportsNoTestKit(t *testing.T) {
	for pkg, p := range packagesOf(t) {
		if isTestKit(pkg) || strings.HasPrefix(pkg, "bench/") {
			continue
		}
		for _, dep := range p.Deps {
			if other, ours := strings.CutPrefix(dep, module+"/"); ours && isTestKit(other) || dep == "testing" {
				t.Errorf("%s depends on %s, which exists for tests", pkg, dep)
			}
		}
	}
}

// TestNobodyImportsPrograms: what is worth importing does not belong in package main.
func TestNobodyImportsPrograms(t *testing.T) {
	for pkg, p := range packagesOf(t) {
		for _, dep := range p.Imports {
			if strings.HasPrefix(dep, module+"/cmd/") {
				t.Errorf("%s imports %s", pkg, dep)
			}
		}
	}
}

// TestEveryGoFileIsBuilt: "./..." skips folders by their names, and with them their tests, vet and linters.
func TestEveryGoFileIsBuilt(t *testing.T) {
	known := map[string]bool{}
	for _, p := range packagesOf(t) {
		known[p.Dir] = true
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == ".git" || name == ".cache") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(file, "go.mod")); d.IsDir() && file != root && err == nil {
			if d.Name() != "deploy" { // whose module scripts/lint.sh and scripts/test.sh name
				t.Errorf("%s is a module that no script lints and tests", strings.TrimPrefix(file, root+"/"))
			}
			return filepath.SkipDir
		}
		if filepath.Ext(file) == ".go" && !known[filepath.Dir(file)] {
			t.Errorf("%s is in no package that ./... matches", strings.TrimPrefix(file, root+"/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

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

// TestEveryPackageIsOnTheMap demands a line of ARCHITECTURE.md for every package outside the programs, the demo and the benchmarks.
func TestEveryPackageIsOnTheMap(t *testing.T) {
	plan, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range packagesOf(t) {
		part := strings.HasPrefix(pkg, "internal/e2e/") || strings.HasPrefix(pkg, "demo/") || strings.HasPrefix(pkg, "bench/") || pkg == "internal/store/storetest"
		if !part && !strings.Contains(string(plan), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md does not say what %s is for", pkg)
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
	var mod []byte
	for _, file := range []string{"../../go.mod", "../../deploy/go.mod"} {
		one, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mod = append(mod, one...)
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
