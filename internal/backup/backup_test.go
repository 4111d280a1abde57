package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

func program() backup.Program {
	return backup.Program{
		Name: "pierre-mcp-server", Leave: store.NotCopied,
		Open: func(url string) (backup.Database, error) { return store.Open(url, "") },
	}
}

// filled opens a database that has a key and some calls of it.
func filled(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(url, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Name: "Ana’s “key”", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte("ana"))}
	none := func(pierre.APIKey) ([]byte, error) { return nil, nil }
	if _, _, err := s.ProvisionAPIKey(t.Context(), pierre.Act{Person: "test", At: now}, k, none); err != nil {
		t.Fatal(err)
	}
	var calls []pierre.Call
	for n := range 500 {
		calls = append(calls, pierre.Call{
			ID: pierre.NewCallID(), KeyID: k.ID, UserID: "user_x", Tool: "get_stats", Status: pierre.CallSucceeded, Started: now.Add(time.Duration(n) * time.Second), Country: "ZZ",
			Buckets: []pierre.Bucket{{ID: "key:" + string(k.ID), Policy: "key-month", Limit: pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}}},
		})
	}
	if err := s.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	return s
}

// makeBackup returns a backup of a small SQLite database with secrets.
func makeBackup(t testing.TB, lock backup.Lock) (path string, m *backup.Manifest) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "backup.zip")
	m, err := backup.Make(t.Context(), program(), filled(t, filepath.Join(dir, "pierre.db")), path, backup.Secrets{Export: func() ([]byte, error) { return []byte(`{"secret":"text"}`), nil }, Lock: lock}, backup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return path, m
}

// A backup of either database goes to either database and has the same rows there.
func TestRestoreIntoBothDatabases(t *testing.T) {
	t.Parallel()
	for from, url := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "a.db"), "postgresql": pgtest.URL(t)} {
		path := filepath.Join(t.TempDir(), "b.zip")
		made, err := backup.Make(t.Context(), program(), filled(t, url), path, backup.Secrets{}, backup.Options{})
		if err != nil || made.From != from || made.Rows() < 500 {
			t.Fatalf("%s: %+v, %v", from, made, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file is %v, %v; want mode 0600", info, err)
		}
		file := filepath.Join(t.TempDir(), "new", "pierre.db")
		for _, to := range []backup.Target{{DatabaseURL: file, Path: file}, {DatabaseURL: pgtest.URL(t), DataDir: t.TempDir()}} {
			if _, err := backup.Restore(t.Context(), program(), path, backup.Key{}, to, backup.Options{}); err != nil {
				t.Fatalf("from %s to %s: %v", from, to.DatabaseURL, err)
			}
			s, err := store.Open(to.DatabaseURL, "")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			tables, err := store.Tables(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := dbcopy.Sums(t.Context(), s.Base(), tables, func(dbcopy.Progress) {})
			byName := func(a, b dbcopy.TableSum) int { return strings.Compare(a.Table, b.Table) }
			slices.SortFunc(got, byName)
			slices.SortFunc(made.Tables, byName)
			if err != nil || !slices.Equal(got, made.Tables) {
				t.Errorf("from %s to %s there are %v, %v; want %v", from, to.DatabaseURL, got, err, made.Tables)
			}
			_, err = backup.Restore(t.Context(), program(), path, backup.Key{}, to, backup.Options{})
			if pierre.KindOf(err) != pierre.KindConflict {
				t.Errorf("a second restoration: %v, want a refusal", err)
			}
		}
	}
}

// rewrite returns the archive with other entries: change gets each and returns what it becomes, nil for none.
func rewrite(t *testing.T, path string, change func(name string, text []byte) []byte) string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if text = change(f.Name, text); text == nil {
			continue
		}
		entry, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		entry.Write(text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.zip")
	if err := os.WriteFile(changed, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}

// What is no whole backup of this program is refused, with a sentence that says why.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	path, _ := makeBackup(t, backup.Plain())
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) string {
		name := filepath.Join(t.TempDir(), "b.zip")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	manifest := func(change func(m map[string]any)) string {
		return rewrite(t, path, func(name string, text []byte) []byte {
			if name != "manifest.json" {
				return text
			}
			m := map[string]any{}
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatal(err)
			}
			change(m)
			text, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			return text
		})
	}
	entry := func(which string, change func(text []byte) []byte) string {
		return rewrite(t, path, func(name string, text []byte) []byte {
			if name == which {
				return change(text)
			}
			return text
		})
	}
	for name, tt := range map[string]struct{ path, want string }{
		"absent":                                {filepath.Join(t.TempDir(), "no.zip"), "not found"},
		"empty":                                 {write(nil), "cut off"},
		"something else":                        {write([]byte("SQLite format 3\x00")), "cut off"},
		"cut in half":                           {write(raw[:len(raw)/2]), "cut off"},
		"without its last byte":                 {write(raw[:len(raw)-1]), "cut off"},
		"of another program":                    {manifest(func(m map[string]any) { m["program"] = "pierre-admin-service" }), "backup of pierre-admin-service, not of pierre-mcp-server"},
		"of a newer version":                    {manifest(func(m map[string]any) { m["schema"] = 100000; m["version"] = "9.9.9" }), "version 9.9.9"},
		"of a newer form":                       {manifest(func(m map[string]any) { m["format"] = 2; m["tables"] = "other" }), "newer Pierre"},
		"other rows":                            {manifest(func(m map[string]any) { m["tables"].([]any)[0].(map[string]any)["rows"] = 77 }), "are not the 77"},
		"no tables":                             {manifest(func(m map[string]any) { m["tables"] = []any{} }), "lacks what every backup says"},
		"no secrets":                            {entry("secrets", func([]byte) []byte { return nil }), "not those of its manifest"},
		"changed secrets":                       {entry("secrets", func(b []byte) []byte { b[3]++; return b }), "secrets is not what the manifest says"},
		"no database":                           {entry("database.sqlite", func([]byte) []byte { return nil }), "not those of its manifest"},
		"a longer database":                     {entry("database.sqlite", func(b []byte) []byte { return append(b, 0) }), "database.sqlite is not what"},
		"a changed database":                    {entry("database.sqlite", func(b []byte) []byte { b[len(b)-9]++; return b }), "database.sqlite is not what"},
		"a manifest of no JSON":                 {entry("manifest.json", func([]byte) []byte { return []byte("{") }), "not JSON"},
		"an endless manifest":                   {entry("manifest.json", func([]byte) []byte { return bytes.Repeat([]byte(" "), 2<<20) }), "manifest.json cannot be read"},
		"a damaged database with the right sum": {resealed(t, path), "database cannot be used"},
	} {
		_, _, err := backup.Verify(t.Context(), program(), tt.path, backup.Key{}, backup.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasSuffix(pierre.MessageOf(err, "?"), ".") && tt.want != "not found" {
			t.Errorf("%s: %v, want a refusal with %q", name, err, tt.want)
		}
		file := filepath.Join(t.TempDir(), "pierre.db")
		if _, err := backup.Restore(t.Context(), program(), tt.path, backup.Key{}, backup.Target{DatabaseURL: file, Path: file}, backup.Options{}); err == nil && !strings.Contains(tt.want, "secrets is") {
			t.Errorf("%s: it was restored", name)
		}
	}
}

// resealed returns a backup whose database is damaged inside, with the sum of the damaged one in its manifest.
func resealed(t *testing.T, path string) string {
	var sum string
	damaged := rewrite(t, path, func(name string, text []byte) []byte {
		if name == "database.sqlite" {
			for n := 4096; n < len(text); n += 4096 { // the head of each page
				copy(text[n:], bytes.Repeat([]byte{0xff}, 64))
			}
			hash := sha256.Sum256(text)
			sum = hex.EncodeToString(hash[:])
		}
		return text
	})
	return rewrite(t, damaged, func(name string, text []byte) []byte {
		if name != "manifest.json" {
			return text
		}
		m := map[string]any{}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		m["entries"].(map[string]any)["database.sqlite"].(map[string]any)["sha256"] = sum
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
}

// Whichever byte is changed: the backup is refused, or all that counts is as it was.
func TestEveryChangedByteIsFoundOrHarmless(t *testing.T) {
	t.Parallel()
	path, made := makeBackup(t, backup.Plain())
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "b.zip")
	refused := 0
	for n := 0; n < len(raw); n += max(1, len(raw)/80) {
		b := bytes.Clone(raw)
		b[n] ^= 0x20
		if err := os.WriteFile(changed, b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, _, err := backup.Verify(t.Context(), program(), changed, backup.Key{}, backup.Options{})
		if err != nil {
			refused++
		} else if !reflect.DeepEqual(m, made) {
			t.Errorf("with byte %d changed it is accepted as %+v", n, m)
		}
	}
	if refused < 40 {
		t.Errorf("%d of some 80 changes were found", refused)
	}
}

const killedFolder = "PIERRE_TEST_BACKUP_KILL"

// TestBackupChild is the process that TestAKilledBackupLeavesNone kills.
func TestBackupChild(t *testing.T) {
	dir := os.Getenv(killedFolder)
	if dir == "" {
		t.Skip("run by TestAKilledBackupLeavesNone")
	}
	s, err := store.Open(filepath.Join(dir, "pierre.db"), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	say := func(backup.Progress) { fmt.Fprintln(os.Stdout, "step") }
	if _, err := backup.Make(t.Context(), program(), s, filepath.Join(dir, "b", backup.FileName("pierre-mcp-server", time.Now())), backup.Secrets{}, backup.Options{Progress: say}); err != nil {
		t.Error(err)
	}
}

// A backup that is killed at any step leaves nothing that looks like one, and the next one is made.
func TestAKilledBackupLeavesNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := filled(t, filepath.Join(dir, "pierre.db"))
	for _, after := range []int{1, 2, 10, 20} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBackupChild$")
		child.Env = append(child.Environ(), killedFolder+"="+dir)
		steps, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(steps, make([]byte, len("step\n")*after)); err != nil {
			t.Fatal(err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		paths, _, err := backup.List(filepath.Join(dir, "b"), "pierre-mcp-server")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths { // it may have been done before the kill
			if _, _, err := backup.Verify(t.Context(), program(), path, backup.Key{}, backup.Options{}); err != nil {
				t.Errorf("killed after %d steps: %s: %v", after, path, err)
			}
		}
	}
	old, err := filepath.Glob(filepath.Join(dir, "b", ".pierre-backup-*"))
	if err != nil || len(old) == 0 {
		t.Fatalf("no killed backup left its folder: %v", err)
	}
	for _, name := range old {
		if err := os.Chtimes(name, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := backup.Make(t.Context(), program(), s, filepath.Join(dir, "b", "last.zip"), backup.Secrets{}, backup.Options{}); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "b", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A backup that is interrupted, or that would replace a file, fails and leaves nothing.
func TestMakeReplacesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := filled(t, filepath.Join(dir, "pierre.db"))
	path := filepath.Join(dir, "b", "b.zip")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := backup.Make(ctx, program(), s, path, backup.Secrets{}, backup.Options{Progress: func(p backup.Progress) {
		if strings.HasPrefix(p.Step, "comparing") {
			cancel()
		}
	}})
	if entries, _ := os.ReadDir(filepath.Dir(path)); err == nil || len(entries) > 0 {
		t.Errorf("interrupted: %v, left %v", err, entries)
	}
	if _, err := backup.Make(t.Context(), program(), s, path, backup.Secrets{}, backup.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Make(t.Context(), program(), s, path, backup.Secrets{}, backup.Options{}); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("over a file: %v", err)
	}
}

// A busy database takes no calls for the time being.
type busy struct{ *store.Store }

func (busy) RecordCalls(context.Context, []pierre.Call) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "busy"}
}

// Calls that are only in the journal are in the backup, and in the restored database.
func TestABackupHasTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := filled(t, filepath.Join(dir, "pierre.db"))
	j, err := journal.Open(t.Context(), filepath.Join(dir, "pierre.db-calls"), busy{s}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	bucket := pierre.Bucket{ID: "key:key_new", Policy: "key-month", Limit: pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}}
	at := time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)
	for range 700 {
		c := pierre.Call{ID: pierre.NewCallID(), KeyID: "key_new", UserID: "user_x", Tool: "get_stats", Status: pierre.CallSucceeded, Started: at, Country: "ZZ", Buckets: []pierre.Bucket{bucket}}
		if err := j.RecordCalls(t.Context(), []pierre.Call{c}); err != nil {
			t.Fatal(err)
		}
	}
	p := program()
	p.Calls = func(w io.Writer, path string) (int, error) { return journal.WriteTo(w, path+"-calls") }
	p.Replay = func(ctx context.Context, r io.Reader, into backup.Database) (int, int, error) {
		return journal.Replay(ctx, r, into.(*store.Store))
	}
	path := filepath.Join(dir, "b.zip")
	if m, err := backup.Make(t.Context(), p, s, path, backup.Secrets{}, backup.Options{}); err != nil || m.Calls != 700 {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, to := range []backup.Target{{DatabaseURL: filepath.Join(dir, "new.db"), Path: filepath.Join(dir, "new.db")}, {DatabaseURL: pgtest.URL(t), DataDir: t.TempDir()}} {
		if done, err := backup.Restore(t.Context(), p, path, backup.Key{}, to, backup.Options{}); err != nil || done.Calls != 700 || done.Refused != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		r, err := store.Open(to.DatabaseURL, "")
		if err != nil {
			t.Fatal(err)
		}
		start, _ := pierre.PeriodMonth.Window(at)
		if used, err := r.QuotaUsed(t.Context(), bucket.ID, pierre.PeriodMonth, start, nil); err != nil || used != 700 {
			t.Errorf("%d calls count, %v; want 700", used, err)
		}
		r.Close()
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_ = j.Close(ended)
}

func TestPruneKeepsTheNewest(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)
	others := []string{"pierre-admin-service-20200101T000000.000Z.zip", "pierre-mcp-server-notes.zip", "pierre-mcp-server-20200101T000000.000Z.zip.part"}
	for n := range 5 {
		others = append(others, backup.FileName("pierre-mcp-server", at.Add(time.Duration(n)*time.Hour)))
	}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := backup.Prune(dir, "pierre-mcp-server", 2)
	if err != nil || len(removed) != 3 || filepath.Base(removed[0]) != others[3] {
		t.Errorf("removed %v, %v", removed, err)
	}
	if paths, made, err := backup.List(dir, "pierre-mcp-server"); err != nil || len(paths) != 2 || !made[1].Equal(at.Add(4*time.Hour)) {
		t.Errorf("left %v %v, %v", paths, made, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 5 {
		t.Errorf("left %v, %v", left, err)
	}
}

func FuzzVerify(f *testing.F) {
	path, _ := makeBackup(f, backup.Plain())
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)-30])
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "b.zip")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, _, err := backup.Verify(t.Context(), program(), path, backup.Key{}, backup.Options{})
		if err == nil && m.Rows() < 0 {
			t.Errorf("accepted %+v", m)
		}
	})
}
