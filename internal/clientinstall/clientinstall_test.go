package clientinstall_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/clientinstall"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
)

const key = "pk_live_0123456789abcdefghijklmnop"

// TestMain runs the tests in a program that is called like the client: entries start the running program.
func TestMain(m *testing.M) {
	self, err := os.Executable()
	if err == nil && filepath.Base(self) != connection.Program {
		err = runCopy(self)
		if err == nil {
			return
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// runCopy runs a copy of this program that has the client's name.
func runCopy(self string) error {
	data, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "client")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	client := filepath.Join(dir, connection.Program)
	if err := os.WriteFile(client, data, 0o700); err != nil {
		return err
	}
	cmd := exec.Command(client, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// A user has Cursor, and a server that wants the key.
type user struct {
	t              *testing.T
	home, url      string
	env            map[string]string
	stdout, stderr bytes.Buffer
}

func newUser(t *testing.T) *user {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("it would write into the developer's own keychain")
	}
	m := server.NewMCPServer("notes", "2", server.WithToolCapabilities(true))
	m.AddTool(mcp.NewTool("one"), nil)
	h := server.NewStreamableHTTPServer(m, server.WithDisableLocalhostProtection(true))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	u := &user{t: t, home: t.TempDir(), url: srv.URL}
	u.env = map[string]string{"HOME": u.home}
	u.write(".cursor/mcp.json", "{}\n")
	return u
}

func (u *user) path(name string) string { return filepath.Join(u.home, name) }

func (u *user) write(name, content string) {
	u.t.Helper()
	if err := os.MkdirAll(filepath.Dir(u.path(name)), 0o700); err != nil {
		u.t.Fatal(err)
	}
	if err := os.WriteFile(u.path(name), []byte(content), 0o600); err != nil {
		u.t.Fatal(err)
	}
}

// read is what a file holds, "" if there is none.
func (u *user) read(name string) string {
	data, err := os.ReadFile(u.path(name))
	if err != nil {
		return ""
	}
	return string(data)
}

func (u *user) world() cli.World {
	u.stdout.Reset()
	return cli.World{Getenv: func(name string) string { return u.env[name] }, Stdin: strings.NewReader(""), Stdout: &u.stdout, Stderr: &u.stderr}
}

func (u *user) install(settings connection.Settings, opts clientinstall.Options) error {
	settings.URL = u.url
	opts.Name = "pierre"
	return clientinstall.Run(u.t.Context(), u.world(), &settings, opts)
}

func yes() clientinstall.Options {
	return clientinstall.Options{Options: installflow.Options{Yes: true}}
}

// The key is tried, stored, found again without being given, and deleted with the entry.
func TestInstallStoresTheKey(t *testing.T) {
	u := newUser(t)
	const stored = ".config/pierre/keys/pierre"
	u.env["PIERRE_AUTH_KEY"] = key
	if err := u.install(connection.Settings{}, yes()); err != nil {
		t.Fatal(err)
	}
	if got := u.read(".cursor/mcp.json"); !strings.Contains(got, "--auth-key-file") || strings.Contains(got, key) || u.read(stored) != key+"\n" {
		t.Errorf("the entry is %s, stored is %q", got, u.read(stored))
	}
	if out := u.stdout.String(); !strings.Contains(out, "The server answers: notes 2 with 1 tool.") || strings.Contains(out, key) {
		t.Errorf("printed %s", out)
	}
	delete(u.env, "PIERRE_AUTH_KEY")
	if err := u.install(connection.Settings{}, yes()); err != nil || !strings.Contains(u.stdout.String(), "unchanged") {
		t.Errorf("again: %v, %s", err, &u.stdout)
	}
	if err := clientinstall.Uninstall(u.world(), installflow.Options{Name: "pierre", Yes: true}); err != nil || u.read(stored) != "" || u.read(".cursor/mcp.json") != "{}\n" {
		t.Errorf("uninstall: %v, left %s", err, u.read(".cursor/mcp.json"))
	}
}

// A server or a key that does not work changes nothing.
func TestInstallTriesFirst(t *testing.T) {
	u := newUser(t)
	for _, tc := range []struct{ key, says string }{
		{"", "wants an access key: set PIERRE_AUTH_KEY, or name a file with --auth-key-file"},
		{key + "x", "nothing was changed, because the server cannot be used"},
	} {
		u.env["PIERRE_AUTH_KEY"] = tc.key
		if err := u.install(connection.Settings{}, yes()); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%q: %v, want %q", tc.key, err, tc.says)
		}
	}
	if u.read(".cursor/mcp.json") != "{}\n" || u.read(".config/pierre/keys/pierre") != "" {
		t.Error("something was written")
	}
}

// Where the key stays is the user's choice.
func TestPlacesOfTheKey(t *testing.T) {
	u := newUser(t)
	u.write("mine.txt", "\ufeffPIERRE_AUTH_KEY="+key+"\r\n")
	if err := u.install(connection.Settings{AuthKeyFile: u.path("mine.txt")}, yes()); err != nil || !strings.Contains(u.read(".cursor/mcp.json"), u.path("mine.txt")) {
		t.Errorf("a file of the user: %v, %s", err, u.read(".cursor/mcp.json"))
	}
	inConfig := yes()
	inConfig.KeyInConfig = true
	if err := u.install(connection.Settings{AuthKey: key}, inConfig); err != nil || !strings.Contains(u.read(".cursor/mcp.json"), `"PIERRE_AUTH_KEY": "`+key) {
		t.Errorf("in the configuration: %v, %s", err, u.read(".cursor/mcp.json"))
	}
	if u.read(".config/pierre/keys/pierre") != "" {
		t.Error("the key was stored, too")
	}
}

// What is printed or only planned contacts nobody and writes nothing.
func TestPrintAndDryRun(t *testing.T) {
	u := newUser(t)
	u.url = "https://nowhere.invalid"
	opts := clientinstall.Options{Options: installflow.Options{Print: true}}
	if err := u.install(connection.Settings{}, opts); err != nil || !strings.Contains(u.stdout.String(), `"PIERRE_AUTH_KEY": "YOUR-KEY"`) {
		t.Errorf("print: %v, %s", err, &u.stdout)
	}
	if err := u.install(connection.Settings{AuthKey: key}, opts); err != nil || strings.Contains(u.stdout.String(), key) {
		t.Errorf("print shows the key: %v, %s", err, &u.stdout)
	}
	opts.KeyInConfig = true
	if err := u.install(connection.Settings{AuthKey: key}, opts); err != nil || !strings.Contains(u.stdout.String(), key) {
		t.Errorf("print with --key-in-config: %v, %s", err, &u.stdout)
	}
	if err := u.install(connection.Settings{}, clientinstall.Options{Options: installflow.Options{DryRun: true}}); err != nil || !strings.Contains(u.stdout.String(), "--auth-key-file") {
		t.Errorf("dry run: %v, %s", err, &u.stdout)
	}
	if u.read(".cursor/mcp.json") != "{}\n" || u.read(".config/pierre/keys/pierre") != "" {
		t.Error("something was written")
	}
}
