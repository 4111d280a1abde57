package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/filelock"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// BeginServing makes this process the only one that serves the database, until [Store.Close]: a server counts calls
// and remembers keys in memory. Another server is [pierre.KindConflict]; programs that only open the database
// are not affected. The lock ends with the process, however it ends.
func (s *Store) BeginServing() error {
	if s.d.serveAlone == nil {
		return nil
	}
	lock, err := s.d.serveAlone()
	if err != nil {
		return err
	}
	s.serving = lock
	return nil
}

// Shared reports whether several servers may serve the database at the same time.
func (s *Store) Shared() bool { return s.d.serveAlone == nil }

// serveFile locks a file beside the database. The database file itself is not locked: SQLite has locks of its own on it.
func serveFile(path string) (io.Closer, error) {
	path, err := filepath.EvalSymlinks(path) // other names of the file share its lock
	if err != nil {
		return nil, fmt.Errorf("finding the database file: %w", err)
	}
	// Hard links cannot share it, and SQLite must not be used through them: the file's journal lies beside one name only.
	if n, err := linksOf(path); err != nil {
		return nil, fmt.Errorf("looking at the database file: %w", err)
	} else if n > 1 {
		return nil, &pierre.Error{Kind: pierre.KindConflict, Msg: "The database " + path +
			" has another name, a hard link; used by both, it would be damaged, and served twice. Remove the other name; to keep a copy, copy the file."}
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database's lock: %w", err)
	}
	err = filelock.Lock(f)
	if err == nil {
		return f, nil // closing it ends the lock
	}
	err = errors.Join(err, f.Close())
	if errors.Is(err, filelock.ErrLocked) {
		return nil, &pierre.Error{Kind: pierre.KindConflict, Err: err, Msg: "Another pierre-mcp-server serves the database " + path +
			" already, and two would count calls and revoke keys each for itself. Stop it first, or give this one a database of its own with --data-dir or --database-url."}
	}
	return nil, fmt.Errorf("locking %s.lock: %w", path, err)
}
