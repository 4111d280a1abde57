//go:build !race

package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// bridgeHost is a host whose side of MCP Apps is the official AppBridge. What the bridge refuses as not by the specification, it
// reports as an error.
const bridgeHost = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Host</title><body style="margin:0">
<script type="importmap">{"imports": {
  "@modelcontextprotocol/client": "/m/@modelcontextprotocol/client/dist/index.mjs",
  "@modelcontextprotocol/client/_shims": "/m/@modelcontextprotocol/client/dist/shimsBrowser.mjs",
  "@modelcontextprotocol/core": "/m/@modelcontextprotocol/core/dist/index.mjs",
  "@modelcontextprotocol/core/internal": "/m/@modelcontextprotocol/core/dist/internal.mjs",
  "zod/v4": "/m/zod/v4/index.js", "eventsource": "/m/eventsource/dist/index.js", "eventsource-parser": "/m/eventsource-parser/dist/index.js",
  "eventsource-parser/stream": "/m/eventsource-parser/dist/stream.js", "jose": "/m/jose/dist/webapi/index.js", "pkce-challenge": "/m/pkce-challenge/dist/index.browser.js"
}}</script>
<iframe id="f" title="Chart" sandbox="allow-scripts allow-same-origin" style="border:0;width:100%%;height:100px"></iframe><pre id="log"></pre>
<script type="module">
import { AppBridge, PostMessageTransport } from "/m/@modelcontextprotocol/ext-apps/dist/src/app-bridge.js";
const f = document.getElementById("f"), log = (t) => document.getElementById("log").append(t + "\n"), steps = %s;
const bridge = new AppBridge(null, { name: "judge", version: "1.0.0" }, { openLinks: {}, serverTools: {}, logging: {} }, { hostContext: {
  theme: "light", displayMode: "inline", availableDisplayModes: ["inline"], containerDimensions: { width: innerWidth, maxHeight: 4000 }, locale: "en-GB", timeZone: "Europe/Zurich",
  platform: "web", styles: { variables: { "--font-sans": "serif" } }, toolInfo: { tool: { name: "get_chart", inputSchema: { type: "object" } } },
} });
bridge.onerror = (e) => log("ERROR " + e.message);
bridge.onsizechange = ({ width, height }) => { f.style.height = height + "px"; log("size " + (width <= innerWidth) + " " + (height > 20)); };
bridge.oncalltool = async () => { log("CALLED a tool"); return { content: [] }; };
bridge.onopenlink = async () => { log("OPENED a link"); return {}; };
const initialized = new Promise((resolve) => { bridge.oninitialized = resolve; });
await bridge.connect(new PostMessageTransport(f.contentWindow, f.contentWindow));
f.srcdoc = %s;
await initialized;
log("initialized " + JSON.stringify(bridge.getAppVersion()) + " " + JSON.stringify(bridge.getAppCapabilities()));
window.judge = {
  input: async () => { await bridge.sendToolInputPartial({ arguments: { kind: "lo" } }); await bridge.sendToolInput({ arguments: steps.arguments }); },
  result: () => bridge.sendToolResult(steps.result),
  failed: () => bridge.sendToolResult({ isError: true, content: [{ type: "text", text: "There is no such activity." }] }),
  cancelled: () => bridge.sendToolCancelled({ reason: "user" }),
  theme: (theme) => bridge.setHostContext({ theme, displayMode: "inline", styles: { variables: { "--font-sans": "serif" } } }),
  narrow: () => { f.style.width = "320px"; bridge.setHostContext({ theme: "dark", containerDimensions: { width: 320, maxHeight: 4000 } }); },
  tools: () => bridge.listTools({}).then(() => log("TOOLS"), (e) => log("no tools " + e.code)),
  see: async (text) => { while (!f.contentDocument.body.innerText.includes(text)) await new Promise((r) => setTimeout(r, 20)); log("saw " + text); },
  drawn: async () => { while (!f.contentDocument.querySelector("svg path, svg rect, svg circle")) await new Promise((r) => setTimeout(r, 20)); log("drawn"); },
  paper: async (colour) => { while (getComputedStyle(f.contentDocument.body).backgroundColor !== colour) await new Promise((r) => setTimeout(r, 20)); log("paper " + colour); },
  teardown: async () => { log("teardown " + JSON.stringify(await bridge.teardownResource({}))); f.remove(); await bridge.close(); log("closed"); },
};
log("judge is ready");
</script></body></html>`

// bridgePage is the page of a host that has the view, the modules and what a tool answered.
func bridgePage(t *testing.T, view string, arguments args, result any) string {
	t.Helper()
	steps, err := json.Marshal(map[string]any{"arguments": arguments, "result": result})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(view) // which escapes <, so that it does not end the script
	if err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf(bridgeHost, steps, doc)
	modules := http.StripPrefix("/m/", http.FileServer(http.Dir(node.Install(t).Modules)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/m/") {
			modules.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// The official bridge, which checks each message by the specification's schemas, agrees with the view in all that a host does.
func TestTheViewWithTheOfficialBridge(t *testing.T) {
	t.Parallel()
	h, _ := sampleHost(t)
	h.call("set_athlete_profile", args{"max_heart_rate_bpm": 186, "resting_heart_rate_bpm": 48, "sex": "female"})
	given := args{"kind": "load"}
	r := h.call("get_chart", given)
	result := map[string]any{"content": []any{map[string]any{"type": "text", "text": r.Text}}, "structuredContent": r.Structured}
	tab := browser.New(t, browser.Options{})
	tab.Open(bridgePage(t, h.viewPage(), given, result))
	tab.SeeText("judge is ready")
	do := func(step, want string) {
		t.Helper()
		browser.Eval[bool](tab, "judge."+step+", true")
		tab.SeeText(want)
	}
	picture := func(name string) {
		if dir := os.Getenv("PIERRE_PICTURES"); dir != "" {
			tab.Picture(filepath.Join(dir, "bridge-"+name+".png"))
		}
	}
	tab.SeeText(`initialized {"name":"pierre-chart","version":`)
	tab.SeeText(`{"availableDisplayModes":["inline"]}`)
	do("input()", "size true true")
	do("result()", "")
	do("see('Fitness, fatigue and form')", "saw Fitness, fatigue and form")
	do("drawn()", "drawn")
	do("paper('rgb(255, 255, 255)')", "paper rgb(255, 255, 255)")
	picture("light")
	do("theme('dark')", "")
	do("paper('rgb(23, 24, 28)')", "paper rgb(23, 24, 28)")
	picture("dark")
	do("narrow()", "")
	do("see('Fitness, fatigue and form')", "saw Fitness, fatigue and form")
	picture("narrow")
	do("tools()", "no tools -32601")
	do("failed()", "")
	do("see('There is no such activity.')", "saw There is no such activity.")
	do("cancelled()", "")
	do("see('The chart was cancelled.')", "saw The chart was cancelled.")
	do("teardown()", "closed")
	text := tab.Text()
	if !strings.Contains(text, "teardown {}") {
		t.Errorf("the view is torn down with\n%s", text)
	}
	for _, wrong := range []string{"ERROR", "CALLED", "OPENED", "TOOLS", "size false"} {
		if strings.Contains(text, wrong) {
			t.Errorf("the bridge saw %s:\n%s", wrong, text)
		}
	}
}
