package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// installPeers installs the npm bridges, at the versions that were current when
// the aims were set, and returns how to start them without npx.
func installPeers(ctx context.Context, stderr io.Writer) ([]contestant, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "pierre-bench-bridge")
	bin := filepath.Join(dir, "node_modules", ".bin")
	peers := []contestant{
		{name: "mcp-remote 0.15.1", argv: []string{filepath.Join(bin, "mcp-remote"), "{url}"}, peer: true},
		{name: "supergateway 4.0.0", argv: []string{filepath.Join(bin, "supergateway"), "--streamableHttp", "{url}"}, peer: true},
	}
	if _, err := os.Stat(filepath.Join(bin, "supergateway")); err == nil {
		return peers, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, "mcp-remote@0.15.1", "supergateway@4.0.0")
	npm.Stdout, npm.Stderr = stderr, stderr
	if err := npm.Run(); err != nil {
		return nil, fmt.Errorf("installing the npm bridges: %w", err)
	}
	return peers, nil
}
