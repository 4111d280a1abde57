package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/ui"
)

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		ui.Short(7): "7", ui.Short(1040): "1k", ui.Short(12_340): "12.3k", ui.Short(999_960): "1M", ui.Short(4_700_000): "4.7M", ui.Short(123_456): "123k",
		ui.Percent(0): "0 %", ui.Percent(0.003): "0.3 %", ui.Percent(0.754): "75 %", ui.Percent(1): "100 %",
		ui.Milliseconds(0.42): "0.4 ms", ui.Milliseconds(12.4): "12 ms", ui.Milliseconds(1290): "1.3 s",
		ui.Ago(30 * time.Second): "just now", ui.Ago(time.Minute): "1 minute ago", ui.Ago(50 * time.Hour): "2 days ago", ui.Ago(-72 * time.Hour): "in 3 days", ui.Ago(800 * 24 * time.Hour): "2 years ago",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPagesKeepTheFilter(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/keys?tier=pro&cursor=a&sort=-calls", nil)
	p := ui.PagesOf(r, "b&c", "50 keys")
	if p.First != "?sort=-calls&tier=pro" || p.Next != "?cursor=b%26c&sort=-calls&tier=pro" {
		t.Errorf("%+v", p)
	}
	if s := ui.SortOf(r, "calls", "Calls"); s.Href != "?sort=calls&tier=pro" || s.State != "descending" {
		t.Errorf("%+v", s)
	}
	if s := ui.SortOf(r, "used", "Used"); s.Href != "?sort=-used&tier=pro" || s.State != "none" {
		t.Errorf("%+v", s)
	}
	if p := ui.PagesOf(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), "", ""); p.First != "" || p.Next != "" {
		t.Errorf("%+v", p)
	}
}

func TestBarsEndAtTheirEnds(t *testing.T) {
	for _, c := range []struct {
		bar   ui.Bar
		width int64
		tone  string
	}{{ui.Bar{Used: 0, Of: 10}, 0, ""}, {ui.Bar{Used: 75, Of: 100}, 75, "warn"}, {ui.Bar{Used: 95, Of: 100}, 95, "bad"}, {ui.Bar{Used: 500, Of: 100}, 100, "bad"}, {ui.Bar{Used: 5, Of: 0}, 0, ""}, {ui.Bar{Used: -1, Of: 10}, 0, ""}} {
		if c.bar.Width() != c.width || c.bar.Tone() != c.tone {
			t.Errorf("%v: %d %q", c.bar, c.bar.Width(), c.bar.Tone())
		}
	}
}

func TestBrowsersAreNamed(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":       "Chrome on macOS",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Mobile/15E148 Safari/604.1":         "Safari on iPhone",
		"curl/8.0": "curl",
		"":         "Browser",
	} {
		if got := ui.Browser(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
