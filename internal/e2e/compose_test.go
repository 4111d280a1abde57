//go:build e2e

package e2e

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// A composed is what compose files amount to.
type composed struct {
	Services map[string]struct {
		Command     []string
		Environment map[string]string
		Healthcheck struct{ Test []string }
	}
}

// compose reads compose files as Docker Compose does, with all profiles.
func compose(t *testing.T, env string, files ...string) composed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"run", "./compose", "-env", env, "-profiles", "*"}, files...)...)
	cmd.Dir = "../../deploy"
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
	return decode[composed](t, out)
}

// environment returns the environment of a service's container, with names and paths of the containers' network as they are here.
func (c composed) environment(name string, here *strings.Replacer) []string {
	env := []string{"PIERRE_HOST=0.0.0.0", "PIERRE_ADMIN_HOST=0.0.0.0", "GODEBUG=netdns=go"} // of the image
	for k, v := range c.Services[name].Environment {
		env = append(env, k+"="+here.Replace(v))
	}
	return env
}

// checkHealth runs a service's health check.
func (c composed) checkHealth(t *testing.T, name string, env []string) {
	t.Helper()
	check := c.Services[name].Healthcheck.Test
	cmd := exec.Command(filepath.Join(bin, check[1]), check[2:]...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "ready\n" {
		t.Errorf("%v of %s: %v, %s", check, name, err, out)
	}
}

// backup runs a service that makes backups until there is one, and returns it.
func (c composed) backup(t *testing.T, name string, env []string) (file string) {
	t.Helper()
	dir := t.TempDir()
	command := slices.Clone(c.Services[name].Command)
	for i, arg := range command {
		command[i] = strings.ReplaceAll(arg, "/backups", dir)
	}
	cmd := exec.Command(filepath.Join(bin, command[0]), command[1:]...)
	var stderr buffer
	cmd.Env, cmd.Stderr = env, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, func() error {
		found, err := filepath.Glob(filepath.Join(dir, "*.zip"))
		if err != nil || len(found) == 0 {
			return errors.New("there is no backup: " + stderr.String())
		}
		file = found[0]
		return nil
	})
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Errorf("%v ended with %v\n%s", command, err, &stderr)
	}
	return file
}

// restore puts a backup into the place that the environment names.
func restore(t *testing.T, program, file string, env []string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, program), "restore", file)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s restore: %v\n%s", program, err, out)
	}
}

// serviceAt makes a server of a service's environment.
func serviceAt(t *testing.T, data string, env []string) *server {
	t.Helper()
	s := &server{t: t, data: data, port: freePort(t)}
	s.url, s.env = "http://127.0.0.1:"+s.port, append(env, "PORT="+s.port)
	t.Cleanup(func() {
		if s.cmd != nil {
			s.stop(syscall.SIGTERM)
		}
	})
	return s
}

func (s *server) call(k key) {
	s.t.Helper()
	if status, raw := s.do("POST", "/", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_stats","arguments":{}},"auth":"`+k.APIKey+`","id":"1"}`); status != http.StatusOK {
		s.t.Errorf("a call was answered %d %s", status, raw)
	}
}

// TestComposeProduction starts the services of docker-compose.prod.yml with exactly their environments: key, calls, kills, and a
// restoration into an empty database.
func TestComposeProduction(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	filled := regexp.MustCompile(`(?m)^((?:ADMIN_)?(?:JWT_SECRET|ENCRYPTION_KEY)|POSTGRES_PASSWORD|SENDGRID_API_KEY)=$`).
		ReplaceAllStringFunc(string(raw), func(line string) string { return line + rand.Text() + rand.Text() })
	filled += "\nREDIS_URL=redis://redis:6379/0\nBACKUP_PASSPHRASE=" + rand.Text() + "\n"
	env := filepath.Join(t.TempDir(), "env")
	password := regexp.MustCompile(`POSTGRES_PASSWORD=(.+)`).FindStringSubmatch(filled)[1]
	c := compose(t, writeEnv(t, env, filled), "../docker-compose.prod.yml")

	here := func(database, redis, server string) *strings.Replacer {
		return strings.NewReplacer("postgresql://pierre:"+password+"@db:5432/pierre", database, "redis://redis:6379/0", redis,
			"http://pierre-mcp:8081", server, "0.0.0.0:9090", "127.0.0.1:0")
	}
	database, redis, data := pgtest.URL(t), redistest.Start(t).URL(), t.TempDir()
	s := serviceAt(t, data, append(c.environment("pierre-mcp", here(database, redis, "")), "PIERRE_DATA_DIR="+data))
	s.start()
	c.checkHealth(t, "pierre-mcp", s.env)

	token := strings.TrimSpace(s.setup("generate-token", "--service", "pierre_admin_service", "--permissions", sitePermissions))
	c = compose(t, writeEnv(t, env, strings.Replace(filled, "MCP_ADMIN_TOKEN=", "MCP_ADMIN_TOKEN="+token, 1)), "../docker-compose.prod.yml")
	port := freePort(t)
	site := &adminSite{t: t, url: "http://localhost:" + port}
	site.env = append(c.environment("pierre-admin", here(database, redis, s.url)), "PIERRE_DATA_DIR="+t.TempDir(), "PIERRE_ADMIN_PORT="+port)
	site.start()
	t.Cleanup(func() { site.end(syscall.SIGTERM) })
	c.checkHealth(t, "pierre-admin", site.env)

	k := s.provision(`{"user_email":"ana@example.com","tier":"starter","rate_limit_requests":30,"rate_limit_period":"month"}`)
	s.call(k)
	if err := s.stop(syscall.SIGKILL); err == nil {
		t.Error("the server ended without an error when it was killed")
	}
	s.start()
	s.call(k)
	file := c.backup(t, "backup", append(c.environment("backup", here(database, redis, "")), "PIERRE_DATA_DIR="+data))
	c.backup(t, "backup-admin", append(c.environment("backup-admin", here(database, redis, s.url)), "PIERRE_DATA_DIR="+t.TempDir()))
	s.stop(syscall.SIGKILL)

	empty := t.TempDir()
	after := serviceAt(t, empty, append(c.environment("pierre-mcp", here(pgtest.URL(t), redistest.Start(t).URL(), "")),
		"PIERRE_DATA_DIR="+empty, "BACKUP_PASSPHRASE="+c.Services["backup"].Environment["BACKUP_PASSPHRASE"]))
	restore(t, "pierre-mcp-server", file, after.env)
	after.admin = s.admin
	after.start()
	after.call(k)
	if used := after.used(k.APIKeyID); used != 3 {
		t.Errorf("after the restoration %d calls are counted, want 3", used)
	}
}

func writeEnv(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestComposePersonal does the same with docker-compose.yml: SQLite, secrets that the server makes.
func TestComposePersonal(t *testing.T) {
	t.Parallel()
	c := compose(t, writeEnv(t, filepath.Join(t.TempDir(), "env"), ""), "../docker-compose.yml")
	nothing := strings.NewReplacer()
	data, empty := t.TempDir(), filepath.Join(t.TempDir(), "volume")
	s := serviceAt(t, data, append(c.environment("pierre", nothing), "PIERRE_DATA_DIR="+data))
	s.start()
	c.checkHealth(t, "pierre", s.env)
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter","rate_limit_requests":30,"rate_limit_period":"month"}`)
	s.call(k)
	file := c.backup(t, "backup", append(c.environment("backup", nothing), "PIERRE_DATA_DIR="+data))
	s.stop(syscall.SIGKILL)

	after := serviceAt(t, empty, append(c.environment("pierre", nothing), "PIERRE_DATA_DIR="+empty))
	restore(t, "pierre-mcp-server", file, after.env)
	after.admin = s.admin
	after.start()
	after.call(k)
	if used := after.used(k.APIKeyID); used != 2 {
		t.Errorf("after the restoration %d calls are counted, want 2", used)
	}
}
