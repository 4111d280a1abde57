package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

func TestReconcileNamesAndMendsDifferences(t *testing.T) {
	path := grownDatabase(t)
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: t.Output()}
		code := cli.Run(t.Context(), newRoot(w), append([]string{"reconcile", "--database-url", path, "--data-dir", filepath.Dir(path)}, args...), w)
		return code, out.String()
	}
	if code, out := run(); code != 0 || !strings.Contains(out, fmt.Sprintf("%d calls from 2026-05-05", grownCalls)) || !strings.Contains(out, ": 0 differences") {
		t.Fatalf("%d: %s", code, out)
	}
	st, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.FoldUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, path, `UPDATE usage_rollups SET succeeded = succeeded + 7 WHERE span_s = 86400`)
	code, out := run()
	if code != 1 || !strings.Contains(out, "2026-05-05T00:00:00Z days: succeeded of key key_") || !strings.Contains(out, fmt.Sprintf("is %d and should be %d by the calls", grownCalls+7, grownCalls)) {
		t.Errorf("%d: %s", code, out)
	}
	var r pierre.Reconciliation
	code, out = run("--repair", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || len(r.Differences) != 2 || !r.Differences[0].Mended {
		t.Errorf("%d, %v: %s", code, err, out)
	}
	if code, out := run(); code != 0 {
		t.Errorf("after the repair: %d: %s", code, out)
	}
	damage(t, path, `UPDATE calls SET started_us = started_us + 3155760000000000`)
	if _, out := run(); !strings.Contains(out, fmt.Sprintf("%d calls of later days", grownCalls)) {
		t.Errorf("calls in a hundred years: %s", out)
	}
}

// damage changes the database as nobody should.
func damage(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
