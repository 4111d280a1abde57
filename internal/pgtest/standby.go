package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Standby starts a copy of the server. From then on a commit on the server is confirmed when the copy has it, too.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	copied, err := s.standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(copied.Close)
	for _, statement := range []string{`ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`} {
		if err := execute(s.admin(), statement); err != nil {
			t.Fatal(err)
		}
	}
	// It is a division by zero until the copy is one that commits wait for.
	const follows = `SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')`
	for deadline := time.Now().Add(startTimeout); ; <-time.After(10 * time.Millisecond) {
		if err = execute(s.admin(), follows); err == nil {
			return copied
		}
		if time.Now().After(deadline) {
			t.Fatal("the copy does not follow: ", err)
		}
	}
}

func (s *Server) standby() (*Server, error) {
	dir, err := folder(s.fsync)
	if err != nil {
		return nil, err
	}
	copied := &Server{dir: dir, bin: s.bin, fsync: s.fsync, options: s.options}
	if err := errors.Join(own(dir), copied.keep()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	backup := copied.command("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres",
		"-D", copied.data(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	if out, err := backup.CombinedOutput(); err != nil {
		copied.Close()
		return nil, fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	if err := copied.launch(); err != nil {
		copied.Close()
		return nil, err
	}
	return copied, nil
}

// Promote makes a copy the server that takes writes.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	// What it has of the settings of the server before would let it wait for copies of its own.
	for _, statement := range []string{`SELECT pg_promote()`, `ALTER SYSTEM RESET synchronous_standby_names`, `SELECT pg_reload_conf()`} {
		if err := execute(s.admin(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// EitherURL returns the URL of an empty database that the server and its copy have, at whichever of them takes writes.
func (s *Server) EitherURL(t testing.TB, standby *Server) string {
	t.Helper()
	u, err := url.Parse(s.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", s.port, standby.port)
	return strings.Replace(u.String(), "%2C", ",", 1) + "&target_session_attrs=read-write"
}
