//go:build e2e

package e2e

import (
	"bufio"
	"context"
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

const units = "../../deploy/systemd"

// A unit is what its service says of its program.
type unit struct {
	start []string
	env   map[string]string
}

// readUnit reads a service as systemd does, with other folders than those of the machine.
func readUnit(t *testing.T, name string, folders *strings.Replacer) unit {
	t.Helper()
	u := unit{env: map[string]string{}}
	set := func(text string) {
		key, value, _ := strings.Cut(text, "=")
		u.env[key] = folders.Replace(value)
	}
	for key, value := range lines(t, filepath.Join(units, name)) {
		switch key {
		case "ExecStart":
			u.start = strings.Fields(folders.Replace(value))
		case "Environment":
			for text := range strings.FieldsSeq(value) {
				set(text)
			}
		case "EnvironmentFile":
			for name, value := range lines(t, filepath.Join(units, filepath.Base(value))) {
				set(name + "=" + value)
			}
		}
	}
	return u
}

// lines yields the assignments of a file.
func lines(t *testing.T, path string) func(yield func(key, value string) bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return func(yield func(key, value string) bool) {
		for s := bufio.NewScanner(f); s.Scan(); {
			key, value, ok := strings.Cut(s.Text(), "=")
			if ok && !strings.HasPrefix(key, "#") && !yield(key, value) {
				return
			}
		}
	}
}

// What the units start works with the environment that they give: the server answers, the backup is made beside it.
func TestUnitsStart(t *testing.T) {
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials")
	if err := os.Mkdir(credentials, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(credentials, "passphrase"), []byte("correct horse battery staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := freePort(t)
	folders := strings.NewReplacer("/usr/bin/", bin+"/", "/var/lib/", dir+"/", "${CREDENTIALS_DIRECTORY}", credentials)
	run := func(name string, more ...string) *exec.Cmd {
		u := readUnit(t, name, folders)
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), u.start[0], u.start[1:]...)
		for key, value := range u.env {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
		cmd.Env = append(cmd.Env, more...)
		return cmd
	}
	serve := func(name string, more ...string) {
		cmd := run(name, more...)
		cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s ended with %v", name, err)
			}
		})
	}
	serve("pierre-mcp-server.service", "PORT="+server)
	answering(t, "http://127.0.0.1:"+server+"/ready")
	site := freePort(t)
	serve("pierre-admin-service.service", "PIERRE_ADMIN_PORT="+site, "PIERRE_ADMIN_DEVELOPMENT=true", "TRUSTED_PROXIES=",
		"MCP_SERVER_URL=http://127.0.0.1:"+server, "MCP_ADMIN_TOKEN=none-yet", "BASE_APP_URL=http://127.0.0.1:"+site)
	answering(t, "http://127.0.0.1:"+site+"/")
	for _, name := range []string{"pierre-mcp-server", "pierre-admin-service"} {
		if out, err := run(name + "-backup.service").CombinedOutput(); err != nil || !strings.Contains(string(out), "encrypted with a passphrase") {
			t.Errorf("%s-backup: %v\n%s", name, err, out)
		}
		if found, err := filepath.Glob(filepath.Join(dir, "pierre-backups", name+"-*.zip")); err != nil || len(found) != 1 {
			t.Errorf("there are the backups %v, %v", found, err)
		}
	}
}

// answering waits until a program answers at the address.
func answering(t *testing.T, url string) {
	t.Helper()
	client := &http.Client{Timeout: time.Minute}
	eventually(t, time.Minute, func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode >= http.StatusInternalServerError {
			return fmt.Errorf("%s answers %d", url, resp.StatusCode)
		}
		return nil
	})
}
