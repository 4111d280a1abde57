package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// Servers that start together on an empty database bring it up to date once, and all serve it.
func TestServersShareAPostgres(t *testing.T) {
	database, dir := pgtest.URL(t), filepath.Join(t.TempDir(), "new")
	env := map[string]string{
		"DATABASE_URL":   database,
		"REDIS_URL":      redistest.Start(t).URL(),
		"JWT_SECRET":     "Jq2pXw9vT4nC7rZk1sLf8gYb5hDm3aEu",
		"ENCRYPTION_KEY": "Vd6tQe1yU8iO3pA5sKj7gHl2zXc9vBn4",
	}
	start := func(ctx context.Context, out io.Writer, args ...string) int {
		w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: out, Stderr: out}
		return cli.Run(ctx, newRoot(w), append(args, "--data-dir", dir), w)
	}
	ctx, cancel := context.WithCancel(t.Context())
	logs, ended := []*log{{}, {}, {}}, make(chan int, 3)
	for _, l := range logs {
		go func() { ended <- start(ctx, l, "--port", "0") }()
	}
	for _, l := range logs {
		if status, body := get(t, &http.Client{Timeout: time.Minute}, l.find(t, `msg=listening url=(\S+)`)+"/ready", ""); status != http.StatusOK {
			t.Errorf("/ready = %d %s", status, body)
		}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() { // uploads lie there while they are read
		t.Errorf("the data folder: %v", err)
	}
	recording := filepath.Join(t.TempDir(), "route.gpx")
	if err := os.WriteFile(recording, []byte(`<gpx version="1.1"><rte/></gpx>`), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{"up to date": {"migrate"}, "1 ": {"import", "--user", "ana@example.com", recording}} {
		var out bytes.Buffer
		if code := start(ctx, &out, args...); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%v beside running servers: exit %d, %s", args, code, &out)
		}
	}
	var out bytes.Buffer
	delete(env, "REDIS_URL") // it would count for itself
	if code := start(ctx, &out, "--port", "0"); code != 1 || !strings.Contains(out.String(), "--redis-url") {
		t.Errorf("a server without Redis beside others: exit %d, %s", code, &out)
	}
	cancel()
	for range logs {
		if code := <-ended; code != 0 {
			t.Errorf("a server ended with %d", code)
		}
	}
}

// What PostgreSQL says against a connection is said, without the password.
func TestADatabaseThatDoesNotExist(t *testing.T) {
	u, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path, u.User = "/nowhere", url.UserPassword("postgres", "hunter2")
	for _, args := range [][]string{
		{"migrate", "--database-url", u.String()},
		{"import", "--user", "ana@example.com", "--database-url", u.String(), os.Args[0]},
		{"copy-database", "--from", u.String(), "--to", u.String()},
	} {
		code, _, stderr := runCommand(t, append(args, "--data-dir", t.TempDir())...)
		if code != 1 || !strings.Contains(stderr, `database "nowhere" does not exist`) || strings.Contains(stderr, "hunter2") {
			t.Errorf("%v: exit %d, %s", args[0], code, stderr)
		}
	}
}
