package usage_test

import (
	"bufio"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/usage"
)

const crashDatabase = "PIERRE_TEST_CRASH_DATABASE"

const crashCallers = 8

var crashLimit = pierre.Limit{Requests: 100_000, Period: pierre.PeriodMonth}

const crashJournal = "PIERRE_TEST_CRASH_JOURNAL"

// TestCrashChild is the process that TestKilledProcessLosesNoAnsweredCall kills: a server that answers each recorded call
// with a line on stdout, and folds usage meanwhile.
func TestCrashChild(t *testing.T) {
	url := os.Getenv(crashDatabase)
	if url == "" {
		t.Skip("run by TestKilledProcessLosesNoAnsweredCall")
	}
	s := openStore(t, url)
	var keeper callKeeper = s
	if path := os.Getenv(crashJournal); path != "" {
		keeper = openJournal(t, path, s)
	}
	l, r := limit.New(keeper), usage.NewRecorder(keeper)
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
	wg.Go(func() {
		for {
			if err := s.FoldUsage(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
}

// A callKeeper is what a server's calls go to.
type callKeeper interface {
	usage.EventStore
	limit.CountStore
}

func openJournal(t *testing.T, path string, s *store.Store) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), path, s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(url, "")
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
	sqlite := func(t *testing.T) string { return filepath.Join(t.TempDir(), "pierre.db") }
	for _, c := range []struct {
		name    string
		url     func(t *testing.T) string
		journal bool
	}{{"sqlite", sqlite, false}, {"journal", sqlite, true}, {"postgres", func(t *testing.T) string { return pgtest.URL(t) }, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, journalPath := c.url(t), ""
			if c.journal {
				journalPath = url + "-calls"
			}
			openStore(t, url).Close()
			rounds := 20
			if testing.Short() {
				rounds = 3
			}
			var before int64
			for range rounds {
				answered := killAfterAnswers(t, url, journalPath, 1+rand.Int64N(400))
				before += balanced(t, url, journalPath, before, answered)
			}
			t.Logf("%d calls are recorded after %d kills", before, rounds)
		})
	}
}

// balanced checks, as the next process finds it, that the answered calls are recorded and all else says the same. It
// returns how many calls are new.
func balanced(t *testing.T, url, journalPath string, before, answered int64) int64 {
	t.Helper()
	if strings.HasPrefix(url, "postgres") {
		awaitStatements(t, url)
	}
	s := openStore(t, url)
	defer s.Close()
	if journalPath != "" {
		if err := openJournal(t, journalPath, s).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	quota, calls := counts(t, s, noon)
	if quota != calls {
		t.Errorf("the counter says %d, and there are %d calls", quota, calls)
	}
	if now := calls - before; now < answered || now > answered+crashCallers {
		t.Errorf("%d calls were answered, %d are kept; only the %d callers in flight may differ", answered, now, crashCallers)
	}
	for _, folded := range []bool{false, true} {
		if folded {
			if err := s.FoldUsage(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r, err := s.Reconcile(t.Context(), noon.Truncate(24*time.Hour), noon.Add(24*time.Hour), noon, false)
		if err != nil || len(r.Differences) > 0 || r.Calls != calls || folded && r.Quotas == 0 {
			t.Errorf("the books do not balance: %+v, %v; want %d calls", r, err, calls)
		}
	}
	d, err := limit.New(s).Peek(t.Context(), buckets(crashLimit), noon)
	if err != nil || d.States[0].Remaining != crashLimit.Requests-calls {
		t.Errorf("the next process starts with %d calls left, %v; want %d", d.States[0].Remaining, err, crashLimit.Requests-calls)
	}
	return calls - before
}

// awaitStatements waits for what the killed process had asked of PostgreSQL, which goes on with it.
func awaitStatements(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
		var n int
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections of the killed process are open", n)
		}
	}
}

// killAfterAnswers kills -9 a child in the middle of its work and returns how many calls it answered.
func killAfterAnswers(t *testing.T, database, journalPath string, n int64) (answered int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=60s")
	child.Env = append(child.Environ(), crashDatabase+"="+database, crashJournal+"="+journalPath)
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
