package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/remote/importapi"
)

// oneKey accepts one key.
type oneKey struct{ user pierre.UserID }

func (k oneKey) Verify(_ context.Context, key string) (access.Principal, error) {
	if key != "pk_live_right" {
		return access.Principal{}, &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "This API key is not known; check it for typos."}
	}
	return access.Principal{UserID: k.user, Customer: k.user}, nil
}

// importServer is the real import API over a real database.
func importServer(t *testing.T) string {
	t.Helper()
	s := storetest.New(t)
	u, err := s.EnsureUser(t.Context(), "ana@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(importapi.New(importer.New(s, time.Now, importer.Options{TempDir: t.TempDir()}), importapi.Keys(oneKey{u.ID}, access.NewAthletes(s, 10, time.Now)), importapi.Options{MaxBytes: 1 << 20}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// track is a GPX file of a minute that starts so many minutes after midnight.
func track(minutes int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1"><trk><name>Lake</name><trkseg>`)
	start := time.Date(2026, 3, 1, 0, minutes, 0, 0, time.UTC)
	for i := range 61 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><time>%s</time></trkpt>`,
			48.2+float64(i)*3e-5, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

// recordings writes a folder of two runs, one of them twice, a route without times and a photo.
func recordings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.gpx": track(0), "b.gpx": track(30), "b copy.gpx": track(30), "photo.jpg": "x",
		"route.gpx": `<gpx version="1.1"><rte><rtept lat="1" lon="1"/><rtept lat="1" lon="2"/></rte></gpx>`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// client runs the program with the right key in the environment.
func client(t *testing.T, stderr io.Writer, args ...string) (code int, stdout string) {
	t.Helper()
	var out bytes.Buffer
	env := map[string]string{"PIERRE_AUTH_KEY": "pk_live_right"}
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: stderr}
	return cli.Run(t.Context(), newRootCmd(w), args, w), out.String()
}

func TestImport(t *testing.T) {
	url, dir := importServer(t), recordings(t)
	var stderr bytes.Buffer
	code, stdout := client(t, &stderr, "import", "--url", url, dir)
	if code != 0 {
		t.Errorf("exit %d, stderr %s", code, &stderr)
	}
	for _, want := range []string{
		"2 new activities in 2026: 2 other activities.\n",
		"4 files: 2 imported, 1 duplicate, 1 skipped, 0 failed; 1 file of other kinds left out.\n",
		"Ask now: “",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "route.gpx") {
		t.Errorf("a file that needs no attention is printed:\n%s", stdout)
	}
	_, stdout = client(t, &stderr, "import", "--verbose", "--url", url+"/mcp/", dir)
	for _, want := range []string{
		"duplicate  " + filepath.Join(dir, "a.gpx") + "\n",
		"skipped    " + filepath.Join(dir, "route.gpx") + "\n             it holds a planned route",
		"No new activity: what these files hold was there already.\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("every file: stdout lacks %q:\n%s", want, stdout)
		}
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr %s", &stderr)
	}
}

// A server that wants a key tells programs how to send it; a person at a terminal is told where to put it.
func TestCommandsSayWhereToPutAKey(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"jsonrpc":"2.0","id":null,"detail":"no key","error":{"code":401,"message":"no key"}}`)
	}))
	t.Cleanup(srv.Close)
	for _, args := range [][]string{{"import", recordings(t)}, {"tools"}, {"call", "get_stats"}} {
		var stderr, stdout bytes.Buffer
		w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}
		args = append(args, "--url", srv.URL)
		if code := cli.Run(t.Context(), newRootCmd(w), args, w); code != 2 || !strings.Contains(stderr.String(), "wants an access key: set PIERRE_AUTH_KEY") {
			t.Errorf("%s: exit %d, stderr %s", args[0], code, &stderr)
		}
	}
}

func TestImportAsJSON(t *testing.T) {
	url, dir := importServer(t), recordings(t)
	if err := os.WriteFile(filepath.Join(dir, "broken.gpx"), []byte("<gpx><trk>"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	code, stdout := client(t, &stderr, "import", "--json", "--url", url, dir)
	var report pierre.ImportReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if want := (pierre.ImportSummary{Files: 5, Imported: 2, Duplicate: 1, Skipped: 1, Failed: 1, Activities: 2}); report.Summary != want {
		t.Errorf("summary = %+v, want %+v", report.Summary, want)
	}
	if code != 1 || !strings.HasSuffix(stderr.String(), "mcp-client: 1 of 5 files failed\n") {
		t.Errorf("exit %d, stderr %q; want 1 because a file failed", code, &stderr)
	}
}

func TestImportDryRun(t *testing.T) {
	dir := recordings(t)
	export := filepath.Join(dir, "export")
	if err := os.MkdirAll(filepath.Join(export, "activities"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(export, "activities.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	code, stdout := client(t, &stderr, "import", "--dry-run", dir) // needs no server
	if code != 0 || stderr.Len() > 0 {
		t.Errorf("exit %d, stderr %s", code, &stderr)
	}
	for _, want := range []string{
		"  " + export + " (an account export: 1 file as one archive)\n",
		"5 uploads, 14.0 kB, would be sent; 1 file of other kinds left out.\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
}

// Every mistake is one clear line on stderr.
func TestImportMistakes(t *testing.T) {
	url, dir := importServer(t), recordings(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	empty := t.TempDir()
	big := filepath.Join(t.TempDir(), "big.zip")
	if err := os.WriteFile(big, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no path":            {[]string{"--url", url}, 2, "at least one file, folder or archive"},
		"missing path":       {[]string{"--url", url, filepath.Join(dir, "nowhere")}, 2, "there is no file or folder " + filepath.Join(dir, "nowhere")},
		"no server":          {[]string{dir}, 2, "--url"},
		"unknown flag":       {[]string{"--nope", dir}, 2, "unknown flag: --nope"},
		"nothing there":      {[]string{"--url", url, empty}, 1, "nothing to import"},
		"nothing there, dry": {[]string{"--dry-run", empty}, 1, "nothing to import"},
		"wrong key":          {[]string{"--url", url, "--auth-key", "pk_live_wrong", dir}, 1, "This API key is not known; check it for typos."},
		"no such API":        {[]string{"--url", url + "/elsewhere", dir}, 1, "is this a Pierre server?"},
		"too large":          {[]string{"--url", url, big}, 1, "1 of 1 file failed"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			code, _ := client(t, &stderr, append([]string{"import"}, test.args...)...)
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			if last := lines[len(lines)-1]; code != test.code || !strings.HasPrefix(last, "mcp-client: ") || !strings.Contains(last, test.want) {
				t.Errorf("exit %d, stderr %q; want %d with %q", code, &stderr, test.code, test.want)
			}
		})
	}
}

// An import that is interrupted did not do what it was to do, and says how to go on.
func TestImportInterrupted(t *testing.T) {
	url, dir := importServer(t), recordings(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	env := map[string]string{"PIERRE_AUTH_KEY": "pk_live_right"}
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}
	code := cli.Run(ctx, newRootCmd(w), []string{"import", "--url", url, dir}, w)
	if code != 1 || !strings.Contains(stderr.String(), "importing again completes") {
		t.Errorf("exit %d, stderr %q", code, &stderr)
	}
}
