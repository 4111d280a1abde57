package redistest

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// Sentinels are three that watch a master and its copy, and put the copy in its place if it is away.
type Sentinels struct {
	Master, Copy *Server

	all []*Server
}

const sentinelName = "pierre"

// StartSentinels starts a master, its copy and three sentinels that know each other.
func StartSentinels(t testing.TB) *Sentinels {
	t.Helper()
	s := &Sentinels{Master: Start(t), Copy: Start(t)}
	s.Copy.Follow(t, s.Master)
	host, port, err := net.SplitHostPort(s.Master.address)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s 500\nsentinel failover-timeout %[1]s 4000\n", sentinelName, host, port)
	for range 3 {
		s.all = append(s.all, opened(t, &Server{watches: config}))
	}
	await(t, "the sentinels know each other and the copy", func() bool {
		for _, one := range s.all {
			out, err := one.cli("INFO", "sentinel").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "slaves=1,sentinels=3") {
				return false
			}
		}
		return true
	})
	return s
}

// URL is redis://SENTINEL?master_name=…&addr=SENTINEL&addr=SENTINEL.
func (s *Sentinels) URL() string {
	return fmt.Sprintf("redis://%s/0?master_name=%s&addr=%s&addr=%s", s.all[0].address, sentinelName, s.all[1].address, s.all[2].address)
}

// Await waits until all sentinels name the server as the master.
func (s *Sentinels) Await(t testing.TB, master *Server) {
	t.Helper()
	_, port, err := net.SplitHostPort(master.address)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the sentinels agree on the master", func() bool {
		for _, one := range s.all {
			out, err := one.cli("SENTINEL", "get-master-addr-by-name", sentinelName).CombinedOutput()
			if err != nil || !strings.Contains(string(out), port) {
				return false
			}
		}
		return true
	})
}
