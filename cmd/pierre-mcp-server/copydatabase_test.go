package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

const copyArguments = "PIERRE_TEST_COPY"

// TestCopyChild is the process that TestCopyDatabaseSurvivesKills kills.
func TestCopyChild(t *testing.T) {
	args := os.Getenv(copyArguments)
	if args == "" {
		t.Skip("run by TestCopyDatabaseSurvivesKills")
	}
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: os.Stdout, Stderr: os.Stderr}
	if code := cli.Run(t.Context(), newRoot(w), strings.Split(args, "\n"), w); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// grownCalls are so many that a copy of them takes far longer than it takes to end a process.
const grownCalls = 20_000

// grownDatabase makes a SQLite database that an installation could have.
func grownDatabase(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pierre.db")
	st, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierStarter, Hash: [32]byte{1}}
	if _, _, err := st.ProvisionAPIKey(t.Context(), pierre.Act{Person: "test", At: now}, k, func(pierre.APIKey) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	var calls []pierre.Call
	for n := range grownCalls {
		calls = append(calls, pierre.Call{ID: pierre.NewCallID(), KeyID: k.ID, Tool: "get_stats", Status: pierre.CallSucceeded, Started: now.Add(time.Duration(n) * time.Second)})
	}
	if err := st.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	return path
}

// However often a copy is killed, the one that is let to its end has every row once.
func TestCopyDatabaseSurvivesKills(t *testing.T) {
	path, url := grownDatabase(t), pgtest.URL(t)
	args := []string{"copy-database", "--data-dir", t.TempDir(), "--from", "sqlite:" + path, "--to", url, "--json"}
	for lines := 1; lines <= 5; lines++ {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCopyChild$", "-test.timeout=60s")
		child.Env = append(child.Environ(), copyArguments+"="+strings.Join(args, "\n"))
		stderr, err := child.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		text := bufio.NewScanner(stderr)
		for n := 0; n < lines && text.Scan(); n++ {
			if !strings.Contains(text.Text(), ": copied ") {
				t.Fatalf("the copy says %q", text.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		child.Wait()
	}
	code, stdout, stderr := runCommand(t, args...)
	var report struct {
		Tables []dbcopy.TableSum `json:"tables"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil {
		t.Fatalf("the last copy: exit %d, %v: %s", code, err, stderr)
	}
	rows := map[string]int64{}
	for _, table := range report.Tables {
		rows[table.Table] = table.Rows
	}
	if rows["calls"] != grownCalls || rows["api_keys"] != 1 || rows["users"] != 1 || rows["audit_log"] != 2 {
		t.Errorf("copied %v", rows)
	}
	if code, _, stderr := runCommand(t, args...); code != 1 || !strings.Contains(stderr, "holds data already") {
		t.Errorf("a second copy: exit %d, %s", code, stderr)
	}
}

func runCommand(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	code = cli.Run(t.Context(), newRoot(w), args, w)
	return code, out.String(), errs.String()
}

func TestCopyDatabaseRefuses(t *testing.T) {
	path, dir := grownDatabase(t), t.TempDir()
	served, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if err := served.BeginServing(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--from", "sqlite:" + path}, 2, "needs --from and --to"},
		{[]string{"--from", "mysql://u:hunter2@db/x", "--to", "postgresql://u:hunter2@db:port/x"}, 2, "--from: "},
		{[]string{"--from", "sqlite:" + path, "--to", filepath.Join(dir, "b.db")}, 1, "serves the database"},
		{[]string{"--from", "sqlite:" + filepath.Join(dir, "typo.db"), "--to", filepath.Join(dir, "b.db")}, 2, "--from: there is no database"},
	} {
		code, _, stderr := runCommand(t, append([]string{"copy-database", "--data-dir", dir}, tc.args...)...)
		if code != tc.code || !strings.Contains(stderr, tc.want) || strings.Contains(stderr, "hunter2") {
			t.Errorf("%v: exit %d, %s; want %d and %q", tc.args, code, stderr, tc.code, tc.want)
		}
	}
}
