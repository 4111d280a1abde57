//go:build e2e

package node_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

func TestInstall(t *testing.T) {
	out, err := exec.Command(node.Install(t).Node, "--version").Output()
	if err != nil || !strings.HasPrefix(string(out), "v22.") {
		t.Errorf("node --version = %q, %v; want v22", out, err)
	}
}
