package browser

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// CheckScores demands at least 95 of Lighthouse for accessibility, best practices and search engines. What it says of
// performance depends on what else the machine does, and takes most of its time: benchmarks measure that.
func CheckScores(t *testing.T, url string, headers map[string]string) {
	t.Helper()
	scores, complaints := lighthouse(t, url, headers)
	t.Logf("Lighthouse: %v", scores)
	const enough = 95
	for _, name := range []string{"accessibility", "best-practices", "seo"} {
		if score, ok := scores[name]; !ok || score < enough {
			t.Errorf("%s: %v, want %d; %q", name, score, enough, complaints)
		}
	}
}

// lighthouse returns the scores of a page by the names of the categories: accessibility, best-practices and seo, 0 to 100 each.
// headers go along with each request, such as a cookie. It runs a browser of its own.
func lighthouse(t testing.TB, url string, headers map[string]string) (scores map[string]float64, complaints []string) {
	t.Helper()
	text := runLighthouse(t, url, headers)
	var report struct {
		Categories map[string]struct {
			Score *float64 `json:"score"`
			Refs  []struct {
				ID     string  `json:"id"`
				Weight float64 `json:"weight"`
			} `json:"auditRefs"`
		} `json:"categories"`
		Audits map[string]struct {
			Title   string   `json:"title"`
			Display string   `json:"displayValue"`
			Score   *float64 `json:"score"`
		} `json:"audits"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	scores = map[string]float64{}
	for name, c := range report.Categories {
		if c.Score != nil {
			scores[name] = 100 * *c.Score
		}
		for _, ref := range c.Refs {
			if a := report.Audits[ref.ID]; a.Score != nil && *a.Score < 0.9 && ref.Weight > 0 {
				complaints = append(complaints, name+": "+a.Title+" "+a.Display)
			}
		}
	}
	return scores, complaints
}

// runLighthouse returns Lighthouse's report as JSON. Where the browser missed the beginning of the page's load, which happens
// on a busy machine, Lighthouse asks to be run again.
func runLighthouse(t testing.TB, url string, headers map[string]string) []byte {
	t.Helper()
	chrome, tools := Path(t), node.Install(t)
	if headers == nil {
		headers = map[string]string{}
	}
	extra, err := json.Marshal(headers)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "report.json")
	const most = 3
	for run := 1; ; run++ {
		cmd := exec.CommandContext(t.Context(), tools.Node, filepath.Join(tools.Modules, "lighthouse", "cli", "index.js"), url,
			"--quiet", "--output=json", "--output-path="+out, "--preset=desktop", "--only-categories=accessibility,best-practices,seo", "--extra-headers="+string(extra),
			"--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu")
		cmd.Env = append(cmd.Environ(), "CHROME_PATH="+chrome)
		said, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if run == most || !bytes.Contains(said, []byte("Please run Lighthouse again")) {
			t.Fatalf("running Lighthouse: %v\n%s", err, said)
		}
		t.Logf("running Lighthouse again: %s", said)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
