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

// axeRun asks for all rules but the experimental ones, best practices included.
const axeRun = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({
	id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + ": " + (n.any.concat(n.all, n.none)[0]?.message ?? ""))}))))`

// Axe returns what axe-core finds wrong with the page as it is: a line for each place.
func (b *Tab) Axe() []string {
	b.t.Helper()
	script, err := os.ReadFile(filepath.Join(node.Install(b.t).Modules, "axe-core", "axe.min.js"))
	if err != nil {
		b.t.Fatal(err)
	}
	// An isolated world has the page's document, but neither its scripts nor its policy.
	frame := tell(b, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := tell(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "axe"}).ExecutionContextID
	result := tell(b, runtime.Evaluate, runtime.EvaluateParams{
		Expression: string(script) + ";" + axeRun, ContextID: world, AwaitPromise: new(true), ReturnByValue: new(true),
	})
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
