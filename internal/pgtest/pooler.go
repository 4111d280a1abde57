package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Pooled returns the URL of the database behind a PgBouncer, which gives every transaction one of two connections to the
// server. It ends with the test, and with the process.
func Pooled(t testing.TB, databaseURL string) string {
	t.Helper()
	bouncer, err := exec.LookPath("pgbouncer")
	if err != nil {
		missing(t, err)
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pierre-bouncer-") //nolint:usetesting // another user must be able to read it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
`, u.Hostname(), u.Port(), u.User.Username(), port)
	path := filepath.Join(dir, "pgbouncer.ini")
	if err := errors.Join(own(dir), os.WriteFile(path, []byte(config), 0o644)); err != nil { // another user reads it, and it holds no secret
		t.Fatal(err)
	}
	const script = `"$@" & pid=$!; cat >/dev/null; kill -KILL $pid`
	cmd := exec.Command("/bin/sh", "-c", script, "sh", bouncer, "-q", path)
	cmd.Dir, cmd.SysProcAttr = "/", apart(credentials())
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hold.Close()
		cmd.Wait()
	})
	u.Host = fmt.Sprint("127.0.0.1:", port)
	for deadline := time.Now().Add(startTimeout); ; {
		err := execute(u.String()+"&default_query_exec_mode=exec", `SELECT 1`)
		if err == nil {
			return u.String()
		}
		if time.Now().After(deadline) || strings.Contains(err.Error(), "unsupported") {
			t.Fatal("pgbouncer does not answer:", err)
		}
		<-time.After(10 * time.Millisecond)
	}
}
