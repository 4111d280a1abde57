package journal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

var (
	noon   = time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)
	silent = slog.New(slog.DiscardHandler)
)

// A journal is a buffer of a recorder.
var _ usage.Buffer = (*journal.Journal)(nil)

func newCall() pierre.Call {
	return pierre.Call{
		ID: pierre.NewCallID(), KeyID: "key_a", UserID: "user_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: noon,
		Duration: time.Millisecond, Country: "ZZ",
		Buckets: pierre.Limits{Quota: pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}}.Buckets("key_a", "user_a", "get_stats"),
	}
}

func open(t *testing.T, path string, s journal.Store) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), path, s, silent)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func record(t *testing.T, j *journal.Journal, calls ...pierre.Call) {
	t.Helper()
	if err := j.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
}

// used returns the month's quota counter of key_a, which the database raises with the calls.
func used(t *testing.T, s *store.Store) int64 {
	t.Helper()
	start, _ := pierre.PeriodMonth.Window(noon)
	n, err := s.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodMonth, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// files returns the names of the journal's files.
func files(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + "-*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCallsReachTheDatabase(t *testing.T) {
	s, path := storetest.New(t), filepath.Join(t.TempDir(), "calls")
	j := open(t, path, s)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 100 {
				if err := j.RecordCalls(t.Context(), []pierre.Call{newCall()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := used(t, s); n != 2000 || j.Stats().Waiting != 0 {
		t.Errorf("the database counts %d calls and %d wait, want 2000 and none", n, j.Stats().Waiting)
	}
	record(t, j, newCall())
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := used(t, s); n != 2001 {
		t.Errorf("after it was closed the database counts %d calls, want 2001", n)
	}
	if left := files(t, path); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	if err := j.RecordCalls(t.Context(), []pierre.Call{newCall()}); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("a closed journal says %v", err)
	}
}

// Nobody has to ask for it.
func TestCallsReachTheDatabaseByThemselves(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "calls"), storetest.New(t))
	defer j.Close(t.Context())
	record(t, j, newCall())
	for deadline := time.After(20 * time.Second); j.Stats().Waiting > 0; {
		select {
		case <-deadline:
			t.Fatal("the call still waits")
		case <-time.After(time.Millisecond):
		}
	}
}

// A window that opens must see the calls that the database does not have yet.
func TestTheQuotaCountsWhatWaits(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "calls"), storetest.New(t))
	defer j.Close(t.Context())
	start, _ := pierre.PeriodMonth.Window(noon)
	for n := range int64(50) {
		record(t, j, newCall())
		if got, err := j.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodMonth, start, nil); err != nil || got != n+1 {
			t.Fatalf("QuotaUsed = %d, %v; want %d", got, err, n+1)
		}
	}
}

// A window of another bucket does not wait for what others did, so that windows open at one cost whatever the number of tenants.
func TestAWindowDoesNotWaitForCallsOfOthers(t *testing.T) {
	down := &failing{Store: storetest.New(t), err: unavailable}
	j := open(t, filepath.Join(t.TempDir(), "calls"), down)
	record(t, j, newCall())
	start, _ := pierre.PeriodMonth.Window(noon)
	for bucket, waits := range map[string]bool{
		"key:key_b": false, "customer:user_b": false, "tool:key_a/get_activities": false,
		"key:key_a": true, "customer:user_a": true, "tool:key_a/get_stats": true,
	} {
		n, err := j.QuotaUsed(t.Context(), bucket, pierre.PeriodMonth, start, nil)
		if waits != (pierre.KindOf(err) == pierre.KindUnavailable) || n != 0 {
			t.Errorf("QuotaUsed of %s = %d, %v; it waits for the database: %v", bucket, n, err, waits)
		}
	}
	down.set(nil)
	if err := j.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A failing store is a database that takes no calls while err is set, and never some of them.
type failing struct {
	journal.Store

	mu     sync.Mutex
	err    error
	refuse pierre.CallID
}

func (f *failing) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failing) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	f.mu.Lock()
	err := f.err
	for _, c := range calls {
		if c.ID == f.refuse {
			err = errors.New("a constraint")
		}
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Store.RecordCalls(ctx, calls)
}

var unavailable = &pierre.Error{Kind: pierre.KindUnavailable, Msg: "gone"}

func TestTheNextProcessWritesWhatIsLeft(t *testing.T) {
	s, path := storetest.New(t), filepath.Join(t.TempDir(), "calls")
	down := &failing{Store: s, err: unavailable}
	first := open(t, path, down)
	calls := []pierre.Call{newCall(), newCall(), newCall()}
	record(t, first, calls...)
	ending, cancel := context.WithCancel(t.Context())
	cancel()
	if err := first.Close(ending); err == nil {
		t.Error("the journal was closed without a database, and no error")
	}
	if n := used(t, s); n != 0 || len(files(t, path)) != 1 {
		t.Fatalf("the database counts %d calls, there are the files %v", n, files(t, path))
	}
	if err := s.RecordCalls(t.Context(), calls[:1]); err != nil { // it was killed between the two
		t.Fatal(err)
	}
	left, err := os.ReadFile(files(t, path)[0])
	if err != nil {
		t.Fatal(err)
	}
	torn := append(left, bytes.Split(left, []byte("\n"))[0][:40]...) // it was killed within a write
	if err := os.WriteFile(files(t, path)[0], torn, 0o600); err != nil {
		t.Fatal(err)
	}
	second := open(t, path, s)
	if n := used(t, s); n != 3 {
		t.Errorf("the next process finds %d calls, want 3", n)
	}
	if err := second.Close(t.Context()); err != nil || len(files(t, path)) > 0 {
		t.Errorf("Close = %v, files %v", err, files(t, path))
	}
}

func TestAnOutageLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := &memory{}, filepath.Join(t.TempDir(), "calls")
		down := &failing{Store: s, err: unavailable}
		j := open(t, path, down)
		total := 0
		for ; ; total++ {
			if err := j.RecordCalls(t.Context(), []pierre.Call{newCall()}); err != nil {
				if pierre.KindOf(err) != pierre.KindUnavailable {
					t.Errorf("a full journal says %v", err)
				}
				break
			}
		}
		<-time.After(time.Minute)
		if j.Stats().Waiting != total || total < 10_000 {
			t.Errorf("%d of %d calls wait", j.Stats().Waiting, total)
		}
		down.set(nil)
		<-time.After(time.Minute)
		if n := s.size(); n != total || j.Stats().Waiting != 0 {
			t.Errorf("after the outage the database has %d calls of %d, and %d wait", n, total, j.Stats().Waiting)
		}
		if err := j.Close(t.Context()); err != nil || len(files(t, path)) > 0 {
			t.Errorf("Close = %v, files %v", err, files(t, path))
		}
	})
}

// A memory is a database for tests with a clock of their own.
type memory struct {
	journal.Store

	mu    sync.Mutex
	calls map[pierre.CallID]bool
}

func (m *memory) RecordCalls(_ context.Context, calls []pierre.Call) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range calls {
		if m.calls == nil {
			m.calls = map[pierre.CallID]bool{}
		}
		m.calls[c.ID] = true
	}
	return nil
}

func (m *memory) size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.calls)
}

// One call that the database refuses for good neither holds up the others nor is thrown away.
func TestARefusedCallIsSetAside(t *testing.T) {
	s, path := storetest.New(t), filepath.Join(t.TempDir(), "calls")
	bad := newCall()
	j := open(t, path, &failing{Store: s, refuse: bad.ID})
	record(t, j, newCall(), bad, newCall())
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := used(t, s); n != 2 || j.Stats() != (journal.Stats{SetAside: 1}) {
		t.Errorf("the database counts %d calls, the journal says %+v", n, j.Stats())
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, s).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := used(t, s); n != 3 || len(files(t, path)) > 0 {
		t.Errorf("a program that takes it finds %d calls, and leaves %v", n, files(t, path))
	}
}

// The files do not grow with the number of calls.
func TestTheFilesStaySmall(t *testing.T) {
	s, path := storetest.New(t), filepath.Join(t.TempDir(), "calls")
	j := open(t, path, s)
	defer j.Close(t.Context())
	for range 50 {
		for range 20 {
			record(t, j, newCall())
		}
		if err := j.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files(t, path) {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 100<<10 || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has %d bytes, mode %v, %v", name, info.Size(), info.Mode(), err)
		}
	}
}

// What is added to a call is in the journal, too.
func TestEveryFieldOfACallIsKept(t *testing.T) {
	var c pierre.Call
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("text of " + v.Type().Field(i).Name)
		case reflect.Int64:
			f.SetInt(int64(i + 1))
		case reflect.Bool:
			f.SetBool(true)
		default:
			if f.Type() == reflect.TypeFor[time.Time]() {
				f.Set(reflect.ValueOf(noon.Add(123 * time.Microsecond)))
			}
		}
		if v.Field(i).IsZero() {
			t.Logf("%s is not set by this test", v.Type().Field(i).Name)
		}
	}
	path := filepath.Join(t.TempDir(), "calls")
	kept := &capture{}
	first := open(t, path, &failing{Store: kept, err: unavailable})
	record(t, first, c)
	ending, cancel := context.WithCancel(t.Context())
	cancel()
	_ = first.Close(ending)
	if err := open(t, path, kept).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(kept.calls) != 1 || !reflect.DeepEqual(kept.calls[0], c) {
		t.Errorf("read %+v\nwrote %+v", kept.calls, c)
	}
}

type capture struct {
	journal.Store

	calls []pierre.Call
}

func (c *capture) RecordCalls(_ context.Context, calls []pierre.Call) error {
	c.calls = append(c.calls, calls...)
	return nil
}

func TestAFullDiskIsSaidSo(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	path := filepath.Join(t.TempDir(), "calls")
	j := open(t, path, storetest.New(t))
	defer j.Close(t.Context())
	if err := journal.Redirect(j, "/dev/full"); err != nil {
		t.Fatal(err)
	}
	if err := j.RecordCalls(t.Context(), []pierre.Call{newCall()}); pierre.KindOf(err) != pierre.KindStorageFull {
		t.Errorf("RecordCalls on a full disk = %v", err)
	}
	if j.Stats().Waiting != 0 {
		t.Error("a call waits that was not written")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("a3b0c442 " + strings.Repeat("x", 70_000) + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls, err := journal.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := journal.Decode(bytes.NewReader(journal.Encode(t, calls)))
		if err != nil || len(again) != len(calls) {
			t.Errorf("%d calls became %d, %v", len(calls), len(again), err)
		}
	})
}
