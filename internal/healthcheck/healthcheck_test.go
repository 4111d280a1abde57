package healthcheck_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/healthcheck"
)

func health(t *testing.T, target healthcheck.Target) (code int, out string) {
	t.Helper()
	var b strings.Builder
	root := &cobra.Command{Use: "program"}
	root.AddCommand(healthcheck.Command(func() (healthcheck.Target, error) { return target, nil }))
	w := cli.World{Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b}
	return cli.Run(t.Context(), root, []string{"health"}, w), b.String()
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		tls    bool
		code   int
		want   string
	}{
		"ready":             {http.StatusOK, `{"status":"ready"}`, false, 0, "ready\n"},
		"ready, by HTTPS":   {http.StatusOK, `{"status":"ready"}`, true, 0, "ready\n"},
		"not ready":         {http.StatusServiceUnavailable, `{"detail":"The database does not answer."}`, false, 1, "answers 503: The database does not answer."},
		"another program":   {http.StatusOK, `<html>`, false, 1, "not as this program does"},
		"an endless answer": {http.StatusOK, strings.Repeat(" ", 1<<20) + `{"status":"ready"}`, false, 1, "not as this program does"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/ready" {
					t.Errorf("asked for %s", r.URL)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			s := httptest.NewUnstartedServer(h)
			if tc.tls {
				s.StartTLS()
			} else {
				s.Start()
			}
			t.Cleanup(s.Close)
			u, err := url.Parse(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			code, out := health(t, healthcheck.Target{Host: "0.0.0.0", Port: u.Port(), TLS: tc.tls})
			if code != tc.code || !strings.Contains(out, tc.want) {
				t.Errorf("exit %d, %q; want %d, %q", code, out, tc.code, tc.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if code, out := health(t, healthcheck.Target{Port: port}); code != 1 || !strings.Contains(out, "nothing answers at http://127.0.0.1:"+port+"/ready") {
		t.Errorf("exit %d, %q", code, out)
	}
}
