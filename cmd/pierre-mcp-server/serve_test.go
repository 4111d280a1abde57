package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/store"
)

// Two servers on one database would each admit a key's whole limit.
func TestASecondServerRefusesToStart(t *testing.T) {
	dir := t.TempDir()
	first, err := store.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.BeginServing(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (code int, stderr string) {
		var out bytes.Buffer
		w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
		code = cli.Run(t.Context(), newRoot(w), append(args, "--data-dir", dir), w)
		return code, out.String()
	}
	code, text := run("--port", "0")
	if code != 1 || !strings.Contains(text, "serves the database "+filepath.Join(dir, "pierre.db")+" already") || strings.Count(text, "\n") != 1 {
		t.Errorf("a second server: exit %d, %q; want 1 and a line that says why", code, text)
	}
	recording := filepath.Join(t.TempDir(), "route.gpx")
	if err := os.WriteFile(recording, []byte(`<gpx version="1.1"><rte/></gpx>`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"migrate"}, {"import", "--user", "ana@example.com", recording}, {"--single-tenant", "--port", "0"}} {
		if code, text := run(args...); code != 0 {
			t.Errorf("%v beside a running server: exit %d, %q", args, code, text)
		}
	}
}
