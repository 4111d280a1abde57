package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/userservice"
	"github.com/pierre-mcp/pierre/internal/watch"
)

// The doctor sees a watch that runs, what it waits for, what failed, and that it ended.
func TestWatchIsShown(t *testing.T) {
	home := t.TempDir()
	report, _ := examine(t, home, connection.Settings{URL: "http://127.0.0.1:1"})
	has(t, report, "skipped watch no folders are watched")

	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	machine := install.ThisMachine(func(name string) string {
		return map[string]string{"HOME": home, "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home}[name]
	})
	folder, state := t.TempDir(), machine.WatchState(connection.DefaultEntry)
	if err := os.WriteFile(filepath.Join(folder, "ride.fit"), []byte("odd"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	client := importclient.NewClient(u, srv.Client(), importclient.Options{Retries: 1, RetryWait: time.Millisecond})
	opts := watch.Options{Folders: []string{folder, t.TempDir() + "/later"}, State: state, Settle: time.Millisecond}
	go func() { ended <- watch.Run(ctx, client, opts, func(watch.Event) {}) }()
	deadline, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for s := (watch.Status{}); s.Away == ""; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the status is %+v", s)
		}
		if s, _, err = watch.ReadStatus(state); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	report, text := examine(t, home, connection.Settings{URL: srv.URL})
	has(t, report, "warn watch is running", "warn watch the server does not take files", "skipped watch waits: ", "skipped watch "+opts.Folders[1]+": it is not there")
	if !strings.Contains(text, folder) {
		t.Errorf("the folder is not named:\n%s", text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	report, _ = examine(t, home, connection.Settings{URL: srv.URL})
	has(t, report, "warn watch is not running since", "skipped service is not installed")
	service(t, machine, srv.URL)
	if err := os.WriteFile(state+".status.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	report, _ = examine(t, home, connection.Settings{URL: srv.URL})
	has(t, report, "warn watch reading the status")
}

// service finds fault with what keeps the watch running.
func service(t *testing.T, machine install.Machine, address string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "mcp-client 1")
	var setup userservice.Setup
	write := func(program string) {
		t.Helper()
		var err error
		if setup, err = userservice.For(machine, userservice.Service{
			Name: machine.WatchService(connection.DefaultEntry), Title: "Watch", Program: program, Args: []string{"watch", "--", "/a"},
			State: filepath.Dir(machine.WatchState(connection.DefaultEntry)), UserID: os.Getuid(),
		}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(setup.File), 0o700), os.WriteFile(setup.File, setup.Content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	look := func(want ...string) {
		t.Helper()
		report, _ := examine(t, machine.Home, connection.Settings{URL: address})
		has(t, report, want...)
	}
	write(moved)
	look("warn service "+setup.File+" starts "+moved+", which is not there", "warn service write it anew: mcp-client watch --install /")
	if err := os.WriteFile(moved, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	look("warn service " + setup.File) // it is another program, or the manager of this computer knows that it does not run
	write(program)
	report, _ := examine(t, machine.Home, connection.Settings{URL: address})
	for _, c := range report.Checks {
		if c.Name == "service" && (!strings.Contains(c.Detail, "is installed ("+setup.File+")") || c.Status == doctor.OK) {
			t.Errorf("of a service that does not run it says %+v", c)
		}
	}
	if err := os.WriteFile(setup.File, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	look("warn service " + setup.File + " does not say which program it starts")
	if err := os.Remove(setup.File); err != nil {
		t.Fatal(err)
	}
}
