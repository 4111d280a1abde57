package main

import (
	"errors"
	"log/slog"
	"testing"
	"time"

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
		if err := errors.Join(calls.close(t.Context(), usage.NewRecorder(calls.callStore), st), st.Close()); err != nil {
			t.Error(err)
		}
	}
}

// The version before this one finds what the last calls add up to where it looks, if the server was stopped.
func TestAServerThatStopsFoldsItsUsage(t *testing.T) {
	c := &config{dataDir: t.TempDir()}
	st, err := store.Open("", c.dataDir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	_, err = st.Migrate(t.Context())
	calls, keepErr := c.keepCalls(t.Context(), measuredStore{st, monitor.New()}, slog.New(slog.DiscardHandler), true)
	if err := errors.Join(err, keepErr); err != nil {
		t.Fatal(err)
	}
	call := pierre.Call{ID: pierre.NewCallID(), KeyID: "key_a", UserID: "user_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: time.Now(), Country: "ZZ"}
	err = calls.RecordCalls(t.Context(), []pierre.Call{call})
	if err := errors.Join(err, calls.close(t.Context(), usage.NewRecorder(calls.callStore), st)); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"calls": 1, "usage_rollups": 6, "usage_batches": 0} {
		var n int
		if err := st.Base().Row(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows, %v; want %d", table, n, err, want)
		}
	}
}
