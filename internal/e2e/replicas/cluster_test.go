//go:build e2e

package replicas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// bin is the folder of the built programs, for all tests.
var bin string

func TestMain(m *testing.M) { os.Exit(withPrograms(m)) }

func withPrograms(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pierre-replicas-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	build := exec.Command("go", "build", "-o", dir, "../../../cmd/mcp-client", "../../../cmd/pierre-mcp-server", "../../../cmd/admin-setup")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// A cluster is three servers on one database and one Redis, behind a load balancer.
type cluster struct {
	t        *testing.T
	postgres *pgtest.Server
	redis    *redistest.Server
	env      []string
	replicas []*replica
	balancer *balancer
	token    string
}

// A replica is one server of the cluster.
type replica struct {
	t      *testing.T
	url    string
	port   string
	env    []string
	cmd    *exec.Cmd
	ended  chan error
	stderr *buffer
}

// A buffer is written by a process while the test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// tail returns the last lines.
func (b *buffer) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.b.String()
	return text[max(0, len(text)-3000):]
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	postgres := pgtest.Start(t, false)
	c := startClusterOn(t, postgres.URL(t))
	c.postgres = postgres
	return c
}

// startClusterOn starts three servers on a database that is there, with more environment variables.
func startClusterOn(t *testing.T, databaseURL string, env ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, redis: redistest.Start(t), balancer: newBalancer(t)}
	c.env = append(append(os.Environ(), env...), "PUBLIC_URL="+c.balancer.url,
		"DATABASE_URL="+databaseURL, "REDIS_URL="+c.redis.URL(),
		"JWT_SECRET=qL0zvWmT9hXe4KcJ2rUyB7nGd5sPaF1i", "ENCRYPTION_KEY=Zt8oNvR3wQxE6yHjM0uKbC4gLf9kDs2p")
	c.run("pierre-mcp-server", "migrate", "--data-dir", t.TempDir())
	for range 3 {
		r := &replica{t: t, port: freePort(t), env: append(c.env, "PIERRE_DATA_DIR="+t.TempDir())}
		r.url = "http://127.0.0.1:" + r.port
		r.start()
		t.Cleanup(func() {
			if r.cmd != nil {
				r.stop(syscall.SIGTERM)
			}
			if t.Failed() {
				t.Logf("%s:\n%s", r.url, r.stderr.tail())
			}
		})
		c.replicas = append(c.replicas, r)
	}
	c.balancer.serve(c.replicas)
	c.token = strings.TrimSpace(c.run("admin-setup", "generate-token", "--service", "e2e", "--super-admin", "--data-dir", t.TempDir()))
	return c
}

// run runs a program to its end and returns its stdout.
func (c *cluster) run(program string, args ...string) string {
	c.t.Helper()
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Env = c.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s %v: %v\n%s", program, args, err, &stderr)
	}
	return string(out)
}

func (r *replica) start() {
	r.t.Helper()
	r.stderr = &buffer{}
	r.cmd = exec.Command(filepath.Join(bin, "pierre-mcp-server"), "--port", r.port)
	r.cmd.Env, r.cmd.Stderr = r.env, r.stderr
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	cmd, ended := r.cmd, make(chan error, 1)
	r.ended = ended
	go func() { ended <- cmd.Wait() }()
	r.awaitReady()
}

func (r *replica) awaitReady() { r.awaitReadiness(`"status":"ready"`) }

// awaitReadiness waits until /ready answers 200 and this.
func (r *replica) awaitReadiness(want string) {
	r.t.Helper()
	eventually(r.t, 30*time.Second, func() error {
		resp, err := http.Get(r.url + "/ready")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, r.stderr.tail())
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(raw), want) {
			return fmt.Errorf("%s %s, %w", resp.Status, raw, err)
		}
		return nil
	})
}

// stop sends a signal and waits for the end.
func (r *replica) stop(sig syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.t.Fatal(err)
	}
	r.cmd = nil
	select {
	case err := <-r.ended:
		if sig == syscall.SIGTERM && err != nil {
			r.t.Errorf("the server ended with %v\n%s", err, r.stderr.tail())
		}
	case <-time.After(20 * time.Second):
		r.t.Fatalf("the server did not end\n%s", r.stderr.tail())
	}
}

// A key is one that the cluster accepts.
type key struct {
	Text string `json:"api_key"`
	ID   string `json:"api_key_id"`
}

// provision makes a key by one of the servers; settings are members of the request.
func (c *cluster) provision(settings string) key {
	c.t.Helper()
	status, raw := c.admin(0, "POST", "/admin/provision-api-key", `{"user_email":"ana@example.com",`+settings+`}`)
	var k key
	if err := json.Unmarshal(raw, &k); err != nil || status != http.StatusCreated {
		c.t.Fatalf("provisioning: %d %s", status, raw)
	}
	return k
}

// admin sends a request to the admin API of a replica.
func (c *cluster) admin(replica int, method, path, body string) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.replicas[replica].url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", method, path, err, c.replicas[replica].stderr.tail())
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, raw
}

// recorded returns how many calls of the key the books have, and how many of its limit are used; those over the limit are
// neither.
func (c *cluster) recorded(k key) (calls, used int64) {
	c.t.Helper()
	today := time.Now().UTC()
	from, to := today.AddDate(0, 0, -1).Format(time.DateOnly), today.AddDate(0, 0, 1).Format(time.DateOnly)
	status, raw := c.admin(0, "GET", "/admin/api-keys/"+k.ID+"/usage?start_date="+from+"&end_date="+to, "")
	var report struct {
		Totals struct {
			Succeeded int64 `json:"succeeded"`
			Failed    int64 `json:"failed"`
		} `json:"totals"`
		Limit struct {
			Used int64 `json:"used"`
		} `json:"limit"`
	}
	if err := json.Unmarshal(raw, &report); err != nil || status != http.StatusOK {
		c.t.Fatalf("usage: %d %s", status, raw)
	}
	return report.Totals.Succeeded + report.Totals.Failed, report.Limit.Used
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within %v: %v", within, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
