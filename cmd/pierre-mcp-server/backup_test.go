package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A site is where a server has its data.
type site struct {
	database, dir string
	more          map[string]string // variables
}

// command runs a command of the program there and returns its code and what it printed.
func (s site) command(ctx context.Context, args ...string) (int, string) {
	var out log
	w := cli.World{Getenv: s.getenv, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
	code := cli.Run(ctx, newRoot(w), append(args, "--data-dir", s.dir), w)
	return code, out.text.String()
}

func (s site) getenv(name string) string {
	switch {
	case name == "DATABASE_URL":
		return s.database
	case name == "JWT_SECRET_FILE" && s.database != "":
		return filepath.Join(s.dir, "jwt.secret")
	case name == "ENCRYPTION_KEY_FILE" && s.database != "":
		return filepath.Join(s.dir, "encryption.key")
	}
	return s.more[name]
}

// serve starts a server there; stop ends it.
func (s site) serve(t *testing.T) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l, ended := &log{}, make(chan int, 1)
	w := cli.World{Getenv: s.getenv, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: l}
	go func() { ended <- cli.Run(ctx, newRoot(w), []string{"--port", "0", "--data-dir", s.dir}, w) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d:\n%s", code, &l.text)
		}
	})
	t.Cleanup(stop)
	return l.find(t, `msg=listening url=(\S+)`), stop
}

// adminToken makes a token with all permissions there.
func (s site) adminToken(t *testing.T) string {
	t.Helper()
	st, err := store.Open(s.database, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Load(s.dir, keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	row := pierre.AdminToken{
		ID: pierre.NewAdminTokenID(), Service: "test", Permissions: pierre.Permissions(),
		Created: time.Now().UTC().Truncate(time.Second), Expires: time.Now().UTC().Truncate(time.Second).Add(time.Hour),
	}
	token, err := access.SignAdminToken(ring.JWTSecret(), row)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: time.Now()}, row); err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

func ask(ctx context.Context, method, url, token, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

// An asker asks one server.
type asker struct {
	url, admin, key string
}

func (a asker) call(ctx context.Context, tool string, arguments map[string]any) (int, string, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		return 0, "", err
	}
	return ask(ctx, http.MethodPost, a.url+"/", a.key, string(body))
}

// lastUsed is when the test's own token was last used, which questions renew.
var lastUsed = regexp.MustCompile(`,"last_used_at":"[^"]*"`)

// answers returns what the server says to everything that changes nothing: every tool, and every GET of the admin API. The
// audit log comes first: it has no entry of these.
func (a asker) answers(t *testing.T, keyID, userID string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, path := range []string{
		"audit", "api-keys", "api-keys/" + keyID, "api-keys/" + keyID + "/usage", "api-keys/" + keyID + "/grants", "usage", "tiers", "users", "users/" + userID, "tokens", "token-info",
	} {
		status, body, err := ask(t.Context(), http.MethodGet, a.url+"/admin/"+path, a.admin, "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("/admin/%s answered %d %s, %v", path, status, body, err)
		}
		got["/admin/"+path] = lastUsed.ReplaceAllString(body, "")
	}
	_, body, err := ask(t.Context(), http.MethodPost, a.url+"/", a.key, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Result struct {
			Tools []struct {
				Name        string `json:"name"`
				Annotations struct {
					ReadOnlyHint bool `json:"readOnlyHint"`
				} `json:"annotations"`
				InputSchema struct {
					Properties map[string]any `json:"properties"`
				} `json:"inputSchema"`
			} `json:"tools"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Result.Tools) < 11 {
		t.Fatalf("tools/list answered %s, %v", body, err)
	}
	id := regexp.MustCompile(`"id":"(act[^"]*)"`)
	_, activities, err := a.call(t.Context(), "get_activities", map[string]any{"limit": 1})
	if err != nil {
		t.Fatal(err)
	}
	m := id.FindStringSubmatch(activities)
	if m == nil {
		t.Fatalf("there is no activity: %s", activities)
	}
	for _, tool := range list.Result.Tools {
		arguments := map[string]any{}
		if _, ok := tool.InputSchema.Properties["activity_id"]; ok {
			arguments["activity_id"] = m[1]
		}
		if !tool.Annotations.ReadOnlyHint {
			continue
		}
		_, body, err := a.call(t.Context(), tool.Name, arguments)
		if err != nil {
			t.Fatal(err)
		}
		got[tool.Name] = body
	}
	return got
}

// recordings writes recordings of the sample athlete and returns the paths of some. Another program writes them: with the race
// detector a year takes half a minute.
func recordings(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	sample := exec.CommandContext(t.Context(), "go", "run", "../../demo/sample", "--out", dir, "--until", time.Now().UTC().Format(time.DateOnly))
	if out, err := sample.CombinedOutput(); err != nil {
		t.Fatalf("writing recordings: %v\n%s", err, out)
	}
	var found []string
	for _, kind := range []string{"*.fit", "*.gpx", "*.tcx"} {
		list, err := filepath.Glob(filepath.Join(dir, "*", kind))
		if err != nil {
			t.Fatal(err)
		}
		flat, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, flat...)
		found = append(found, list[max(0, len(list)-8):]...)
	}
	return found
}

// A server is backed up while it answers. What is restored, into an empty place of either kind of database, has every call
// that was answered before, and says the same to every question.
func TestBackupUnderLoad(t *testing.T) {
	files := recordings(t)
	for _, kind := range []string{"sqlite", "postgresql"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			from := site{dir: t.TempDir()}
			if kind == "postgresql" {
				from.database = pgtest.URL(t)
			}
			a := asker{admin: from.adminToken(t)}
			var stop func()
			a.url, stop = from.serve(t)
			status, body, err := ask(t.Context(), http.MethodPost, a.url+"/admin/provision-api-key", a.admin, `{"user_email":"ana@example.com","tier":"enterprise"}`)
			var key struct {
				Key    string `json:"api_key"`
				ID     string `json:"api_key_id"`
				UserID string `json:"user_id"`
			}
			if err != nil || status != http.StatusCreated || json.Unmarshal([]byte(body), &key) != nil {
				t.Fatalf("provisioning answered %d %s, %v", status, body, err)
			}
			a.key = key.Key
			if code, out := from.command(t.Context(), append([]string{"import", "--user", "ana@example.com"}, files...)...); code != 0 {
				t.Fatalf("import ended with %d: %s", code, out)
			}
			folder, still := t.TempDir(), withIdentity(t)
			busy := still
			if kind == "sqlite" { // one is enough: each try of a passphrase takes long on purpose
				busy = withPassphrase(t)
			}
			answered := underLoad(t, a, func() {
				if code, out := from.command(t.Context(), append([]string{"backup", filepath.Join(folder, "busy.zip")}, busy.seal...)...); code != 0 {
					t.Errorf("backup ended with %d: %s", code, out)
				}
			})
			var used struct {
				Totals struct {
					Requests int64 `json:"requests"`
				} `json:"totals"`
			}
			to := restored(t, filepath.Join(folder, "busy.zip"), busy, kind == "sqlite")
			b := asker{admin: a.admin, key: a.key}
			b.url, _ = to.serve(t)
			if _, body, err := ask(t.Context(), http.MethodGet, b.url+"/admin/api-keys/"+key.ID+"/usage", b.admin, ""); err != nil || json.Unmarshal([]byte(body), &used) != nil || used.Totals.Requests < answered {
				t.Errorf("of %d calls that were answered before the backup, %d were restored, %v", answered, used.Totals.Requests, err)
			}
			a.answers(t, key.ID, key.UserID) // what is computed once is there for both
			stop()
			if code, out := from.command(t.Context(), append([]string{"backup", filepath.Join(folder, "still.zip")}, still.seal...)...); code != 0 {
				t.Fatalf("backup ended with %d: %s", code, out)
			}
			a.url, _ = from.serve(t)
			want := a.answers(t, key.ID, key.UserID)
			for _, postgres := range []bool{false, true} {
				to := restored(t, filepath.Join(folder, "still.zip"), still, postgres)
				b.url, _ = to.serve(t)
				got := b.answers(t, key.ID, key.UserID)
				for question, answer := range want {
					if got[question] != answer {
						t.Errorf("%s (PostgreSQL: %t) answers\n%.600s\nwant\n%.600s", question, postgres, got[question], answer)
					}
				}
			}
		})
	}
}

// underLoad does do while clients call, and returns how many calls were answered before.
func underLoad(t *testing.T, a asker, do func()) (answered int64) {
	t.Helper()
	var count atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	warm := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				status, body, err := a.call(ctx, "get_stats", map[string]any{})
				if ctx.Err() != nil {
					return
				}
				if err != nil || status != http.StatusOK {
					t.Errorf("a call answered %d %.200s, %v", status, body, err)
					return
				}
				if count.Add(1) == 40 {
					close(warm)
				}
			}
		})
	}
	select {
	case <-warm:
	case <-time.After(time.Minute):
		t.Error("the server answers no calls")
	}
	answered = count.Load()
	do()
	cancel()
	wg.Wait()
	return answered
}

// A backupLock is the flags that the secrets of a backup are sealed and opened with.
type backupLock struct{ seal, open []string }

func withPassphrase(t *testing.T) backupLock {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte("correct horse battery staple"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--passphrase-file", path}
	return backupLock{flags, flags}
}

func withIdentity(t *testing.T) backupLock {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return backupLock{[]string{"--recipient", id.Recipient().String()}, []string{"--identity", path}}
}

// restored proves a backup and restores it into an empty place.
func restored(t *testing.T, file string, lock backupLock, postgres bool) site {
	t.Helper()
	to := site{dir: filepath.Join(t.TempDir(), "new")}
	if code, out := to.command(t.Context(), append([]string{"verify", file}, lock.open...)...); code != 0 || !strings.Contains(out, "is whole") {
		t.Fatalf("verify ended with %d: %s", code, out)
	}
	args := append([]string{"restore", file}, lock.open...)
	if postgres {
		url := pgtest.URL(t)
		if code, out := to.command(t.Context(), append(args, "--database-url", url)...); code != 0 || !strings.Contains(out, "agrees with the backup") {
			t.Fatalf("restore ended with %d: %s", code, out)
		}
		to.database = url
		return to
	}
	if code, out := to.command(t.Context(), args...); code != 0 || !strings.Contains(out, "agrees with the backup") {
		t.Fatalf("restore ended with %d: %s", code, out)
	}
	if code, out := to.command(t.Context(), args...); code != 1 || !strings.Contains(out, "empty place only") {
		t.Errorf("a second restore ended with %d: %s", code, out)
	}
	return to
}

// What becomes of the secrets must be said, and a folder is needed where there are several backups.
func TestBackupRefusesWhatIsNotSaid(t *testing.T) {
	here := site{dir: t.TempDir()}
	here.adminToken(t)
	for want, args := range map[string][]string{
		"say once what becomes of the secrets": {"x.zip"},
		"say once what becomes":                {"x.zip", "--without-secrets", "--plain-secrets"},
		"are for a folder":                     {filepath.Join(here.dir, "x.zip"), "--without-secrets", "--keep", "3"},
		"needs a FILE or a FOLDER":             {"--without-secrets"},
		"must be age recipients":               {"x.zip", "--recipient", "age1nobody"},
		"must be a time such as 24h":           {here.dir, "--without-secrets", "--every", "1s"},
	} {
		if code, out := here.command(t.Context(), append([]string{"backup"}, args...)...); code != 2 || !strings.Contains(out, want) {
			t.Errorf("backup %v ended with %d: %s; want 2 and %q", args, code, out, want)
		}
	}
	empty := site{dir: filepath.Join(t.TempDir(), "none")}
	if code, out := empty.command(t.Context(), "backup", filepath.Join(here.dir, "y.zip"), "--without-secrets"); code != 1 || !strings.Contains(out, "no database to back up") {
		t.Errorf("backup of nothing ended with %d: %s", code, out)
	}
	other := site{dir: filepath.Join(t.TempDir(), "other")}
	file := filepath.Join(here.dir, "z.zip")
	if code, out := here.command(t.Context(), "backup", file, "--plain-secrets"); code != 0 || !strings.Contains(out, "READABLE") {
		t.Fatalf("backup ended with %d: %s", code, out)
	}
	if _, err := keyring.Load(other.dir, keyring.Source{}, keyring.Source{}); err != nil {
		t.Fatal(err)
	}
	if code, out := other.command(t.Context(), "restore", file); code != 1 || !strings.Contains(out, "another secret than that of the backup") {
		t.Errorf("restore beside other secrets ended with %d: %s", code, out)
	}
}

// With --every the command goes on until it is told to end; --json says what was made and removed.
func TestBackupsFollowEachOther(t *testing.T) {
	here, folder := site{dir: t.TempDir()}, filepath.Join(t.TempDir(), "backups")
	here.adminToken(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out log
	ended := make(chan int, 1)
	w := cli.World{Getenv: here.getenv, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
	go func() {
		ended <- cli.Run(ctx, newRoot(w), []string{"backup", folder + "/", "--every", "24h", "--keep", "1", "--without-secrets", "--data-dir", here.dir}, w)
	}()
	first := out.find(t, `(\S+\.zip): `)
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d: %s", code, &out.text)
	}
	code, text := here.command(t.Context(), "backup", folder, "--keep", "1", "--without-secrets", "--json")
	var made struct {
		Removed []string `json:"removed"`
		Secrets string   `json:"secrets"`
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&made); code != 0 || err != nil || made.Secrets != "absent" || fmt.Sprint(made.Removed) != "["+first+"]" {
		t.Errorf("the next backup ended with %d: %s, %v", code, text, err)
	}
}
