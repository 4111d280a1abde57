package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// program runs the program in a home folder of its own.
func program(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	code = cli.Run(t.Context(), newRoot(w), args, w)
	return code, out.String(), errs.String()
}

func TestInstallConnectsAHostToThePersonalServer(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "PIERRE_DATA_DIR": filepath.Join(home, "rides"), "PORT": "9000", "FOOD_FILE": filepath.Join(home, "food.db"), "WEATHER": "true", "TOOL_PROFILE": "full"}
	code, stdout, stderr := program(t, env, "--single-tenant", "install", "--host", "cursor", "--yes")
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	config := filepath.Join(home, ".cursor", "mcp.json")
	raw, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	var written struct {
		Servers map[string]struct {
			Command string   `json:"command"`
			Args    []string `json:"args"`
		} `json:"mcpServers"`
	}
	if err := json.Unmarshal(raw, &written); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	want := []string{"--single-tenant", "--data-dir", env["PIERRE_DATA_DIR"], "--food-file", env["FOOD_FILE"], "--weather", "--tool-profile", "full", "--port", "9000"}
	if e := written.Servers["pierre"]; !filepath.IsAbs(e.Command) || !slices.Equal(e.Args, want) {
		t.Errorf("the entry is %+v, want the arguments %q", e, want)
	}
	if _, err := os.Stat(env["PIERRE_DATA_DIR"]); err == nil {
		t.Error("install made the data folder")
	}
}

func TestInstallPrintsWithoutWriting(t *testing.T) {
	home := t.TempDir()
	code, stdout, stderr := program(t, map[string]string{"HOME": home}, "--single-tenant", "install", "--print", "--host", "claude-desktop")
	if code != 0 || !strings.Contains(stdout, "--single-tenant") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if files, err := os.ReadDir(home); err != nil || len(files) > 0 {
		t.Errorf("it wrote %v, %v", files, err)
	}
}

func TestInstallIsForThePersonalServer(t *testing.T) {
	for _, command := range []string{"install", "uninstall"} {
		code, _, stderr := program(t, map[string]string{"HOME": t.TempDir()}, command)
		if code != 2 || !strings.Contains(stderr, "--single-tenant "+command) || !strings.Contains(stderr, "mcp-client "+command) {
			t.Errorf("%s: exit %d, %s", command, code, stderr)
		}
	}
}
