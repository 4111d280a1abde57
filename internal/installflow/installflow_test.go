package installflow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/installflow"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A user has a home folder with Cursor in it, and a terminal that shows what is printed.
type user struct {
	t              *testing.T
	home           string
	stdout, stderr bytes.Buffer
}

func newUser(t *testing.T) *user {
	t.Helper()
	u := &user{t: t, home: t.TempDir()}
	u.write(".cursor/mcp.json", "{}\n")
	return u
}

func (u *user) world() cli.World {
	u.stdout.Reset()
	u.stderr.Reset()
	env := map[string]string{"HOME": u.home, "USERPROFILE": u.home, "APPDATA": u.home, "LOCALAPPDATA": u.home}
	return cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: &u.stdout, Stderr: &u.stderr}
}

func (u *user) path(name string) string { return filepath.Join(u.home, filepath.FromSlash(name)) }

func (u *user) write(name, content string) {
	u.t.Helper()
	if err := os.MkdirAll(filepath.Dir(u.path(name)), 0o700); err != nil {
		u.t.Fatal(err)
	}
	if err := os.WriteFile(u.path(name), []byte(content), 0o600); err != nil {
		u.t.Fatal(err)
	}
}

// cursor is what Cursor's configuration holds.
func (u *user) cursor() string {
	u.t.Helper()
	data, err := os.ReadFile(u.path(".cursor/mcp.json"))
	if err != nil {
		u.t.Fatal(err)
	}
	return string(data)
}

func (u *user) install(opts installflow.Options, plan installflow.Plan) error {
	u.t.Helper()
	w := u.world()
	targets, err := installflow.Targets(w, opts)
	if err != nil {
		return err
	}
	return installflow.Install(w, opts, targets, plan)
}

// personal is what a server for one person installs: it is its own program, without a key.
func personal() installflow.Plan {
	return installflow.Plan{Entry: install.Entry{Command: "/opt/pierre-mcp-server", Args: []string{"--single-tenant"}}}
}

func TestInstallAnyProgram(t *testing.T) {
	u := newUser(t)
	opts := installflow.Options{Name: "pierre", Yes: true}
	if err := u.install(opts, personal()); err != nil {
		t.Fatal(err)
	}
	if got := u.cursor(); !strings.Contains(got, `"/opt/pierre-mcp-server"`) || !strings.Contains(got, "--single-tenant") {
		t.Errorf("the host has %s", got)
	}
	if out := u.stdout.String(); !strings.Contains(out, "installed: ") || strings.Contains(out, "key") || !strings.Contains(out, "Now, Cursor: ") {
		t.Errorf("printed %s", out)
	}
	if err := u.install(opts, personal()); err != nil || !strings.Contains(u.stdout.String(), "unchanged") {
		t.Errorf("again: %v, %s", err, &u.stdout)
	}

	if err := installflow.Uninstall(u.world(), opts, "mcp-client", nil); err == nil || !strings.Contains(u.stdout.String(), "another program") {
		t.Errorf("another program's entry was taken out: %v, %s", err, &u.stdout)
	}
	if err := installflow.Uninstall(u.world(), opts, "pierre-mcp-server", nil); err != nil || u.cursor() != "{}\n" {
		t.Errorf("uninstall: %v, left %s", err, u.cursor())
	}
}

func TestInstallWarnsOfAnotherProgram(t *testing.T) {
	u := newUser(t)
	u.write(".cursor/mcp.json", `{"mcpServers":{"pierre":{"command":"/x/mcp-client","args":["--url","https://a"]}}}`)
	if err := u.install(installflow.Options{Name: "pierre", Yes: true}, personal()); err != nil {
		t.Fatal(err)
	}
	if out := u.stdout.String(); !strings.Contains(out, "Warning: Cursor: the entry pierre starts another program now (/x/mcp-client)") {
		t.Errorf("printed %s", out)
	}
}

func TestDryRunAndConsent(t *testing.T) {
	u := newUser(t)
	plan := personal()
	plan.Store = func() (installflow.Key, error) { t.Error("a key was stored"); return installflow.Key{}, nil }
	if err := u.install(installflow.Options{Name: "pierre", DryRun: true}, plan); err != nil || !strings.Contains(u.stdout.String(), "Nothing was changed (--dry-run)") {
		t.Errorf("a dry run: %v, %s", err, &u.stdout)
	}
	if err := u.install(installflow.Options{Name: "pierre"}, plan); err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("without a terminal: %v", err)
	}
	if got := u.cursor(); got != "{}\n" {
		t.Errorf("the host has %s", got)
	}
}

// What is said of the key fits what was done: nothing if no server was asked, and no more than a plan in a dry run.
func TestTextOnTheKey(t *testing.T) {
	inFile := installflow.Key{Place: installflow.KeyInFile, File: "/keys/pierre"}
	server := &installflow.Server{Name: "x", Version: "1", Tools: 1}
	for name, test := range map[string]struct {
		key          installflow.Key
		server       *installflow.Server
		dryRun       bool
		want, absent string
	}{
		"a personal server":     {key: installflow.Key{Place: installflow.KeyNone}, absent: "key"},
		"a server without keys": {key: installflow.Key{Place: installflow.KeyNone}, server: server, want: "The server wants no access key."},
		"a stored key":          {key: inFile, server: server, want: "The access key is in /keys/pierre"},
		"a dry run":             {key: inFile, dryRun: true, want: "The access key would be in /keys/pierre", absent: "key is in"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			plan := personal()
			plan.Key, plan.Server = test.key, test.server
			if err := u.install(installflow.Options{Name: "pierre", Yes: true, DryRun: test.dryRun}, plan); err != nil {
				t.Fatal(err)
			}
			out := u.stdout.String()
			if !strings.Contains(out, test.want) || test.absent != "" && strings.Contains(out, test.absent) {
				t.Errorf("printed %s", out)
			}
		})
	}
}

func TestStoreComesFirst(t *testing.T) {
	u := newUser(t)
	plan := personal()
	refused := errors.New("the keychain is locked")
	plan.Store = func() (installflow.Key, error) { return installflow.Key{}, refused }
	if err := u.install(installflow.Options{Name: "pierre", Yes: true}, plan); !errors.Is(err, refused) {
		t.Errorf("err = %v", err)
	}
	if got := u.cursor(); got != "{}\n" {
		t.Errorf("the host got an entry without its key: %s", got)
	}
	plan.Store = func() (installflow.Key, error) { return installflow.StoredKey(install.KeyPlace{File: "/k"}), nil }
	if err := u.install(installflow.Options{Name: "pierre", Yes: true, JSON: true}, plan); err != nil {
		t.Fatal(err)
	}
	var report struct {
		Key   installflow.Key `json:"key"`
		Hosts []struct {
			Status string `json:"status"`
			Backup string `json:"backup"`
		} `json:"hosts"`
	}
	if err := json.Unmarshal(u.stdout.Bytes(), &report); err != nil || report.Key.File != "/k" || len(report.Hosts) != 1 || report.Hosts[0].Status != "changed" || report.Hosts[0].Backup == "" {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestKeysAreNotShown(t *testing.T) {
	u := newUser(t)
	const key, another = "a-key-of-another-form", "pk_live_0123456789"
	u.write(".cursor/mcp.json", `{"mcpServers":{"other":{"command":"x","env":{"KEY":"`+another+`"}}}}`)
	plan := personal()
	plan.Entry.Env = map[string]string{install.KeyVariable: key}
	plan.Secret = secret.New(key)
	if err := u.install(installflow.Options{Name: "pierre", Yes: true}, plan); err != nil {
		t.Fatal(err)
	}
	if out := u.stdout.String(); strings.Contains(out, key) || strings.Contains(out, another) || !strings.Contains(out, "(hidden)") {
		t.Errorf("printed %s", out)
	}
	if !strings.Contains(u.cursor(), key) {
		t.Error("the entry lacks the key")
	}
}

func TestOneBrokenFileDoesNotStopTheOthers(t *testing.T) {
	u := newUser(t)
	u.write(".gemini/settings.json", "{")
	err := u.install(installflow.Options{Name: "pierre", Yes: true}, personal())
	if err == nil || err.Error() != "1 host could not be changed" {
		t.Errorf("err = %v", err)
	}
	if out := u.stdout.String(); !strings.Contains(out, "failed: ") || !strings.Contains(u.cursor(), "pierre") {
		t.Errorf("printed %s", out)
	}
}

func TestPrint(t *testing.T) {
	u := newUser(t)
	opts := installflow.Options{Name: "pierre", Print: true, Hosts: []string{"cursor", "codex"}}
	if err := u.install(opts, personal()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Cursor: goes into " + u.path(".cursor/mcp.json"), `"mcpServers": {`, "[mcp_servers.pierre]", "Nothing was changed (--print)."} {
		if !strings.Contains(u.stdout.String(), want) {
			t.Errorf("%q is missing in %s", want, &u.stdout)
		}
	}
	if got := u.cursor(); got != "{}\n" {
		t.Errorf("the host has %s", got)
	}
	if err := os.RemoveAll(u.path(".cursor")); err != nil {
		t.Fatal(err)
	}
	opts.Hosts = nil
	if err := u.install(opts, personal()); err != nil || !strings.Contains(u.stdout.String(), "Other hosts: most hosts take this form") {
		t.Errorf("no host: %v, %s", err, &u.stdout)
	}
	opts.JSON = true
	var entries []struct {
		Host string `json:"host"`
	}
	if err := u.install(opts, personal()); err != nil || json.Unmarshal(u.stdout.Bytes(), &entries) != nil || len(entries) != 1 || entries[0].Host != "other" {
		t.Errorf("as JSON: %v, %s", err, &u.stdout)
	}
}

func TestUninstallKeepsAKeyInUse(t *testing.T) {
	u := newUser(t)
	u.write(".gemini/settings.json", "{}")
	opts := installflow.Options{Name: "pierre", Yes: true}
	if err := u.install(opts, personal()); err != nil {
		t.Fatal(err)
	}
	deleted := false
	deleteKey := func(string) (bool, error) { deleted = true; return true, nil }
	one := opts
	one.Hosts = []string{"cursor"}
	if err := installflow.Uninstall(u.world(), one, "pierre-mcp-server", deleteKey); err != nil || deleted || !strings.Contains(u.stdout.String(), "was kept") {
		t.Errorf("one of two: %v, deleted %v, %s", err, deleted, &u.stdout)
	}
	if err := installflow.Uninstall(u.world(), opts, "pierre-mcp-server", deleteKey); err != nil || !deleted || !strings.Contains(u.stdout.String(), "was deleted") {
		t.Errorf("the last one: %v, deleted %v, %s", err, deleted, &u.stdout)
	}
}

func TestMistakes(t *testing.T) {
	u := newUser(t)
	for want, opts := range map[string]installflow.Options{
		"--name":                {Name: "a/b"},
		`there is no host "ed"`: {Name: "pierre", Hosts: []string{"ed"}},
	} {
		if err := u.install(opts, personal()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", opts, err, want)
		}
	}
	w := cli.World{Getenv: func(string) string { return "" }}
	if _, err := installflow.Targets(w, installflow.Options{Name: "pierre"}); err == nil || !strings.Contains(err.Error(), "HOME") {
		t.Errorf("no HOME: %v", err)
	}
	if os.Geteuid() == 0 {
		env := map[string]string{"HOME": u.home, "SUDO_USER": "ana"}
		w := cli.World{Getenv: func(name string) string { return env[name] }}
		if _, err := installflow.Targets(w, installflow.Options{Name: "pierre"}); err == nil || !strings.Contains(err.Error(), "without sudo") {
			t.Errorf("sudo: %v", err)
		}
	}
	if err := os.RemoveAll(u.path(".cursor")); err != nil {
		t.Fatal(err)
	}
	if err := u.install(installflow.Options{Name: "pierre"}, personal()); err == nil || !strings.Contains(err.Error(), "--print") {
		t.Errorf("no host: %v", err)
	}
}

func TestThisProgram(t *testing.T) {
	path, warning, err := installflow.ThisProgram()
	if err != nil || !filepath.IsAbs(path) {
		t.Errorf("%s, %v", path, err)
	}
	// A test runs from a temporary folder.
	if runtime.GOOS == "linux" && strings.HasPrefix(path, os.TempDir()) && !strings.Contains(warning, "lasting place") {
		t.Errorf("warning %q", warning)
	}
}
