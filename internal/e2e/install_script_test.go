//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install/script"
	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// TestInstallInOneLine is what an athlete does: curl … | sh, from the very server that the client then talks to.
func TestInstallInOneLine(t *testing.T) {
	builds, name := t.TempDir(), "mcp-client_"+runtime.GOOS+"_"+runtime.GOARCH
	program, err := os.ReadFile(filepath.Join(bin, "mcp-client"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(program)
	for file, content := range map[string][]byte{name: program, "checksums.txt": []byte("# pierre 1.2.3\n" + hex.EncodeToString(sum[:]) + "  " + name + "\n")} {
		if err := os.WriteFile(filepath.Join(builds, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := t.TempDir()
	for _, args := range [][]string{
		{"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", filepath.Join(keys, "release.key")},
		{"openssl", "pkey", "-in", filepath.Join(keys, "release.key"), "-pubout", "-out", filepath.Join(keys, "release.pub")},
		{"../../scripts/sign.sh", filepath.Join(keys, "release.key"), builds},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	s := startServer(t, "DOWNLOADS_DIR="+builds, "DOWNLOADS_KEY="+filepath.Join(keys, "release.pub"))
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter"}`)

	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "sh", "-c", "curl -fsSL "+s.url+"/install.sh | sh")
	sh.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "PIERRE_AUTH_KEY=" + k.APIKey}
	out, err := sh.CombinedOutput()
	if err != nil || strings.Contains(string(out), k.APIKey) || !strings.Contains(string(out), "The signature of release 1.2.3 is good") {
		t.Fatalf("%v\n%s", err, out)
	}

	// The host starts what is in its configuration, without the key in its environment.
	raw, err := os.ReadFile(filepath.Join(home, ".cursor", "mcp.json"))
	if err != nil || strings.Contains(string(raw), k.APIKey) {
		t.Fatalf("the host's configuration: %v\n%s", err, raw)
	}
	entry := decode[struct {
		Servers map[string]struct {
			Command string
			Args    []string
			Env     map[string]string
		} `json:"mcpServers"`
	}](t, raw).Servers["pierre"]
	if filepath.Dir(entry.Command) != filepath.Join(home, ".local", "bin") {
		t.Fatalf("the entry starts %q\n%s\n%s", entry.Command, raw, out)
	}
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	for name, value := range entry.Env {
		env = append(env, name+"="+value)
	}
	h := startProgram(t, env, entry.Command, entry.Args...)
	h.initialize()
	if r := h.ask("1", "tools/call", `{"name":"get_stats","arguments":{}}`); r.Error != nil {
		t.Errorf("the installed entry does not work: %v", r.Error)
	}
	h.end()
}

func TestPowerShellInstallerParses(t *testing.T) {
	tools := node.Install(t)
	text, err := script.PowerShell("https://pierre.example.com", script.Release{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text  string
		sound bool
	}{"the installer": {text, true}, "a broken installer": {strings.Replace(text, "{", "((", 1), false}} {
		path := filepath.Join(t.TempDir(), "install.ps1")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := tools.Script(t, "powershell_errors.mjs", path).CombinedOutput()
		if err != nil || (len(out) == 0) != tc.sound {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestBundle packs this build as a one-click bundle with the official tool, unpacks it, and starts it as Claude Desktop would.
func TestBundle(t *testing.T) {
	tools := node.Install(t)
	dir := t.TempDir()
	build := filepath.Join(dir, "mcp-client_"+runtime.GOOS+"_"+runtime.GOARCH)
	program, err := os.ReadFile(filepath.Join(bin, "mcp-client"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(build, program, 0o700); err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(tools.Modules, "@anthropic-ai", "mcpb", "dist", "cli", "cli.js")
	pack := exec.CommandContext(t.Context(), "../../scripts/bundle.sh", build)
	pack.Env = append(os.Environ(), "MCPB="+tools.Node+" "+tool, "VERSION=v1.2.3-dev.4+abc")
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("packing: %v\n%s", err, out)
	}
	unpacked := filepath.Join(dir, "unpacked")
	if out, err := exec.Command(tools.Node, tool, "unpack", build+".mcpb", unpacked).CombinedOutput(); err != nil {
		t.Fatalf("unpacking: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(unpacked, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := decode[struct {
		Version       string
		Compatibility struct{ Platforms []string }
		Server        struct {
			Config struct {
				Command string
				Args    []string
				Env     map[string]string
			} `json:"mcp_config"`
		}
		UserConfig map[string]json.RawMessage `json:"user_config"`
	}](t, raw)
	if manifest.Version != "1.2.3-dev.4+abc" || len(manifest.Compatibility.Platforms) != 1 || manifest.Compatibility.Platforms[0] != runtime.GOOS {
		t.Errorf("the bundle says version %s for %v", manifest.Version, manifest.Compatibility.Platforms)
	}

	s := startServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter"}`)
	fill := strings.NewReplacer("${__dirname}", unpacked, "${user_config.url}", s.url, "${user_config.key}", k.APIKey)
	var args, env []string
	for _, a := range manifest.Server.Config.Args {
		args = append(args, fill.Replace(a))
	}
	for name, value := range manifest.Server.Config.Env {
		env = append(env, name+"="+fill.Replace(value))
	}
	h := startProgram(t, env, fill.Replace(manifest.Server.Config.Command), args...)
	if r := h.initialize(); r.Error != nil {
		t.Errorf("the bundle does not work: %v", r.Error)
	}
	h.end()
}
