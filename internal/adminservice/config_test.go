package adminservice

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
)

// command runs a command of the program with an environment.
func command(t *testing.T, env map[string]string, args ...string) (code int, out string) {
	t.Helper()
	var b strings.Builder
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b}
	return cli.Run(t.Context(), NewRoot(w), args, w), b.String()
}

// The files of variables: one that cannot be read is told, and is not the same as one that is not given.
func TestFilesOfVariables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base := map[string]string{"PIERRE_DATA_DIR": dir, "MCP_ADMIN_TOKEN": "t", "MAIL_FROM": "keys@pierre.example"}
	for _, c := range []struct {
		name, file, want string
	}{
		{"MCP_ADMIN_TOKEN_FILE", filepath.Join(dir, "none"), "MCP_ADMIN_TOKEN_FILE: stat"},
		{"SMTP_URL_FILE", filepath.Join(dir, "none"), "SMTP_URL_FILE: stat"},
		{"STRIPE_API_KEY_FILE", dir, "is no file"},
		{"OIDC_CLIENT_SECRET_FILE", file("empty", " \n"), "is empty"},
		{"SENDGRID_API_KEY_FILE", file("long", strings.Repeat("x", secret.MaxFile+1)), "is longer than a secret"},
		{"DATABASE_URL_FILE", filepath.Join(dir, "none"), "DATABASE_URL_FILE: stat"},
	} {
		env := map[string]string{c.name: c.file}
		for name, text := range base {
			if name+"_FILE" != c.name {
				env[name] = text
			}
		}
		if code, out := command(t, env, "serve", "--development"); code == 0 || !strings.Contains(out, c.want) || strings.Contains(out, "MCP_ADMIN_TOKEN: is needed") {
			t.Errorf("%s: %d, %s", c.name, code, out)
		}
	}
	for _, name := range []string{"DATABASE_URL_FILE", "MCP_SERVER_URL_FILE"} {
		if code, out := command(t, map[string]string{"PIERRE_DATA_DIR": dir, name: filepath.Join(dir, "none")}, "migrate"); code == 0 || !strings.Contains(out, name+": stat") {
			t.Errorf("a command that needs the database only: %d, %s", code, out)
		}
	}
	at := filepath.Join(dir, "elsewhere.db")
	env := map[string]string{"PIERRE_DATA_DIR": dir, "DATABASE_URL_FILE": file("url", "sqlite:"+at+"\n"), "MCP_ADMIN_TOKEN_FILE": filepath.Join(dir, "none")}
	if code, out := command(t, env, "migrate"); code != 0 {
		t.Fatalf("migrate: %d, %s", code, out)
	}
	if d, err := db.Open("sqlite:"+at, dir); err != nil || d.Ready(t.Context()) != nil || d.Close() != nil {
		t.Errorf("the database of the file: %v", err)
	}
}

// Without a second factor, nobody gets in from another machine.
func TestDevelopmentListensOnThisMachineOnly(t *testing.T) {
	env := map[string]string{"PIERRE_DATA_DIR": t.TempDir(), "MCP_ADMIN_TOKEN_FILE": "none"} // so that none of them serves
	for host, refused := range map[string]bool{"127.0.0.1": false, "::1": false, "localhost": false, "0.0.0.0": true, "::": true, "192.0.2.1": true, "pierre.example": true} {
		code, out := command(t, env, "serve", "--development", "--host", host)
		if code == 0 || strings.Contains(out, "listens on this machine only") != refused {
			t.Errorf("%s: %d, %s", host, code, out)
		}
	}
	if code, out := command(t, env, "serve", "--host", "0.0.0.0"); code == 0 || strings.Contains(out, "listens on this machine only") {
		t.Errorf("with a second factor: %d, %s", code, out)
	}
}

// Behind a proxy on this machine, too, development mode is for this machine: not under an address that others reach.
func TestDevelopmentHasNoPublicAddress(t *testing.T) {
	dir := t.TempDir()
	for site, refused := range map[string]bool{
		"http://localhost:8082": false, "http://127.0.0.1": false, "https://[::1]:8443": false,
		"https://keys.example.com": true, "http://192.0.2.1": true, "http://localhost.example.com": true, "https://0.0.0.0": true,
	} {
		env := map[string]string{"PIERRE_DATA_DIR": dir, "MCP_ADMIN_TOKEN_FILE": "none", "BASE_APP_URL": site} // so that none of them serves
		code, out := command(t, env, "serve", "--development", "--host", "127.0.0.1")
		if code == 0 || strings.Contains(out, "BASE_APP_URL: --development asks for no second factor") != refused {
			t.Errorf("at %s: %d, %s", site, code, out)
		}
	}
	env := map[string]string{"PIERRE_DATA_DIR": dir, "MCP_ADMIN_TOKEN_FILE": "none", "BASE_APP_URL": "https://keys.example.com"}
	if _, out := command(t, env, "serve"); strings.Contains(out, "BASE_APP_URL") {
		t.Errorf("with a second factor: %s", out)
	}
}

// Outside of development there is no way for mails but the two that are set.
func TestMailsNeedAWay(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PIERRE_DATA_DIR": t.TempDir(), "MCP_ADMIN_TOKEN": "t", "MCP_SERVER_URL": "http://127.0.0.1:1"}
	for _, c := range []string{"serve", "doctor"} {
		if code, out := command(t, env, c); code == 0 || !strings.Contains(out, "SMTP_URL or SENDGRID_API_KEY is needed") || strings.Contains(out, "leaves by") {
			t.Errorf("%s: %d, %s", c, code, out)
		}
	}
	if _, err := os.Stat(filepath.Join(env["PIERRE_DATA_DIR"], "mail")); err == nil {
		t.Error("there is a folder of mails")
	}
	if _, out := command(t, env, "doctor", "--development"); !strings.Contains(out, "leaves by "+filepath.Join(env["PIERRE_DATA_DIR"], "mail")) {
		t.Errorf("doctor in development: %s", out)
	}
}

// What doctor finds is JSON for programs, and a failed check is its exit code.
func TestDoctorsJSON(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PIERRE_DATA_DIR": t.TempDir(), "MCP_ADMIN_TOKEN": "t", "MCP_SERVER_URL": "http://127.0.0.1:1"}
	code, out := command(t, env, "doctor", "--development", "--json")
	var report doctor.Report
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&report); err != nil || code != 1 || report.OK {
		t.Fatalf("%d, %v: %s", code, err, out)
	}
	for _, want := range []doctor.Check{
		{Name: "settings", Status: doctor.OK, Detail: "complete; people reach the site at http://localhost:8082"},
		{Name: "server", Status: doctor.Fail, Detail: "http://127.0.0.1:1 does not answer", Fix: "start pierre-mcp-server there, or correct --server-url"},
	} {
		if !slices.Contains(report.Checks, want) {
			t.Errorf("%v is not among %v", want, report.Checks)
		}
	}
}

func TestHostOf(t *testing.T) {
	for origin, want := range map[string]string{"http://[::1]:8082": "::1", "http://localhost:8082": "localhost", "https://keys.example": "keys.example", "http://127.0.0.1": "127.0.0.1"} {
		if got := hostOf(origin); got != want {
			t.Errorf("hostOf(%s) = %q", origin, got)
		}
	}
}
