package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqlitetest"
)

// migrated is a database with all tables, which openTest copies.
var migrated sqlitetest.Template

func openTest(t *testing.T, path string) *Store {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		migrated.Copy(t, path, func(path string) error {
			s, err := OpenSQLite(path)
			if err != nil {
				return err
			}
			_, err = s.Migrate(t.Context())
			return errors.Join(err, s.Close())
		})
	}
	s, err := OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// hold opens a writing transaction of another program, and returns what ends it.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	tx, err := openTest(t, path).write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() { tx.Rollback() }
}

func TestALockedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pierre.db")
	s := openTest(t, path)
	release := hold(t, path)
	call := pierre.Call{ID: pierre.NewCallID(), KeyID: "key_a", Status: pierre.CallSucceeded, Started: time.Now()}
	began := time.Now()
	var wg sync.WaitGroup
	for range 20 { // they wait together, not one after the other
		wg.Go(func() {
			if err := s.RecordCalls(t.Context(), []pierre.Call{call}); pierre.KindOf(err) != pierre.KindUnavailable {
				t.Errorf("a change while another program holds the database: %v, want unavailable", err)
			}
		})
	}
	wg.Wait()
	if waited := time.Since(began); waited > 6*time.Second {
		t.Errorf("the last was refused after %v", waited)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.RecordCalls(gone, []pierre.Call{call}); !errors.Is(err, context.Canceled) {
		t.Errorf("a change whose caller has gone: %v, want canceled", err)
	}
	release()
	if err := s.RecordCalls(t.Context(), []pierre.Call{call}); err != nil {
		t.Errorf("after the other program is done: %v", err)
	}
}

func TestReadyDoesNotWaitForWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	s := openTest(t, path)
	err := s.update(t.Context(), "writing", func(*tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), readyWait)
		defer cancel()
		return s.Ready(ctx)
	})
	if err != nil {
		t.Errorf("Ready while this program writes: %v", err)
	}
	defer hold(t, path)()
	s.ready.at = time.Time{}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready while another program writes: %v", err)
	}
}

func TestReadySaysThatTheDiskIsFull(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "pierre.db"))
	probes, full := 0, error(syscall.ENOSPC)
	s.d.probe = func() error { probes++; return full }
	for range 10 {
		if err := s.Ready(t.Context()); pierre.KindOf(err) != pierre.KindStorageFull {
			t.Fatalf("Ready on a full disk: %v, want storage full", err)
		}
	}
	if probes != 1 {
		t.Errorf("10 questions within a moment wrote %d times, want once", probes)
	}
	full = nil
	if _, err := s.EnsureUser(t.Context(), "ana@example.com", time.Now()); err != nil { // which shows that there is space
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready after space was freed: %v", err)
	}
}

func TestProbeLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := probeFile(filepath.Join(dir, "probe")); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) > 0 {
		t.Errorf("the probe leaves %v, %v", left, err)
	}
	if err := probeFile(filepath.Join(dir, "no folder", "probe")); err == nil {
		t.Error("a probe that cannot write says nothing")
	}
}
