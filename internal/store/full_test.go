package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestFullDisk(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "full.db"))
	// The database may not grow by more than a few pages, which gives SQLite's own error for a full disk.
	if _, err := s.write.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // at least the present size
		t.Fatal(err)
	}
	call := pierre.Call{KeyID: "key_a", Status: pierre.CallSucceeded, Started: time.Now(), Tool: strings.Repeat("x", 10_000)}
	call.ID, call.Buckets = pierre.NewCallID(), pierre.Limits{Quota: pierre.Limit{Requests: 9, Period: pierre.PeriodDay}}.Buckets(call.KeyID, "", "")
	if err := s.RecordCalls(t.Context(), []pierre.Call{call}); pierre.KindOf(err) != pierre.KindStorageFull {
		t.Fatalf("RecordCalls on a full disk = %v, want storage full", err)
	}
	if err := s.Ready(t.Context()); pierre.KindOf(err) != pierre.KindStorageFull {
		t.Errorf("Ready after a change that found the disk full: %v, want storage full", err)
	}
	start, _ := pierre.PeriodDay.Window(call.Started)
	if n, err := s.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodDay, start, nil); n != 0 || err != nil {
		t.Errorf("QuotaUsed = %d, %v; what could not be kept must not count", n, err)
	}
}
