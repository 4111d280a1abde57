//go:build !race

package tools_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/browser"
)

const chartView = "ui://pierre/chart"

// viewPage reads the view of charts as a host does.
func (h host) viewPage() string {
	h.t.Helper()
	var r struct {
		Contents []struct {
			MIMEType string `json:"mimeType"`
			Text     string `json:"text"`
			Meta     struct {
				UI map[string]any `json:"ui"`
			} `json:"_meta"`
		} `json:"contents"`
	}
	h.send("resources/read", map[string]any{"uri": chartView}, &r)
	if len(r.Contents) != 1 || r.Contents[0].MIMEType != "text/html;profile=mcp-app" || r.Contents[0].Meta.UI["prefersBorder"] != true {
		h.t.Fatalf("the view is %+v", r)
	}
	return r.Contents[0].Text
}

// The view is a page that reaches nothing, is in no list of resources, and is read only with a key that may draw.
func TestTheViewOfCharts(t *testing.T) {
	t.Parallel()
	h, _ := sampleHost(t)
	page := h.viewPage()
	if strings.Contains(page, "sha256-SCRIPT") || strings.Contains(page, "sha256-STYLE") || !strings.Contains(page, "default-src 'none'") || len(page) > 32<<10 {
		t.Errorf("the page has %d bytes: %.400s", len(page), page)
	}
	for _, reach := range []string{"https://", "src=", "href=", "import(", "fetch(", "innerHTML", "eval("} {
		if strings.Contains(page, reach) {
			t.Errorf("the page has %s", reach)
		}
	}
	var list struct{ Resources []struct{ URI string } }
	h.send("resources/list", map[string]any{}, &list)
	for _, r := range list.Resources {
		if r.URI == chartView {
			t.Error("the view is listed")
		}
	}
	if meta, err := json.Marshal(h.server.GetTool("get_chart").Tool.Meta); err != nil || string(meta) != `{"ui":{"resourceUri":"ui://pierre/chart"}}` {
		t.Errorf("the tool names %s, %v", meta, err)
	}
	h.ctx = access.WithPrincipal(t.Context(), access.Principal{UserID: "user_x", Tools: []string{"get_stats"}})
	msg := json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"` + chartView + `"}}`)
	if answer, err := json.Marshal(h.server.HandleMessage(h.ctx, msg)); err != nil || strings.Contains(string(answer), "<html") {
		t.Errorf("a key that may not draw reads %.200s, %v", answer, err)
	}
}

// viewHost is a host of MCP Apps: it answers ui/initialize, and says what the tool was asked and answered once the view is ready. Then
// it looks into the frame, and writes down what it finds.
const viewHost = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Host</title><body style="margin:0"><iframe id="f" title="Chart" sandbox="allow-scripts allow-same-origin" style="border:0;width:100%%;height:400px" srcdoc="%s"></iframe><pre id="log"></pre>
<script>
const f = document.getElementById("f"), log = (t) => document.getElementById("log").append(t + "\n"), result = %s, theme = "%s";
const send = (m) => f.contentWindow.postMessage({ jsonrpc: "2.0", ...m }, "*");
window.alert = () => log("ALERT");
let ready = false;
addEventListener("message", (e) => {
  const m = e.data;
  if (e.source !== f.contentWindow || m.jsonrpc !== "2.0") return;
  if (m.method === "ui/initialize") {
    if (m.params.protocolVersion !== "2026-01-26" || !m.params.appInfo.name || !m.params.appInfo.version || !m.params.appCapabilities) log("WRONG " + JSON.stringify(m));
    send({ id: m.id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "test", version: "1" }, hostCapabilities: {}, hostContext: { theme, displayMode: "inline" } } });
  }
  if (m.method === "ui/notifications/initialized") {
    ready = true;
    send({ id: "p", method: "ping" });
    send({ id: "u", method: "unheard/of" });
    send({ method: "ui/notifications/tool-input", params: { arguments: {} } });
    send({ method: "ui/notifications/tool-result", params: result });
    setTimeout(look);
  }
  if (m.id === "p") log("pong " + JSON.stringify(m.result));
  if (m.id === "u") log("unheard " + m.error.code);
  if (m.method === "ui/notifications/size-changed" && ready) { f.style.height = m.params.height + "px"; log("size " + (m.params.height > 200 && m.params.width <= innerWidth)); }
});
function look() {
  const d = f.contentDocument, svg = d.querySelector("svg[tabindex]");
  if (!d.querySelector("h1")) { setTimeout(look, 20); return; }
  log("title " + d.querySelector("h1").textContent.slice(0, 60));
  log("theme " + d.documentElement.dataset.theme + " " + f.contentWindow.getComputedStyle(d.body).backgroundColor);
  log("drawn " + d.querySelectorAll("svg path, svg rect, svg circle").length);
  if (svg) {
    for (const key of ["Home", "ArrowRight", "End", "ArrowLeft"]) svg.dispatchEvent(new f.contentWindow.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    log("read " + d.querySelector("output").textContent);
    const box = svg.getBoundingClientRect();
    svg.dispatchEvent(new f.contentWindow.PointerEvent("pointerdown", { clientX: box.left + box.width / 2, clientY: box.top + 9, bubbles: true }));
    log("touched " + d.querySelector("output").textContent);
  }
  log("rows " + d.querySelectorAll("tbody tr").length);
  log("fits " + (d.documentElement.scrollWidth <= f.clientWidth) + " scripts " + d.querySelectorAll("script").length);
  log("done");
}
</script></body></html>`

// A host shows the view in its colours, narrow and wide; keys and fingers read values; names are text and nothing else.
func TestTheViewInABrowser(t *testing.T) {
	t.Parallel()
	h, ids := sampleHost(t)
	h.call("set_athlete_profile", args{"ftp_watts": 250, "max_heart_rate_bpm": 186, "resting_heart_rate_bpm": 48, "threshold_heart_rate_bpm": 168, "sex": "female"})
	for _, tt := range []struct {
		name   string
		args   args
		tab    browser.Options
		theme  string
		wanted []string
		edit   func(string) string
	}{
		{"load", args{"kind": "load"}, browser.Options{}, "light", []string{"title Fitness, fatigue and form", "theme light rgb(255, 255, 255)", "fitness (CTL, 42 days)"}, nil},
		{"race", args{"kind": "activity", "activity_id": ids["race"]}, browser.Options{Narrow: true}, "dark", []string{"title City 10 km", "theme dark rgb(23, 24, 28)", "pace "}, nil},
		{"power", args{"kind": "power_curve"}, browser.Options{Phone: true}, "light", []string{"title Power curve", "touched "}, nil},
		{"zones", args{"kind": "zones"}, browser.Options{Phone: true}, "dark", []string{"title Time in heart rate zones", "Z2"}, nil},
		{"month", args{"kind": "calendar"}, browser.Options{Phone: true}, "light", []string{"title June 2026", "rows 10"}, nil},
		{"hostile", args{"kind": "load"}, browser.Options{Phone: true}, "light", []string{"title <img src=x onerror=alert(1)>"}, func(s string) string {
			return strings.NewReplacer("Fitness, fatigue and form", "<img src=x onerror=alert(1)></script><script>alert(2)</script>", "fitness (CTL", "<b onclick=alert(3)>").Replace(s)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h
			h.t = t
			r := h.call("get_chart", tt.args)
			structured := string(r.Structured)
			if tt.edit != nil {
				structured = tt.edit(structured)
			}
			result, err := json.Marshal(map[string]any{"content": []any{map[string]any{"type": "text", "text": r.Text}}, "structuredContent": json.RawMessage(structured)})
			if err != nil {
				t.Fatal(err)
			}
			page := fmt.Sprintf(viewHost, html.EscapeString(h.viewPage()), result, tt.theme)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write([]byte(page))
			}))
			defer srv.Close()
			tab := browser.New(t, tt.tab)
			tab.Open(srv.URL)
			tab.SeeText("done")
			tab.SeeText("size true")
			text := tab.Text()
			for _, want := range append(tt.wanted, "pong {}", "unheard -32601", "fits true scripts 1") {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in:\n%s", want, text)
				}
			}
			if strings.Contains(text, "ALERT") || strings.Contains(text, "WRONG") || strings.Contains(text, "drawn 0") {
				t.Errorf("the host saw\n%s", text)
			}
			if dir := os.Getenv("PIERRE_PICTURES"); dir != "" {
				tab.Picture(filepath.Join(dir, "view-"+tt.name+".png"))
			}
		})
	}
}
