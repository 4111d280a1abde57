//go:build !race

package fitness

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// methods reads the constants of method.go, so that none can be forgotten.
func methods(t *testing.T) map[string]Method {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "method.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Method{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found[spec.Names[0].Name] = Method(text)
		return false
	})
	if len(found) < 40 {
		t.Fatalf("method.go has %d methods", len(found))
	}
	return found
}

func TestEveryMethodHasNameAndSource(t *testing.T) {
	seen := map[Method]string{}
	for name, m := range methods(t) {
		if m.Name() == "" || m.Source() == "" || string(m) != m.Name()+" ("+m.Source()+")" {
			t.Errorf("%s = %q is not of the form name (source)", name, m)
		}
		if other, ok := seen[m]; ok {
			t.Errorf("%s and %s are equal", name, other)
		}
		seen[m] = name
	}
}

func TestEveryMethodIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/METHODS.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range methods(t) {
		if !strings.Contains(string(doc), m.Name()) {
			t.Errorf("docs/METHODS.md does not explain %s, %q", name, m.Name())
		}
	}
}

func TestCoveragePercent(t *testing.T) {
	if p, ok := (Result{Coverage: 0.85}).CoveragePercent(); !ok || p != 85 {
		t.Errorf("coverage = %v, %v", p, ok)
	}
	if _, ok := (Result{}).CoveragePercent(); ok {
		t.Error("a result without samples has a coverage")
	}
}
