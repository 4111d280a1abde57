package portal

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/route"
)

// The token of a mailed link stands in no log, whatever becomes of the request: a log is read by more people than a mailbox.
func TestNoTokenReachesTheLog(t *testing.T) {
	t.Parallel()
	const token = "QZ7K4M2X9TB3W5N8C6VJ1HDRFQ"
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := newTestParts(t, Options{})
	p.c.Log = log
	routes := p.routes()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := web.Serve(ctx, ln, p.serve(routes), log, web.Options{AccessLog: true, LogPath: route.HideTokens(routes)}); err != nil {
			t.Error(err)
		}
	})
	n := 0
	for _, rt := range routes {
		_, path, _ := strings.Cut(rt.Pattern, " ")
		if !strings.Contains(path, "{token}") {
			continue
		}
		n++
		path = strings.ReplaceAll(path, "{token}", token)
		for _, asked := range []string{path, path + "/", "/" + path, strings.Replace(path, "/"+token, "/x/../"+token, 1), strings.ToUpper(path), path + "/more"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
				for _, site := range []string{"same-origin", "cross-site"} {
					request(t, method, "http://"+ln.Addr().String()+asked, site)
				}
			}
		}
	}
	stop()
	wg.Wait()
	if n < 10 || !strings.Contains(logged.String(), "/claim/…") {
		t.Errorf("of %d routes with tokens the log says: %s", n, logged.String())
	}
	for line := range strings.Lines(logged.String()) {
		if strings.Contains(strings.ToUpper(line), token) {
			t.Error(line)
		}
	}
}

func request(t *testing.T, method, url, site string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", site)
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
