//go:build e2e

package releases

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// The version comes from the tags, the same for every program.
func TestVersionComesFromTags(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(run(t, "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...))
	}
	script := filepath.Join(dir, "scripts", "version.sh")
	if err := os.Mkdir(filepath.Dir(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(read(t, "../../../scripts/version.sh")), 0o700); err != nil {
		t.Fatal(err)
	}
	version := func() string { return strings.TrimSpace(run(t, script)) }
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "first")
	if got, want := version(), "0.0.0-dev+"+git("rev-parse", "--short", "HEAD"); got != want {
		t.Errorf("without a tag: %s, want %s", got, want)
	}
	git("tag", "v1.2.3")
	if got := version(); got != "1.2.3" {
		t.Errorf("at the tag: %s", got)
	}
	if err := os.WriteFile(script, []byte(read(t, script)+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, want := version(), "1.2.4-dev.0+"+git("rev-parse", "--short", "HEAD")+".dirty"; got != want {
		t.Errorf("at the tag, changed: %s, want %s", got, want)
	}
	git("commit", "-qam", "second")
	if got, want := version(), "1.2.4-dev.1+"+git("rev-parse", "--short", "HEAD"); got != want {
		t.Errorf("behind the tag: %s, want %s", got, want)
	}
}

func TestReleaseWantsItsChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "CHANGELOG.md")
	const text = "# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.3 - 2026-11-26\n\n- this\n\n## 1.2.2\n\n- undated\n\n## 1.2.1 - 2026-01-01\n\n## 1.2.0 - 2026-01-01\n\n- old\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"1.2.3": "- this", "1.2.0": "- old", "1.2.2": "does not end in the day", "1.2.1": "is empty", "1.2.4": "has no section", "1.2": "has no section", "1x2.3": "has no section",
	} {
		out, err := exec.CommandContext(t.Context(), "../../../scripts/changelog.sh", version, file).CombinedOutput()
		if (err == nil) != strings.HasPrefix(want, "-") || !strings.Contains(string(out), want) || strings.Contains(string(out), "later") {
			t.Errorf("%s: %v\n%s", version, err, out)
		}
	}
}

// schemaModule has the registry's schemas, by which it judges what is published.
const schemaModule = "github.com/modelcontextprotocol/registry@v1.8.9"

// TestRegistryEntryIsByItsSchema makes server.json for two bundles and checks it by the registry's own schema.
func TestRegistryEntryIsByItsSchema(t *testing.T) {
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", schemaModule)
	download.Dir = t.TempDir()
	out, err := download.Output()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("the registry's schemas cannot be downloaded")
	}
	var module struct {
		Dir string `json:"Dir"`
	}
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	dir := t.TempDir()
	for _, name := range []string{"mcp-client_linux_amd64.mcpb", "mcp-client_windows_arm64.mcpb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, node.Install(t).Node, "../../../scripts/registry.mjs", dir, "1.2.3", "https://example.com/mcp/v1.2.3")
	entry := decode[map[string]any](t, filepath.Join(dir, "server.json"))
	schemaURL, _ := entry["$schema"].(string)
	parts := strings.Split(schemaURL, "/") // …/schemas/2025-12-11/server.schema.json
	text, err := os.ReadFile(filepath.Join(module.Dir, "internal", "validators", "schemas", parts[len(parts)-2]+".json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaURL, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(schemaURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(entry); err != nil {
		t.Error(err)
	}
	if packages, _ := entry["packages"].([]any); len(packages) != 2 {
		t.Errorf("the entry has %d packages", len(packages))
	}
	delete(entry, "description")
	if schema.Validate(entry) == nil {
		t.Error("the schema takes an entry without a description: it is not the one that the registry uses")
	}
}
