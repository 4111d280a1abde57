//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// TestBridgeConformance runs the official suite's client scenarios with the
// bridge between its client and its servers: what the suite sees is what the
// bridge sent. The auth/* scenarios are about OAuth and do not apply to a key.
func TestBridgeConformance(t *testing.T) {
	tools := node.Install(t)
	client := filepath.Join(t.TempDir(), "conformanceclient")
	if out, err := exec.Command("go", "build", "-o", client, "./conformanceclient").CombinedOutput(); err != nil {
		t.Fatalf("building the suite's client: %v\n%s", err, out)
	}
	for version, scenarios := range map[string][]string{
		"2025-11-25": {
			"initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry", "json-schema-2020-12-preservation",
		},
		"2026-07-28": {
			"tools_call", "request-metadata", "sep-2322-client-request-state", "http-standard-headers", "http-custom-headers",
			"http-invalid-tool-headers", "json-schema-ref-no-deref", "json-schema-2020-12-preservation",
		},
	} {
		for _, scenario := range scenarios {
			t.Run(version+" "+scenario, func(t *testing.T) {
				suite := exec.CommandContext(t.Context(), tools.Node,
					filepath.Join(tools.Modules, "@modelcontextprotocol", "conformance", "dist", "index.js"), "client",
					"--command", client+" "+filepath.Join(bin, "mcp-client"),
					"--scenario", scenario, "--spec-version", version, "-o", t.TempDir())
				suite.Env = append(os.Environ(), "PIERRE_AUTH_KEY=")
				if out, err := suite.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}
