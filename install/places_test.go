package install_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install"
)

// Where each host keeps its configuration. The folders of the systems are shown as
// ~ (home), %A (APPDATA), %L (LOCALAPPDATA) and ~L (~/Library/Application Support).
func TestUsualPlaces(t *testing.T) {
	places := map[string][3]string{ // Linux, macOS, Windows
		"claude-desktop": {"~/.config/Claude/claude_desktop_config.json", "~L/Claude/claude_desktop_config.json", "%A/Claude/claude_desktop_config.json"},
		"goose":          {"~/.config/goose/config.yaml", "~/.config/goose/config.yaml", "%A/Block/goose/config/config.yaml"},
		"vscode":         {"~/.config/Code/User/mcp.json", "~L/Code/User/mcp.json", "%A/Code/User/mcp.json"},
		"zed":            {"~/.config/zed/settings.json", "~/.config/zed/settings.json", "%A/Zed/settings.json"},
		"opencode":       {"~/.config/opencode/opencode.json", "~/.config/opencode/opencode.json", "~/.config/opencode/opencode.json"},
		"amp":            {"~/.config/amp/settings.json", "~/.config/amp/settings.json", "~/.config/amp/settings.json"},
		"crush":          {"~/.config/crush/crush.json", "~/.config/crush/crush.json", "%L/crush/crush.json"},
	}
	const cline = "/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
	const roo = "/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"
	places["cline"] = [3]string{"~/.config" + cline, "~L" + cline, "%A" + cline}
	places["roo-code"] = [3]string{"~/.config" + roo, "~L" + roo, "%A" + roo}
	for host, everywhere := range map[string]string{
		"lm-studio": ".lmstudio/mcp.json", "warp": ".warp/.mcp.json", "cursor": ".cursor/mcp.json", "windsurf": ".codeium/windsurf/mcp_config.json",
		"kiro": ".kiro/settings/mcp.json", "junie": ".junie/mcp/mcp.json", "claude-code": ".claude.json", "codex": ".codex/config.toml",
		"gemini": ".gemini/settings.json", "copilot-cli": ".copilot/mcp-config.json", "qwen": ".qwen/settings.json",
		"amazon-q": ".aws/amazonq/mcp.json", "droid": ".factory/mcp.json",
	} {
		path := "~/" + everywhere
		places[host] = [3]string{path, path, path}
	}
	home := filepath.ToSlash(t.TempDir())
	folders := strings.NewReplacer("~L", home+"/Library/Application Support", "~", home, "%A", home+"/AppData/Roaming", "%L", home+"/AppData/Local")
	for _, host := range install.HostNames() {
		for i, system := range []string{"linux", "darwin", "windows"} {
			found, err := install.Machine{OS: system, Home: home}.Find(host)
			want := folders.Replace(places[host][i])
			if err != nil || len(found) != 1 || filepath.ToSlash(found[0].File) != want {
				t.Errorf("%s on %s: %v, %v; want %s", host, system, found, err, want)
			}
		}
	}
}

// Variables by which users move their configurations.
func TestMovedFolders(t *testing.T) {
	for _, tc := range []struct {
		m          install.Machine
		host, want string
	}{
		{install.Machine{OS: "linux", Config: "/c"}, "vscode", "/c/Code/User/mcp.json"},
		{install.Machine{OS: "linux", Config: "/c"}, "opencode", "/c/opencode/opencode.json"},
		{install.Machine{OS: "linux", Config: "/c"}, "cursor", "/h/.cursor/mcp.json"},
		{install.Machine{OS: "linux", Config: "/c"}, "amp", "/h/.config/amp/settings.json"}, // it does not look at the variable
		{install.Machine{OS: "darwin", Config: "/c"}, "zed", "/h/.config/zed/settings.json"},
		{install.Machine{OS: "windows", AppData: "/r"}, "zed", "/r/Zed/settings.json"},
		{install.Machine{OS: "windows", LocalAppData: "/l"}, "crush", "/l/crush/crush.json"},
		{install.Machine{OS: "darwin", ClaudeConfig: "/claude"}, "claude-code", "/claude/.claude.json"},
		{install.Machine{OS: "linux", CodexHome: "/codex home"}, "codex", "/codex home/config.toml"},
	} {
		tc.m.Home = "/h"
		found, err := tc.m.Find(tc.host)
		if err != nil || len(found) != 1 || filepath.ToSlash(found[0].File) != tc.want {
			t.Errorf("%+v, %s: %v, %v; want %s", tc.m, tc.host, found, err, tc.want)
		}
	}
}

// A user's folder may hold characters that mean something in patterns and variables.
func TestOddHomeFolders(t *testing.T) {
	for _, name := range []string{"[a]", "a*b", "$HOME", "${X}", "Zoë Müller", "a|b", "%A"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, "*|") {
			continue
		}
		home := filepath.Join(t.TempDir(), name)
		const packaged = "AppData/Local/Packages/Claude_x/LocalCache/Roaming/Claude/claude_desktop_config.json"
		write(t, filepath.Join(home, packaged), "{}")
		write(t, filepath.Join(home, "AppData/Local/Packages/Claude_file"), "") // no folder, so no package
		write(t, filepath.Join(home, ".cursor/mcp.json"), "{}")
		m := install.Machine{OS: "windows", Home: home}
		if got := files(t, m, home); got != packaged+" .cursor/mcp.json" {
			t.Errorf("%s: found %s", name, got)
		}
	}
}

// Several packages of a host are several configurations; a host that is named twice is one.
func TestFindEachFileOnce(t *testing.T) {
	home := t.TempDir()
	m := install.Machine{OS: "windows", Home: home}
	for _, name := range []string{"Claude_a", "Claude_b"} {
		if err := os.MkdirAll(filepath.Join(home, "AppData/Local/Packages", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const file = "/LocalCache/Roaming/Claude/claude_desktop_config.json"
	if got := files(t, m, home); got != "AppData/Local/Packages/Claude_a"+file+" AppData/Local/Packages/Claude_b"+file {
		t.Errorf("two packages: %s", got)
	}
	if got := files(t, m, home, "cursor", "gemini", "cursor"); got != ".cursor/mcp.json .gemini/settings.json" {
		t.Errorf("named twice: %s", got)
	}
	// Claude Code leaves two traces of itself.
	write(t, filepath.Join(home, ".claude.json"), "{}")
	write(t, filepath.Join(home, ".claude/settings.json"), "{}")
	if got := files(t, m, home, "claude-code"); got != ".claude.json" {
		t.Errorf("two traces: %s", got)
	}
}

func TestThisMachine(t *testing.T) {
	env := map[string]string{
		"HOME": "/home/ana", "USERPROFILE": `C:\Users\ana`, "XDG_CONFIG_HOME": "/c", "APPDATA": "/r", "LOCALAPPDATA": "/l",
		"CLAUDE_CONFIG_DIR": "/claude", "CODEX_HOME": "/codex", "PATH": "/bin", "USERDOMAIN": "PC", "USERNAME": "ana",
	}
	m := install.ThisMachine(func(name string) string { return env[name] })
	want := install.Machine{
		OS: runtime.GOOS, Home: "/home/ana", Config: "/c", AppData: "/r", LocalAppData: "/l", ClaudeConfig: "/claude", CodexHome: "/codex",
		Path: "/bin", User: `PC\ana`, Applications: "/Applications",
	}
	if runtime.GOOS == "windows" {
		want.Home = env["USERPROFILE"]
	}
	if m != want {
		t.Errorf("this machine is %+v, want %+v", m, want)
	}
	if names := install.HostNames(); !slices.Contains(names, "claude-desktop") || len(names) != len(install.Hosts()) {
		t.Errorf("hosts %v", names)
	}
}
