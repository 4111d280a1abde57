package redistest

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Follow makes the server a copy of the other, and returns when it has what the other had.
func (s *Server) Follow(t testing.TB, other *Server) {
	t.Helper()
	host, port, err := net.SplitHostPort(other.address)
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, "REPLICAOF "+host+" "+port)
	await(t, "the copy is one", func() bool { return strings.Contains(s.info(t), "master_link_status:up") })
}

// Detach lets the server have nothing more from the one that it follows, though it goes on as its copy.
func (s *Server) Detach(t testing.TB, other *Server) {
	t.Helper()
	s.must(t, "CONFIG SET masterauth nonsense masteruser nobody") // which the other does not know
	if _, err := other.command("CLIENT KILL TYPE replica"); err != nil {
		t.Fatal(err)
	}
	await(t, "the copy is cut off", func() bool { return strings.Contains(s.info(t), "master_link_status:down") })
}

// Promote makes a server that followed another one that takes writes.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.must(t, "REPLICAOF NO ONE")
}

func (s *Server) must(t testing.TB, command string) {
	t.Helper()
	if answer, err := s.command(command); err != nil || answer != "+OK" {
		t.Fatalf("%s: %q, %v", command, answer, err)
	}
}

// info returns what the server says of its replication.
func (s *Server) info(t testing.TB) string {
	t.Helper()
	out, err := s.cli("INFO", "replication").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// cli is redis-cli with these arguments.
func (s *Server) cli(args ...string) *exec.Cmd {
	host, port, _ := net.SplitHostPort(s.address) // it is one of ours
	return exec.Command("redis-cli", append([]string{"-h", host, "-p", port}, args...)...)
}

// await waits until what is said holds.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * startTimeout); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: ", what)
		}
	}
}
