//go:build e2e

package conformance

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// The suite exits 0 if nothing failed that the revision requires, by the revision's own frozen list. The number of
// passed checks makes sure that they ran at all: what a server does not offer, the suite leaves out without a word.
func TestRequirements(t *testing.T) {
	tools := node.Install(t)
	suite := filepath.Join(tools.Modules, "@modelcontextprotocol", "conformance", "dist", "index.js")
	for _, tt := range []struct {
		revision string
		passed   int
	}{
		{"2025-11-25", 80},
		{"2026-07-28", 164},
	} {
		t.Run(tt.revision, func(t *testing.T) {
			endpoint := fixture(t)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, tools.Node, suite, "server", "--url", endpoint, "--requirements", tt.revision, "-o", t.TempDir())
			out, err := run.CombinedOutput()
			t.Logf("%s", bytes.Join(regexp.MustCompile(`(?m)^.*(✓|✗|Total:).*$`).FindAll(out, -1), []byte("\n")))
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			var passed int
			if total := regexp.MustCompile(`Total: (\d+) passed`).FindSubmatch(out); total != nil {
				passed, _ = strconv.Atoi(string(total[1]))
			}
			if passed < tt.passed {
				t.Errorf("%d checks passed, want at least %d", passed, tt.passed)
			}
		})
	}
}

// fixture serves the suite's tools through the product's stack and returns where. The suite has no option for a key,
// so a proxy adds it to each request, and changes nothing else: not even Host, which the suite also tests.
func fixture(t *testing.T) string {
	m := server.NewMCPServer("pierre-conformance", "1.0.0",
		server.WithResourceCapabilities(true, true), server.WithPromptCapabilities(true),
		server.WithCompletions(), server.WithLogging())
	addTools(m)
	addAskingTools(m)
	addInputTools(m)
	addPrompts(m)
	addResources(m)
	stack, err := mcpapitest.Open(t.Context(), t.TempDir(), m, mcpapitest.Parts{}, mcpapi.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := stack.Provision(t.Context(), pierre.Limit{Requests: 1_000_000, Period: pierre.PeriodMonth})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(stack.API)
	target, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Set("Authorization", "Bearer "+key)
		},
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Without it, net/http closes the request's body at the response's first byte. A stream begins so soon that the
		// proxy's transport is still looking for the body's end, takes that for a failure and hangs up.
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
		api.CloseClientConnections()
		api.Close()
		if err := stack.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return proxy.URL + "/mcp"
}
