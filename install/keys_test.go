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

// A name that could lead out of the folder of the keys reaches no file.
func TestKeysOfBadNames(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "outside"), "pk_live_outside")
	s := install.KeyStore{Dir: filepath.Join(dir, "keys")}
	for _, name := range []string{"", ".", "..", "../outside", "/etc/passwd", `..\outside`, "a b"} {
		if _, err := s.Save(name, "pk_live_x"); err == nil {
			t.Errorf("Save(%q) was accepted", name)
		}
		if key, _, err := s.Load(name); err == nil || errors.Is(err, install.ErrNoKey) {
			t.Errorf("Load(%q) = %q, %v", name, key, err)
		}
		if had, err := s.Delete(name); err == nil || had {
			t.Errorf("Delete(%q) = %v, %v", name, had, err)
		}
	}
	if got := read(t, filepath.Join(dir, "outside")); got != "pk_live_outside" {
		t.Errorf("the file outside holds %q", got)
	}
	if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// Stored keys as editors and other programs leave them.
func TestDamagedKeys(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("it would look into the developer's own keychain")
	}
	s := install.KeyStore{Dir: t.TempDir()}
	for content, want := range map[string]string{
		"pk_live_a\r\n": "pk_live_a", "\ufeffpk_live_a": "pk_live_a", "": "", "\n": "", "two words": "", "-----BEGIN PRIVATE KEY-----\n": "", "\x00\x01\x02": "",
	} {
		write(t, filepath.Join(s.Dir, "pierre"), content)
		if key, _, err := s.Load("pierre"); key != want || (err == nil) != (want != "") || errors.Is(err, install.ErrNoKey) {
			t.Errorf("%q: %q, %v", content, key, err)
		}
	}
	// A new key takes the place of a damaged one, and nobody else can read it, whatever the old file's mode was.
	place, err := s.Save("pierre", "pk_live_new")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(place.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if key, _, err := s.Load("pierre"); key != "pk_live_new" || err != nil {
		t.Errorf("%q, %v", key, err)
	}
}

// What stands in the way of a key is reported, and left.
func TestKeysThatCannotBeStored(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("it would write into the developer's own keychain")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "theirs")
	if _, err := (install.KeyStore{Dir: filepath.Join(dir, "file")}).Save("pierre", "pk_live_a"); err == nil || strings.Contains(err.Error(), "pk_live_a") {
		t.Errorf("a file in place of the folder: %v", err)
	}
	write(t, filepath.Join(dir, "pierre", "inside"), "theirs")
	s := install.KeyStore{Dir: dir}
	if _, err := s.Save("pierre", "pk_live_a"); err == nil || strings.Contains(err.Error(), "pk_live_a") {
		t.Errorf("a folder in place of the file: %v", err)
	}
	if _, _, err := s.Load("pierre"); err == nil || errors.Is(err, install.ErrNoKey) {
		t.Errorf("a folder as a key: %v", err)
	}
	if had, err := s.Delete("pierre"); err == nil || had {
		t.Errorf("deleting a folder: %v, %v", had, err)
	}
	leftBehind(t, dir)
	// A link to another file is replaced; what it leads to is not.
	link(t, filepath.Join(dir, "file"), filepath.Join(dir, "linked"))
	if _, err := s.Save("linked", "pk_live_a"); err != nil {
		t.Error(err)
	}
	if got := read(t, filepath.Join(dir, "file")); got != "theirs" {
		t.Errorf("the file behind the link holds %q", got)
	}
}
