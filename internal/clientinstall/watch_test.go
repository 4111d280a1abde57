package clientinstall_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/clientinstall"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
)

const unit = ".config/systemd/user/pierre-watch-pierre.service"

// systemctl puts a program of that name into PATH that writes down how it is called, and fails if the file "broken" is beside it.
func systemctl(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >> " + dir + "/calls\n[ ! -e " + dir + "/broken ] || { echo 'Failed to connect to bus'; exit 1; }\n"
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

func calls(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\n", "; ")
}

func TestWatchService(t *testing.T) {
	u, dir := newUser(t), systemctl(t)
	u.env["PIERRE_AUTH_KEY"] = key
	plan := clientinstall.WatchPlan{Name: "pierre", Folders: []string{u.path("my rides")}, Yes: true}
	install := func() error {
		return clientinstall.InstallWatch(t.Context(), u.world(), &connection.Settings{URL: u.url}, plan)
	}

	plan.DryRun = true
	if err := install(); err != nil || u.read(unit) != "" || calls(t, dir) != "" || !strings.Contains(u.stdout.String(), "ExecStart=") {
		t.Errorf("a dry run: %v, %s, %s", err, calls(t, dir), &u.stdout)
	}
	plan.DryRun = false
	if err := install(); err != nil {
		t.Fatal(err)
	}
	stored := ".config/pierre/keys/pierre"
	for _, want := range []string{`"watch" "--name" "pierre" "--url" "` + u.url, `"--auth-key-file" "` + u.path(stored) + `"`, `"--" "` + u.path("my rides") + `"`} {
		if !strings.Contains(u.read(unit), want) {
			t.Errorf("the unit lacks %s:\n%s", want, u.read(unit))
		}
	}
	if strings.Contains(u.read(unit), key) || strings.Contains(u.stdout.String(), key) || strings.TrimSpace(u.read(stored)) != key {
		t.Errorf("the key is where it should not be, or is not where it should be:\n%s\n%s", u.read(unit), &u.stdout)
	}
	const started = "--user daemon-reload; --user enable pierre-watch-pierre.service; --user restart pierre-watch-pierre.service; "
	if got := calls(t, dir); got != started {
		t.Errorf("systemctl was called: %s", got)
	}
	plan.Yes = false // nothing is to be written, so nothing is asked
	if err := install(); err != nil || !strings.Contains(u.stdout.String(), "unchanged: ") {
		t.Errorf("again: %v, %s", err, &u.stdout)
	}

	// The service needs the key, so taking the client out of the hosts leaves it.
	if err := clientinstall.Uninstall(u.world(), installflow.Options{Name: "pierre", Yes: true}); err != nil || u.read(stored) == "" {
		t.Errorf("uninstall: %v, the key is %q", err, u.read(stored))
	}
	plan.Yes = true
	if err := clientinstall.UninstallWatch(t.Context(), u.world(), plan); err != nil || u.read(unit) != "" {
		t.Errorf("taking it out: %v, left %s", err, u.read(unit))
	}
	if got := calls(t, dir); !strings.HasSuffix(got, "--user disable --now pierre-watch-pierre.service; --user daemon-reload; ") {
		t.Errorf("systemctl was called: %s", got)
	}
	if err := clientinstall.UninstallWatch(t.Context(), u.world(), plan); err != nil || !strings.Contains(u.stdout.String(), "There is no service") {
		t.Errorf("again: %v, %s", err, &u.stdout)
	}
}

func TestWatchServiceThatDoesNotStart(t *testing.T) {
	u, dir := newUser(t), systemctl(t)
	settings := connection.Settings{URL: u.url, AuthKey: key}
	plan := clientinstall.WatchPlan{Name: "pierre", Folders: []string{u.home}}
	err := clientinstall.InstallWatch(t.Context(), u.world(), &settings, plan)
	if err == nil || !strings.Contains(err.Error(), "--yes") || u.read(unit) != "" {
		t.Errorf("without a terminal: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	plan.Yes = true
	err = clientinstall.InstallWatch(t.Context(), u.world(), &settings, plan)
	if err == nil || !strings.Contains(err.Error(), "is written, but systemd did not start it") || !strings.Contains(err.Error(), "Failed to connect to bus") {
		t.Errorf("without a bus: %v", err)
	}
	settings.AuthKey = "pk_live_wrong"
	if err := clientinstall.InstallWatch(t.Context(), u.world(), &settings, plan); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("with a wrong key: %v", err)
	}
	settings.Headers = []string{"X-Team: ${TEAM}"}
	if err := clientinstall.InstallWatch(t.Context(), u.world(), &settings, plan); err == nil || !strings.Contains(err.Error(), "variables") {
		t.Errorf("with a variable: %v", err)
	}
}
