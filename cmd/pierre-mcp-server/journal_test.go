package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/usage"
)

// The recorder waits for a database that is away, and does not give back what that may have kept. A journal waits itself.
func TestOnlyTheJournalIsABuffer(t *testing.T) {
	for url, want := range map[string]bool{"": true, pgtest.URL(t): false} {
		c := &config{databaseURL: url, dataDir: t.TempDir()}
		st, err := store.Open(url, c.dataDir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = st.Migrate(t.Context())
		calls, keepErr := c.keepCalls(t.Context(), measuredStore{st, monitor.New()}, slog.New(slog.DiscardHandler), true)
		if err := errors.Join(err, keepErr); err != nil {
			t.Fatal(err)
		}
		if _, got := calls.callStore.(usage.Buffer); got != want {
			t.Errorf("%q: a buffer: %v, want %v", url, got, want)
		}
		if err := errors.Join(calls.close(t.Context(), usage.NewRecorder(calls.callStore)), st.Close()); err != nil {
			t.Error(err)
		}
	}
}

// The version before this one finds what the last calls add up to where it looks, if the server was stopped, whoever it serves; or
// if migrate has run.
func TestAProgramThatStopsFoldsItsUsage(t *testing.T) {
	for name, alone := range map[string]bool{"server": true, "personal server": false} {
		t.Run(name, func(t *testing.T) {
			a, path := appWithCall(t, alone)
			if err := a.close(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkFolded(t, path)
		})
	}
	path := grownDatabase(t)
	var out bytes.Buffer
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
	if code := cli.Run(t.Context(), newRoot(w), []string{"migrate", "--data-dir", filepath.Dir(path)}, w); code != 0 {
		t.Fatalf("migrate: %d, %s", code, &out)
	}
	checkFolded(t, path)
}

// What cannot be folded waits on: the program has not failed, and says what to do.
func TestAProgramThatCannotFoldStopsWell(t *testing.T) {
	a, path := appWithCall(t, true)
	checksum := crc32.Checksum([]byte{2}, crc32.MakeTable(crc32.Castagnoli)) // as a later version keeps it
	damage(t, path, fmt.Sprintf(`INSERT INTO usage_batches (entries, sums, crc32c) VALUES (1, x'02', %d)`, checksum))
	var log bytes.Buffer
	a.log = slog.New(slog.NewTextHandler(&log, nil))
	if err := a.close(t.Context()); err != nil || !strings.Contains(log.String(), "run pierre-mcp-server migrate") {
		t.Errorf("%v, and the log says %s", err, &log)
	}
}

// appWithCall opens a server with a new database and gives it a call.
func appWithCall(t *testing.T, alone bool) (a *app, path string) {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Migrate(t.Context())
	c := &config{dataDir: dir}
	calls, keepErr := c.keepCalls(t.Context(), measuredStore{st, monitor.New()}, slog.New(slog.DiscardHandler), alone)
	if err := errors.Join(err, keepErr); err != nil {
		t.Fatal(err)
	}
	call := pierre.Call{ID: pierre.NewCallID(), KeyID: "key_a", UserID: "user_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: time.Now(), Country: "ZZ"}
	if err := calls.RecordCalls(t.Context(), []pierre.Call{call}); err != nil {
		t.Fatal(err)
	}
	return &app{log: slog.New(slog.DiscardHandler), store: st, calls: calls, recorder: usage.NewRecorder(calls.callStore)}, filepath.Join(dir, "pierre.db")
}

func checkFolded(t *testing.T, path string) {
	t.Helper()
	st, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for what, query := range map[string]string{
		"in roll-ups": `SELECT sum(succeeded) = (SELECT count(*) FROM calls) FROM usage_rollups WHERE key_id = '*' AND span_s = 86400`,
		"all":         `SELECT count(*) = 0 FROM usage_batches`,
	} {
		var ok bool
		if err := st.Base().Row(t.Context(), query).Scan(&ok); err != nil || !ok {
			t.Errorf("the calls are %s: %v, %v", what, ok, err)
		}
	}
}
