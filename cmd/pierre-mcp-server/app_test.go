package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// opened returns the app over a new data folder, and what it logged at its start.
func opened(t *testing.T, args ...string) (*app, *bytes.Buffer) {
	t.Helper()
	c, err := load(t, args, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := c.open(t.Context(), cli.World{Stderr: &log}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return a, &log
}

func TestAnExposedDatabaseIsReported(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes mean something else here")
	}
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o644: true, 0o660: true} {
		path := filepath.Join(t.TempDir(), "pierre.db")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, log := opened(t, "--database-url", path, "--data-dir", t.TempDir())
		if got := strings.Contains(log.String(), "can read the database"); got != want {
			t.Errorf("mode %o: logged %s", mode, log)
		}
	}
}

// A variable that is not taken is named in the log.
func TestIgnoredVariablesAreLogged(t *testing.T) {
	c, err := load(t, []string{"--data-dir", t.TempDir(), "--log-format", "json"}, map[string]string{"HOST": "macbook.local"})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := c.open(t.Context(), cli.World{Stderr: &log}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close(t.Context())
	if !strings.Contains(log.String(), `"reason":"HOST=macbook.local is not an address and is ignored`) {
		t.Errorf("logged %s", &log)
	}
}

// However many steps there are at the end, they share the time that a container runtime allows.
func TestWhatIsDoneAtTheEndSharesOneDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{log: slog.New(slog.DiscardHandler)}
		ctx, tell := context.WithCancel(t.Context())
		a.watchEnd(ctx)
		<-time.After(time.Hour)
		told := time.Now()
		tell()
		synctest.Wait()
		<-time.After(7 * time.Second) // requests were drained
		ending, cancel := a.ending(ctx)
		defer cancel()
		deadline, ok := ending.Deadline()
		if !ok || deadline.Sub(told) != stopWithin || stopWithin >= 10*time.Second || ending.Err() != nil {
			t.Errorf("the deadline is %v after the signal, error %v", deadline.Sub(told), ending.Err())
		}
	})
}

func TestWithoutASignalTheDeadlineBeginsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{}
		ending, cancel := a.ending(t.Context())
		defer cancel()
		if deadline, ok := ending.Deadline(); !ok || time.Until(deadline) != stopWithin {
			t.Errorf("the deadline is in %v", time.Until(deadline))
		}
	})
}
