package redistest

import (
	"strings"
	"testing"
)

func TestServer(t *testing.T) {
	s := Start(t)
	ask := func(command, want string) {
		t.Helper()
		if got, err := s.command(command); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", command, got, err, want)
		}
	}
	ask("INCR n", ":1")
	ask("INCR n", ":2")
	s.FlushAll(t)
	ask("INCR n", ":1")
	for _, end := range []func(testing.TB){s.Kill, s.Stop} {
		end(t)
		if _, err := s.command("PING"); err == nil {
			t.Error("the server answers after its end")
		}
		s.Restart(t)
		ask("INCR n", ":1")
	}
	s.Pause(t)
	s.Resume(t)
	ask("INCR n", ":2")
	if other := Start(t); other.URL() == s.URL() {
		t.Error("two servers have one address")
	}
}

func TestCopies(t *testing.T) {
	one, two := Start(t), Start(t)
	a := NewAddress(t, one)
	ask := func(command, want string) {
		t.Helper()
		through := &Server{address: a.listener.Addr().String()}
		if got, err := through.command(command); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", command, got, err, want)
		}
	}
	ask("INCR n", ":1")
	two.Follow(t, one)
	two.Detach(t, one)
	ask("INCR n", ":2")
	a.Lead(two)
	if got, err := two.command("INCR n"); err != nil || !strings.HasPrefix(got, "-READONLY") {
		t.Errorf("a copy takes writes: %q, %v", got, err)
	}
	two.Promote(t)
	ask("INCR n", ":2")
	two.Kill(t)
	two.Restart(t)
	ask("INCR n", ":1")
}

// The first master of a cluster is taken over by its copy; sentinels do the same when theirs is killed.
func TestTopologies(t *testing.T) {
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := StartCluster(t)
		c.Copy.Detach(t, c.Masters[0])
		c.TakeOver(t)
		await(t, "the master is a copy", func() bool { return strings.Contains(c.Masters[0].info(t), "role:slave") })
	})
	t.Run("sentinels", func(t *testing.T) {
		t.Parallel()
		s := StartSentinels(t)
		s.Master.Kill(t)
		s.Await(t, s.Copy)
		if info := s.Copy.info(t); !strings.Contains(info, "role:master") {
			t.Error(info)
		}
	})
}
