package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

func TestOpenFindsTheFile(t *testing.T) {
	tests := []struct {
		name, url string // in url, DIR stands for the test's folder
		want      string // the file that is made, below the test's folder
	}{
		{"default", "", "data/pierre.db"},
		{"URL", "sqlite:DIR/a.db", "a.db"},
		{"URL with slashes", "sqlite://DIR/b.db", "b.db"},
		{"upper case", "SQLite:DIR/c.db", "c.db"},
		{"with the usual option", "sqlite://DIR/d.db?mode=rwc", "d.db"},
		{"percent-encoded", "sqlite:DIR/my%20data/e.db", "my data/e.db"},
		{"plain path", "DIR/f.db", "f.db"},
		{"plain path with odd characters", "DIR/100% #1?.db", "100% #1?.db"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := store.Open(strings.ReplaceAll(tt.url, "DIR", dir), filepath.Join(dir, "data"))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, filepath.FromSlash(tt.want))
			if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("mode of the file = %v, %v; want 0600", info.Mode(), err)
			}
			if info, err := os.Stat(filepath.Dir(path)); runtime.GOOS != "windows" && filepath.Dir(path) != dir && (err != nil || info.Mode().Perm() != 0o700) {
				t.Errorf("mode of the folder = %v, %v; want 0700", info.Mode(), err)
			}
		})
	}
}

func TestOpenRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, url := range []string{"sqlite:data/a.db", "sqlite://./data/b.db", "data/c.db"} {
		s, err := store.Open(url, "unused")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
	}
	for _, name := range []string{"data/a.db", "data/b.db", "data/c.db"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ name, url, want string }{
		{"PostgreSQL without a host", "postgresql:pierre:hunter2", "is no PostgreSQL URL"},
		{"PostgreSQL with a wrong port", "postgres://pierre:hunter2@db:port/pierre", "is no PostgreSQL URL"},
		{"PostgreSQL with a wrong escape", "postgres://pierre:hunter2%@db/pierre", "is no PostgreSQL URL"},
		{"PostgreSQL with a wrong option", "postgres://pierre:hunter2@db/pierre?sslmode=maybe", "is no PostgreSQL URL"},
		{"another database", "mysql://root:hunter2@db/x", `knows no "mysql:"`},
		{"a file URI", "file:///tmp/x.db", `knows no "file:"`},
		{"memory", "sqlite::memory:", "must name a file"},
		{"memory, plain", ":memory:", "must name a file"},
		{"no path", "sqlite://", "must name a file"},
		{"options", "sqlite:x.db?cache=shared", "without options"},
		{"bad escape", "sqlite:100%.db", "without options"},
		{"a folder", "sqlite:" + dir, "names the folder"},
		{"a new folder", dir + "/new/", "names the folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := store.Open(tt.url, dir)
			if err == nil {
				s.Close()
				t.Fatal("Open refuses nothing")
			}
			e, ok := errors.AsType[*pierre.Error](err)
			if !ok || e.Kind != pierre.KindInvalid || e.Field != "database-url" || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("Open = %v, want invalid with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
}

// The server and admin-setup may migrate a new database at the same time.
func TestProgramsMigrateTogether(t *testing.T) {
	for range 2 {
		dir := t.TempDir()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				s, err := store.Open("", dir)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if _, err := s.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Ready(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
