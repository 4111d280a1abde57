package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// axeRun asks for rules: all but the experimental ones, best practices included, or those that are named. Nothing is loaded again
// for them, which is for experimental rules, and for sounds, of which the pages have none.
const axeRun = `axe.run(document, {resultTypes: ["violations"], preload: false, ...%s}).then(r => JSON.stringify(r.violations.map(v => ({
	id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + ": " + (n.any.concat(n.all, n.none)[0]?.message ?? ""))}))))`

// axeWorld has the page's document, but neither its scripts nor its policy.
const axeWorld = "axe"

// ofWindow are the rules whose outcome depends on the colours and the width of the window.
var ofWindow = []string{"aria-hidden-focus", "color-contrast", "link-in-text-block", "nested-interactive", "scrollable-region-focusable", "target-size"}

// Axe returns what axe-core finds wrong with the page as it is: a line for each place. Without rules it looks for everything.
func (b *Tab) Axe(rules ...string) []string {
	b.t.Helper()
	only, err := json.Marshal(struct {
		RunOnly []string `json:"runOnly,omitempty"`
	}{rules})
	if err != nil {
		b.t.Fatal(err)
	}
	run := fmt.Sprintf(axeRun, only)
	if !b.axe { // later documents have it from their beginning: its 550 KB are sent once, which would be a quarter of the work
		script, err := os.ReadFile(filepath.Join(node.Install(b.t).Modules, "axe-core", "axe.min.js"))
		if err != nil {
			b.t.Fatal(err)
		}
		tell(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(script), WorldName: axeWorld})
		b.axe, run = true, string(script)+";"+run
	}
	frame := tell(b, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := tell(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: axeWorld}).ExecutionContextID
	result := tell(b, runtime.Evaluate, runtime.EvaluateParams{Expression: run, ContextID: world, AwaitPromise: new(true), ReturnByValue: new(true)})
	if result.ExceptionDetails != nil {
		b.t.Fatal("running axe:", result.ExceptionDetails)
	}
	var answer string
	if err := json.Unmarshal(result.Result.Value, &answer); err != nil {
		b.t.Fatal(err)
	}
	var found []struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		b.t.Fatalf("axe answered %.200q: %v", answer, err)
	}
	var lines []string
	for _, f := range found {
		for _, n := range f.Nodes {
			lines = append(lines, fmt.Sprintf("%s (%s): %s", f.ID, f.Help, strings.TrimSpace(n)))
		}
	}
	return lines
}
