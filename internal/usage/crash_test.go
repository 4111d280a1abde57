package usage_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/usage"
)

const crashDatabase = "PIERRE_TEST_CRASH_DATABASE"

const crashCallers = 8

var crashLimit = pierre.Limit{Requests: 100_000, Period: pierre.PeriodMonth}

// TestCrashChild is the process that TestKilledProcessLosesNoAnsweredCall kills: a
// server that answers each recorded call with a line on stdout.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashDatabase)
	if path == "" {
		t.Skip("run by TestKilledProcessLosesNoAnsweredCall")
	}
	s := openStore(t, path)
	l, r := limit.New(s), usage.NewRecorder(s)
	var wg sync.WaitGroup
	for range crashCallers {
		wg.Go(func() {
			for {
				res, err := l.Reserve(t.Context(), buckets(crashLimit), noon)
				if err != nil || !res.Allowed {
					t.Errorf("Reserve = %+v, %v", res, err)
					return
				}
				if err := r.Record(t.Context(), res, newCall(noon)); err != nil {
					t.Error(err)
					return
				}
				os.Stdout.WriteString("answered\n")
			}
		})
	}
	wg.Wait()
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKilledProcessLosesNoAnsweredCall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	var before int64
	for round, killAfter := range []int64{1, 100, 555} {
		answered := killAfterAnswers(t, path, killAfter)
		s := openStore(t, path)
		quota, calls := counts(t, s, noon)
		if quota != calls {
			t.Errorf("round %d: the counter says %d, and there are %d calls", round, quota, calls)
		}
		if now := calls - before; now < answered || now > answered+crashCallers {
			t.Errorf("round %d: %d calls were answered, %d are kept; only the %d callers in flight may differ", round, answered, now, crashCallers)
		}
		d, err := limit.New(s).Peek(t.Context(), buckets(crashLimit), noon)
		if err != nil || d.States[0].Remaining != crashLimit.Requests-calls {
			t.Errorf("round %d: the next process starts with %d calls left, %v; want %d", round, d.States[0].Remaining, err, crashLimit.Requests-calls)
		}
		before = calls
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfterAnswers kills -9 a child in the middle of its work and returns how many calls it answered.
func killAfterAnswers(t *testing.T, database string, n int64) (answered int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=60s")
	child.Env = append(child.Environ(), crashDatabase+"="+database)
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != "answered" {
			t.Errorf("the child says %q", lines.Text())
			continue
		}
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
