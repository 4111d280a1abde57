package main

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/internal/pgtest"
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
