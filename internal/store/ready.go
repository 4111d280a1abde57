package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	readyFor   = time.Second     // how long a good answer of Ready is given again
	readyWait  = 2 * time.Second // how long a check may take
	spaceFor   = 2 * time.Second // how long what is known of the disk is believed
	probeBytes = 256 << 10       // what must fit on the disk
)

// A readiness keeps the last good answer of Ready, so that frequent checks cost nothing.
type readiness struct {
	mu sync.Mutex
	at time.Time
}

// Ready reports whether the database answers, has every migration and has space on its disk. It asks on a reading
// connection and does not wait for writers; however often it is called, the database is asked about once a second.
func (s *Store) Ready(ctx context.Context) error {
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	if time.Since(s.ready.at) < readyFor {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait) // others wait for the answer, too
	defer cancel()
	newest := s.schema.Newest()
	version, err := s.schema.Version(ctx)
	if err == nil && version > newest {
		if err := s.compatible(ctx, version, newest); err != nil {
			return s.classify(err, "reading which programs can work with the database")
		}
	}
	switch {
	case err != nil && ctx.Err() != nil || s.db.Busy(err):
		return s.classify(err, "reading the schema's version")
	case err != nil || version < newest:
		return &pierre.Error{Kind: pierre.KindUnavailable, Err: err, Msg: "The database needs migrations: run pierre-mcp-server migrate."}
	}
	if err := s.space.check(s.d.probe); err != nil {
		return s.classify(err, "looking for space on the disk")
	}
	s.ready.at = time.Now()
	return nil
}

// SchemaVersion returns which version the tables have, and the newest that this program knows.
func (s *Store) SchemaVersion(ctx context.Context) (version, newest int64, err error) {
	version, err = s.schema.Version(ctx)
	return version, s.NewestSchema(), s.classify(err, "reading the schema's version")
}

// NewestSchema returns the newest version of the tables that this program knows.
func (s *Store) NewestSchema() int64 { return s.schema.Newest() }

// A space knows whether the disk was full a moment ago.
type space struct {
	mu   sync.Mutex
	at   time.Time
	full error // nil: there was space at that time
}

// note learns from what became of a change.
func (s *space) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case pierre.KindOf(err) == pierre.KindStorageFull:
		s.at, s.full = time.Now(), err
	case err == nil && s.full != nil:
		s.at, s.full = time.Time{}, nil // look for yourself
	}
}

// check probes the disk unless what is known is fresh.
func (s *space) check(probe func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.at) < spaceFor {
		return s.full
	}
	if s.full, s.at = nil, time.Now(); probe != nil {
		s.full = probe()
	}
	return s.full
}

// probeFile writes a file of probeBytes beside the database and removes it. A transaction that changes nothing writes
// nothing, and one that does would wait for the writers. A killed process may leave the file; the next probe takes it.
func probeFile(path string) error {
	err := os.WriteFile(path, make([]byte, probeBytes), 0o600)
	if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) { // another program may have removed it
		err = errors.Join(err, gone)
	}
	return err
}
