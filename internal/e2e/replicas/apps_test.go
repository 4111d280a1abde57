//go:build e2e

package replicas

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// appsAreListed: a session that began at one server with a client that shows MCP Apps, or none, is the same at every other.
func appsAreListed(t *testing.T, c *cluster, k key) {
	t.Helper()
	const chart = `"resourceUri":"ui://pierre/chart"`
	for capabilities, want := range map[string]bool{
		`{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}`: true,
		`{"extensions":{"example.com/other":{}}}`:                                                   false,
		`{}`: false,
	} {
		begin := strings.Replace(initialize, `"capabilities":{}`, `"capabilities":`+capabilities, 1)
		session := speak(t, http.MethodPost, c.replicas[0].url, begin, k, "").Header.Get("Mcp-Session-Id")
		if session == "" {
			t.Fatal("there is no session")
		}
		for n, r := range c.replicas {
			list, err := io.ReadAll(speak(t, http.MethodPost, r.url, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, k, session).Body)
			if err != nil || strings.Contains(string(list), chart) != want || !strings.Contains(string(list), `"get_activities"`) {
				t.Errorf("server %d lists to a client with %s: %v, %.400s", n, capabilities, err, list)
			}
			page, err := io.ReadAll(speak(t, http.MethodPost, r.url, `{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"ui://pierre/chart"}}`, k, session).Body)
			if err != nil || !strings.Contains(string(page), "text/html;profile=mcp-app") {
				t.Errorf("server %d gives the view as %v, %.400s", n, err, page)
			}
		}
	}
}
