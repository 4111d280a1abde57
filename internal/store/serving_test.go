package store_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

const servingDatabase = "PIERRE_TEST_SERVING_DATABASE"

// TestServingChild is the process that TestOneServerPerDatabase kills.
func TestServingChild(t *testing.T) {
	path := os.Getenv(servingDatabase)
	if path == "" {
		t.Skip("run by TestOneServerPerDatabase")
	}
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.BeginServing(); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("serving\n")
	<-t.Context().Done()
}

func TestOneServerPerDatabase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pierre.db")
	open := func(path string) *store.Store {
		t.Helper()
		s, err := store.OpenSQLite(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServingChild$", "-test.timeout=60s")
	child.Env = append(child.Environ(), servingDatabase+"="+path)
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "serving\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	other := filepath.Join(dir, "link.db")
	if err := os.Symlink(path, other); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		other = path
	}
	second := open(other)
	if err := second.BeginServing(); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("a second server: %v, want a conflict", err)
	}
	if _, err := second.Migrate(t.Context()); err != nil {
		t.Errorf("a program that does not serve: %v", err)
	}
	if err := open(filepath.Join(dir, "another.db")).BeginServing(); err != nil {
		t.Errorf("a server of another database: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	if err := second.BeginServing(); err != nil {
		t.Errorf("after the first server was killed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(path).BeginServing(); err != nil {
		t.Errorf("after the second server has ended: %v", err)
	}
}

// A hard link lets no second server in, and is found when it is there.
func TestServingThroughAHardLink(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "pierre.db"), filepath.Join(dir, "other", "link.db")
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.BeginServing(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Dir(other), 0o700), os.Link(path, other)); err != nil {
		t.Skip("without hard links:", err)
	}
	second, err := store.OpenSQLite(other)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.BeginServing(); pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), "hard link") {
		t.Errorf("a second server: %v, want a conflict", err)
	}
}
