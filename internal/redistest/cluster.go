package redistest

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// A Cluster is three masters that share the keys, and a copy of the first.
type Cluster struct {
	Masters []*Server
	Copy    *Server
}

// StartCluster starts one; redis-cli gives its masters their parts.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{Masters: []*Server{startNode(t), startNode(t), startNode(t)}, Copy: startNode(t)}
	create := []string{"--cluster", "create", "--cluster-yes"}
	for _, m := range c.Masters {
		create = append(create, m.address)
	}
	if out, err := exec.Command("redis-cli", create...).CombinedOutput(); err != nil {
		t.Fatalf("redis-cli: %v: %s", err, out)
	}
	first := c.Masters[0]
	host, port, err := net.SplitHostPort(first.address)
	if err != nil {
		t.Fatal(err)
	}
	c.Copy.must(t, "CLUSTER MEET "+host+" "+port+" "+first.options[len(first.options)-1])
	id, err := first.cli("CLUSTER", "MYID").Output()
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the copy knows its master", func() bool {
		answer, err := c.Copy.command("CLUSTER REPLICATE " + strings.TrimSpace(string(id)))
		return err == nil && answer == "+OK"
	})
	await(t, "the copy is one", func() bool { return strings.Contains(c.Copy.info(t), "master_link_status:up") })
	for _, m := range append(c.Masters, c.Copy) {
		await(t, "all know the cluster", func() bool {
			out, err := m.cli("CLUSTER", "INFO").Output()
			return err == nil && strings.Contains(string(out), "cluster_state:ok") && strings.Contains(string(out), "cluster_known_nodes:4")
		})
	}
	return c
}

func startNode(t testing.TB) *Server {
	t.Helper()
	busAddress, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(busAddress)
	if err != nil {
		t.Fatal(err)
	}
	return Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", port)
}

// URL is redis://MASTER?addr=MASTER&addr=MASTER.
func (c *Cluster) URL() string {
	return "redis://" + c.Masters[0].address + "?addr=" + c.Masters[1].address + "&addr=" + c.Masters[2].address
}

// TakeOver puts the copy in the place of the first master, whatever it has of its keys.
func (c *Cluster) TakeOver(t testing.TB) {
	t.Helper()
	c.Copy.must(t, "CLUSTER FAILOVER TAKEOVER")
	await(t, "the copy is a master", func() bool { return strings.Contains(c.Copy.info(t), "role:master") })
}
