package install_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install"
)

func TestKeyStore(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("it would write into the developer's own keychain")
	}
	m := install.Machine{OS: "linux", Home: t.TempDir()}
	s := install.KeyStore{Dir: m.KeyDir()}
	if _, _, err := s.Load("pierre"); !errors.Is(err, install.ErrNoKey) {
		t.Errorf("Load before Save: %v", err)
	}
	for _, key := range []string{"pk_live_first", "pk_live_second"} {
		place, err := s.Save("pierre", key)
		if err != nil {
			t.Fatal(err)
		}
		if place != s.Place("pierre") || strings.Join(place.Args("pierre"), " ") != "--auth-key-file "+filepath.Join(m.Home, ".config/pierre/keys/pierre") {
			t.Errorf("place %v", place)
		}
		for path, want := range map[string]os.FileMode{place.File: 0o600, filepath.Dir(place.File): 0o700} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
			}
		}
		got, from, err := s.Load("pierre")
		if err != nil || got != key || from != place {
			t.Errorf("Load = %q, %v, %v", got, from, err)
		}
	}
	if had, err := s.Delete("pierre"); !had || err != nil {
		t.Errorf("Delete = %v, %v", had, err)
	}
	if had, err := s.Delete("pierre"); had || err != nil {
		t.Errorf("Delete again = %v, %v", had, err)
	}
}

func TestKeyDir(t *testing.T) {
	for _, tc := range []struct {
		m    install.Machine
		want string
	}{
		{install.Machine{OS: "linux", Home: "/h"}, "/h/.config/pierre/keys"},
		{install.Machine{OS: "linux", Home: "/h", Config: "/c"}, "/c/pierre/keys"},
		{install.Machine{OS: "darwin", Home: "/h"}, "/h/Library/Application Support/pierre/keys"},
		{install.Machine{OS: "windows", Home: "/h", AppData: "/r"}, "/r/pierre/keys"},
	} {
		if got := filepath.ToSlash(tc.m.KeyDir()); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.m, got, tc.want)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"pierre": true, "my-Pierre_2.0": true,
		"": false, ".": false, "..": false, ".x": false, "a/b": false, `a\b`: false, "a b": false, "é": false, strings.Repeat("x", 65): false,
	} {
		if err := install.CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}
