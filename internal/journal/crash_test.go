package journal_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

const crashFolder = "PIERRE_TEST_JOURNAL_CRASH"

const crashCallers = 8

// TestCrashChild is the process that TestAKilledProcessLosesNoAnsweredCall kills: it writes the id of each call that it
// has recorded to stdout.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashFolder)
	if dir == "" {
		t.Skip("run by TestAKilledProcessLosesNoAnsweredCall")
	}
	j := open(t, filepath.Join(dir, "calls"), database(t, dir))
	var wg sync.WaitGroup
	for range crashCallers {
		wg.Go(func() {
			for {
				c := newCall()
				if err := j.RecordCalls(t.Context(), []pierre.Call{c}); err != nil {
					t.Error(err)
					return
				}
				os.Stdout.WriteString(string(c.ID) + "\n")
			}
		})
	}
	wg.Wait()
}

func database(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.OpenSQLite(filepath.Join(dir, "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAKilledProcessLosesNoAnsweredCall(t *testing.T) {
	dir := t.TempDir()
	var before int64
	for _, killAfter := range []int64{1, 100, 3000} {
		answered := killAfterAnswers(t, dir, killAfter)
		s := database(t, dir)
		if err := open(t, filepath.Join(dir, "calls"), s).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := used(t, s) - before; n < answered || n > answered+crashCallers {
			t.Errorf("%d calls were answered, %d are kept; only the %d callers in flight may differ", answered, n, crashCallers)
		}
		before = used(t, s)
	}
}

// killAfterAnswers kills -9 a child in the middle of its work and returns how many calls it answered.
func killAfterAnswers(t *testing.T, dir string, n int64) (answered int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=60s")
	child.Env = append(child.Environ(), crashFolder+"="+dir)
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if answered++; answered == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || answered < n {
		t.Fatalf("the child answered %d calls and ended with %v, want it killed after %d", answered, err, n)
	}
	return answered
}
