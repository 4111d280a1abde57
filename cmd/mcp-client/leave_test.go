package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// leaving runs a command of a person without installed entries, and returns its exit code and what it printed.
func leaving(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	home := t.TempDir()
	w := cli.World{
		Getenv: func(name string) string {
			return map[string]string{"HOME": home, "PIERRE_AUTH_KEY": "pk_live_AAAAAAAAAAAAAAAAAAAAAAAAAA"}[name]
		},
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
	}
	code = cli.Run(t.Context(), newRootCmd(w), args, w)
	return code, stdout.String(), stderr.String()
}

// A server that breaks off leaves nothing behind, and one that refuses is quoted.
func TestExportOfABrokenServer(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"broke off": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("PK\x03\x04"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler) //nolint:forbidigo // the way to hang up
		},
		"not complete": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("PK\x03\x04")) },
		"An export of yours is running": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"detail":"An export of yours is running"}`))
		},
		"does not exist": http.NotFound,
	}
	for want, answer := range answers {
		srv := httptest.NewServer(answer)
		dir := t.TempDir()
		code, out, errs := leaving(t, "", "export", "--url", srv.URL, "--output", filepath.Join(dir, "mine.zip"))
		srv.Close()
		if left, err := os.ReadDir(dir); code != 1 || out != "" || !strings.Contains(errs, want) || err != nil || len(left) > 0 {
			t.Errorf("%s: exit code %d, %q, %q, left %v, %v", want, code, out, errs, left, err)
		}
	}
}

// A file that is there stays as it is, and nothing is asked of the server.
func TestExportReplacesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mine.zip")
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := leaving(t, "", "export", "--url", "http://127.0.0.1:1", "--output", name)
	if b, err := os.ReadFile(name); code != 2 || !strings.Contains(errs, "already") || err != nil || string(b) != "mine" {
		t.Errorf("exit code %d, %q; the file has %q, %v", code, errs, b, err)
	}
}

// Only what the person types deletes the account.
func TestDeleteAccount(t *testing.T) {
	deleted, deletable := "", "true"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/account" {
			http.NotFound(w, r)
			return
		}
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`{"activities":12,"values_of_days":1,"goals":0,"connections":0,"api_keys":2,"deletable":` + deletable + `,"reason":"sign in to the admin site"}`))
			return
		}
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		deleted = b.String()
		w.WriteHeader(http.StatusNoContent)
	}))
	defer srv.Close()
	for _, stdin := range []string{"", "\n", "  \n"} {
		if code, _, errs := leaving(t, stdin, "delete-account", "--url", srv.URL); code != 1 || deleted != "" || !strings.Contains(errs, "nothing was deleted") || !strings.Contains(errs, "12 activities") {
			t.Errorf("%q: exit code %d, %q, sent %q", stdin, code, errs, deleted)
		}
	}
	if code, out, errs := leaving(t, "ana@example.com\n", "delete-account", "--url", srv.URL); code != 0 || deleted != `{"confirm_email":"ana@example.com"}` || !strings.Contains(out, "deleted") {
		t.Errorf("exit code %d, %q, %q, sent %q", code, out, errs, deleted)
	}
	deleted, deletable = "", "false"
	if code, _, errs := leaving(t, "ana@example.com\n", "delete-account", "--url", srv.URL); code != 1 || deleted != "" || !strings.Contains(errs, "sign in to the admin site") {
		t.Errorf("where it may not: exit code %d, %q, sent %q", code, errs, deleted)
	}
}
