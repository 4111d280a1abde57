package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pierre-mcp/pierre/internal/keyfile"
)

// ErrNoKey means that no access key is stored under a name.
var ErrNoKey = errors.New("no access key is stored under that name")

// A KeyStore keeps one user's access keys by name: in the system's keychain where
// that serves programs without a window (macOS, Windows), else in files of mode 0600.
// docs/decisions says why Linux has files.
type KeyStore struct {
	Dir string // of the files; see [Machine.KeyDir]
}

// KeyDir is where keys are stored that are not in a keychain.
func (m Machine) KeyDir() string {
	switch m.OS {
	case "windows":
		return filepath.Join(m.expand("$APPDATA"), "pierre", "keys")
	case "darwin":
		return filepath.Join(m.Home, "Library", "Application Support", "pierre", "keys")
	default:
		return filepath.Join(m.expand("$CONFIG"), "pierre", "keys")
	}
}

// ConfigDir is where programs of Linux keep their configuration.
func (m Machine) ConfigDir() string { return m.expand("$CONFIG") }

// StateDir is where the client keeps what it remembers.
func (m Machine) StateDir() string {
	switch m.OS {
	case "windows":
		return filepath.Join(m.expand("$LOCALAPPDATA"), "pierre")
	case "darwin":
		return filepath.Join(m.Home, "Library", "Application Support", "pierre")
	default:
		return filepath.Join(or(m.State, filepath.Join(m.Home, ".local", "state")), "pierre")
	}
}

// WatchState is the file in which the watch of that name remembers what it sent.
func (m Machine) WatchState(name string) string { return filepath.Join(m.StateDir(), "watch", name) }

// WatchService is the name of the service that keeps the watch of that name running.
func (Machine) WatchService(name string) string { return "pierre-watch-" + name }

// CheckName reports an error if name cannot name an entry and its key.
func CheckName(name string) error {
	const longest = 64
	bad := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	}
	if name == "" || len(name) > longest || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, bad) {
		return fmt.Errorf("a name has 1 to %d letters, digits, '-', '_' and '.', and does not begin with '.'; %q is none", longest, name)
	}
	return nil
}

// A KeyPlace is where a stored key is.
type KeyPlace struct {
	File string // empty: the keychain
}

// Args are the client's flags that find the key called name.
func (p KeyPlace) Args(name string) []string {
	if p.File == "" {
		return []string{"--key-name", name}
	}
	// Hosts start programs with few variables: an absolute path does not depend on XDG_CONFIG_HOME.
	return []string{"--auth-key-file", p.File}
}

// Place is where Save would put a key.
func (s KeyStore) Place(name string) KeyPlace {
	if hasKeychain {
		return KeyPlace{}
	}
	return KeyPlace{File: s.file(name)}
}

func (s KeyStore) file(name string) string { return filepath.Join(s.Dir, name) }

// Save stores a key under name, in place of an earlier one. Without a keychain, or
// if it refuses (as it does in a remote shell on macOS), the key goes into a file.
func (s KeyStore) Save(name string, key string) (KeyPlace, error) {
	if err := CheckName(name); err != nil {
		return KeyPlace{}, err
	}
	if hasKeychain && keychainSet(name, key) == nil {
		if err := os.Remove(s.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return KeyPlace{}, fmt.Errorf("deleting the earlier key: %w", err)
		}
		return KeyPlace{}, nil
	}
	place := KeyPlace{File: s.file(name)}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return place, fmt.Errorf("making the folder of the keys: %w", err)
	}
	if err := Replace(place.File, []byte(key+"\n"), 0o600); err != nil {
		return place, fmt.Errorf("storing the key: %w", err)
	}
	return place, nil
}

// Load returns the key stored under name, or [ErrNoKey]. A file counts before the keychain.
func (s KeyStore) Load(name string) (key string, from KeyPlace, err error) {
	if err := CheckName(name); err != nil {
		return "", KeyPlace{}, err
	}
	path := s.file(name)
	key, err = keyfile.Read(path)
	switch {
	case err == nil:
		return key, KeyPlace{File: path}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", KeyPlace{}, fmt.Errorf("reading the stored key: %w", err)
	}
	if key, err = keychainGet(name); err != nil {
		return "", KeyPlace{}, fmt.Errorf("looking for the key %q: %w", name, err)
	}
	return key, KeyPlace{}, nil
}

// Delete forgets the key stored under name and reports whether there was one.
func (s KeyStore) Delete(name string) (bool, error) {
	if err := CheckName(name); err != nil {
		return false, err
	}
	err := os.Remove(s.file(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("deleting the stored key: %w", err)
	}
	had := err == nil
	err = keychainDelete(name)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return had, fmt.Errorf("deleting the key from the keychain: %w", err)
	}
	return had || err == nil, nil
}
