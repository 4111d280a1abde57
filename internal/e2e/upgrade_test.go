//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lastVersion builds the programs of the last version whose database was SQLite alone, out of this repository's history,
// and returns their folder.
func lastVersion(t *testing.T) string {
	t.Helper()
	const migrations = "internal/store/migrations/sqlite/" // the last version had eleven
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	git := exec.CommandContext(t.Context(), "git", "log", "--reverse", "--no-renames", "--diff-filter=A", "--format=%H", "--", migrations+"0001[2-9]*", migrations+"0002*")
	git.Dir = root
	out, err := git.Output()
	commit, _, _ := strings.Cut(string(out), "\n")
	if err != nil || commit == "" {
		t.Skip("the history of the last version is not here: ", err)
	}
	source, programs := t.TempDir(), t.TempDir()
	unpack := exec.CommandContext(t.Context(), "sh", "-c", `git archive "$1^" | tar -x -C "$2"`, "sh", commit, source)
	unpack.Dir = root
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Skipf("the history of the last version is not here: %v: %s", err, out)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", programs+string(filepath.Separator), "./cmd/pierre-mcp-server", "./cmd/admin-setup")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the last version: %v\n%s", err, out)
	}
	return programs
}

// A server of the last version goes on while its database is brought up to date, and the new one has all that it did.
func TestUpgradeUnderARunningServer(t *testing.T) {
	data := t.TempDir()
	s := &server{t: t, data: data, port: freePort(t), programs: lastVersion(t), env: append(os.Environ(), "PIERRE_DATA_DIR="+data)}
	s.url = "http://127.0.0.1:" + s.port
	s.start()
	t.Cleanup(func() {
		if s.cmd != nil {
			s.stop(syscall.SIGTERM)
		}
	})
	first := s.provision(`{"user_email":"ana@example.com","tier":"starter","name":"before"}`)
	call := func(when string, k key) {
		t.Helper()
		status, raw := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":{}}}`,
			"Authorization", "Bearer "+k.APIKey)
		if status != http.StatusOK {
			t.Fatalf("a call %s answered %d %s", when, status, raw)
		}
	}
	call("before the migration", first)
	// The new program backs the old tables up, before anything is changed, and restores them as its own.
	folder := t.TempDir()
	restored := filepath.Join(folder, "restored")
	for _, args := range [][]string{
		{"backup", filepath.Join(folder, "before.zip"), "--plain-secrets"},
		{"verify", filepath.Join(folder, "before.zip")},
		{"restore", filepath.Join(folder, "before.zip"), "--data-dir", restored},
	} {
		command := exec.CommandContext(t.Context(), filepath.Join(bin, "pierre-mcp-server"), args...)
		command.Env = s.env
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v beside the old server: %v\n%s", args, err, out)
		}
	}
	migrate := exec.CommandContext(t.Context(), filepath.Join(bin, "pierre-mcp-server"), "migrate")
	migrate.Env = s.env
	if out, err := migrate.CombinedOutput(); err != nil || !strings.Contains(string(out), "applied 00012") {
		t.Fatalf("migrate beside the running server: %v\n%s", err, out)
	}
	if status, raw := s.do("GET", "/ready", ""); status != http.StatusOK {
		t.Errorf("/ready of the old server answered %d %s", status, raw)
	}
	call("of the old server after the migration", first)
	second := s.provision(`{"user_email":"bob@example.com","tier":"starter","name":"after"}`)
	call("with a key of the old server after the migration", second)
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Errorf("the old server ended with %v", err)
	}
	s.programs = ""
	s.start()
	call("of the new server", first)
	call("of the new server", second)
	for k, want := range map[key]int{first: 3, second: 2} {
		eventually(t, 30*time.Second, func() error {
			status, raw := s.do("GET", "/admin/api-keys/"+k.APIKeyID+"/usage", "", "Authorization", "Bearer "+s.adminToken())
			usage := decode[struct {
				Totals struct{ Requests int }
				Limit  struct{ Used int }
			}](t, raw)
			if status != http.StatusOK || usage.Totals.Requests != want || usage.Limit.Used != want {
				return errors.New(fmt.Sprint("usage answered ", status, " ", string(raw), ", want ", want, " calls"))
			}
			return nil
		})
	}
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Errorf("the new server ended with %v", err)
	}
	s.data, s.env = restored, append(os.Environ(), "PIERRE_DATA_DIR="+restored)
	s.start()
	call("of the backup from before", first)
	if status, _ := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Authorization", "Bearer "+second.APIKey); status != http.StatusUnauthorized {
		t.Errorf("a key that is younger than the backup answers %d", status)
	}
}
