package install

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A Machine says where a user's programs keep their configuration.
type Machine struct {
	OS           string // as runtime.GOOS
	Home         string // the user's folder
	Config       string // XDG_CONFIG_HOME; empty: .config in Home
	AppData      string // Windows: APPDATA
	LocalAppData string // Windows: LOCALAPPDATA
	ClaudeConfig string // CLAUDE_CONFIG_DIR; empty: Home
	CodexHome    string // CODEX_HOME; empty: .codex in Home
}

// ThisMachine is the computer that the program runs on, as its user's environment describes it.
func ThisMachine(getenv func(string) string) Machine {
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	return Machine{
		OS: runtime.GOOS, Home: home, Config: getenv("XDG_CONFIG_HOME"),
		AppData: getenv("APPDATA"), LocalAppData: getenv("LOCALAPPDATA"),
		ClaudeConfig: getenv("CLAUDE_CONFIG_DIR"), CodexHome: getenv("CODEX_HOME"),
	}
}

// A Host is a program that starts MCP servers.
type Host struct {
	Name    string // for --host
	Title   string
	Restart string // what its user must do for a change to take effect

	section string  // the member that holds the entries
	extra   []field // members that this host wants in an entry
	places  []place
}

// A place is where a host keeps its configuration on some systems. In its paths,
// $HOME, $CONFIG and so on are the folders of [Machine], and * matches a folder.
type place struct {
	systems string // as runtime.GOOS, separated by spaces; empty: all
	mark    string // the host is there if this exists; empty: the folder of file
	file    string
}

func (h Host) path(entry string) []string { return []string{h.section, entry} }

// Hosts lists the hosts that the package knows.
func Hosts() []Host {
	const section = "mcpServers"
	stdio := []field{{"type", "stdio"}}
	return []Host{
		{
			Name: "claude-desktop", Title: "Claude Desktop", section: section,
			Restart: "quit Claude Desktop fully (from its menu or tray icon; closing the window is not enough) and start it again",
			places: []place{
				{systems: "darwin", file: "$HOME/Library/Application Support/Claude/claude_desktop_config.json"},
				// The packaged app (MSIX) sees its own copy of APPDATA and ignores the plain one.
				{systems: "windows", mark: "$LOCALAPPDATA/Packages/Claude_*", file: "$LOCALAPPDATA/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json"},
				{systems: "windows", file: "$APPDATA/Claude/claude_desktop_config.json"},
				{systems: "linux", file: "$CONFIG/Claude/claude_desktop_config.json"},
			},
		},
		{
			Name: "claude-code", Title: "Claude Code", section: section, extra: stdio,
			Restart: "start a new Claude Code session",
			places: []place{
				{mark: "$CLAUDE/.claude.json", file: "$CLAUDE/.claude.json"},
				{mark: "$HOME/.claude", file: "$CLAUDE/.claude.json"},
			},
		},
		{
			Name: "vscode", Title: "VS Code", section: "servers", extra: stdio,
			Restart: "run “MCP: List Servers” in VS Code and start the server, or reload the window",
			places: []place{
				{systems: "darwin", file: "$HOME/Library/Application Support/Code/User/mcp.json"},
				{systems: "windows", file: "$APPDATA/Code/User/mcp.json"},
				{systems: "linux", file: "$CONFIG/Code/User/mcp.json"},
				{systems: "darwin", file: "$HOME/Library/Application Support/Code - Insiders/User/mcp.json"},
				{systems: "windows", file: "$APPDATA/Code - Insiders/User/mcp.json"},
				{systems: "linux", file: "$CONFIG/Code - Insiders/User/mcp.json"},
			},
		},
		{
			Name: "cursor", Title: "Cursor", section: section,
			Restart: "restart Cursor, or switch the server off and on in its MCP settings",
			places:  []place{{file: "$HOME/.cursor/mcp.json"}},
		},
		{
			Name: "windsurf", Title: "Windsurf", section: section,
			Restart: "press “Refresh” in Windsurf's MCP settings, or restart it",
			places:  []place{{file: "$HOME/.codeium/windsurf/mcp_config.json"}},
		},
		{
			// Builds of 2025 want the source; later ones do not look at it.
			Name: "zed", Title: "Zed", section: "context_servers", extra: []field{{"source", "custom"}},
			Restart: "nothing: Zed reads its settings again by itself",
			places: []place{
				{systems: "darwin", file: "$HOME/.config/zed/settings.json"},
				{systems: "windows", file: "$APPDATA/Zed/settings.json"},
				{systems: "linux", file: "$CONFIG/zed/settings.json"},
			},
		},
		{
			Name: "codex", Title: "Codex", section: "mcp_servers",
			Restart: "start a new Codex session",
			places:  []place{{file: "$CODEX/config.toml"}},
		},
		{
			Name: "gemini", Title: "Gemini CLI", section: section,
			Restart: "start a new Gemini session",
			places:  []place{{file: "$HOME/.gemini/settings.json"}},
		},
	}
}

// GenericTarget has no file and no host of its own: its [Target.Text] is the form that most hosts take.
func GenericTarget() Target {
	return Target{Host: Host{Name: "other", Title: "Other hosts", section: "mcpServers"}}
}

// HostNames lists what --host may be.
func HostNames() []string {
	var names []string
	for _, h := range Hosts() {
		names = append(names, h.Name)
	}
	return names
}

// Find returns the configuration files of the hosts that are on the machine. With
// names it returns those of the named hosts, and the usual place for one that
// seems not to be there. An unknown name, or a host that this system has no place
// for, is an error.
func (m Machine) Find(names ...string) ([]Target, error) {
	var targets []Target
	known := Hosts()
	for _, name := range names {
		if !slices.ContainsFunc(known, func(h Host) bool { return h.Name == name }) {
			return nil, fmt.Errorf("there is no host %q: choose from %s", name, strings.Join(HostNames(), ", "))
		}
	}
	for _, h := range known {
		if len(names) > 0 && !slices.Contains(names, h.Name) {
			continue
		}
		files := m.files(h)
		if len(files) == 0 && len(names) > 0 {
			usual, ok := m.usual(h)
			if !ok {
				return nil, fmt.Errorf("%s does not run on this system", h.Title)
			}
			files = []string{usual}
		}
		for _, file := range files {
			targets = append(targets, Target{Host: h, File: file})
		}
	}
	return targets, nil
}

// files returns the configuration files of h, whether they exist or not, if h is on the machine.
func (m Machine) files(h Host) []string {
	var files []string
	for _, p := range h.places {
		mark := p.mark
		if mark == "" {
			mark = parent(p.file)
		}
		if !p.on(m.OS) {
			continue
		}
		for _, found := range m.glob(mark) {
			file := m.expand(p.file)
			if before, after, ok := strings.Cut(p.file, "*"); ok {
				// The star stands for what it matched in the mark.
				star := strings.TrimPrefix(filepath.ToSlash(found), filepath.ToSlash(m.expand(before)))
				file = m.expand(before) + star + filepath.FromSlash(after)
			}
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files
}

// usual is where h's configuration belongs if there is no trace of h.
func (m Machine) usual(h Host) (string, bool) {
	for _, p := range h.places {
		if p.on(m.OS) && !strings.Contains(p.file, "*") {
			return m.expand(p.file), true
		}
	}
	return "", false
}

func (p place) on(system string) bool {
	return p.systems == "" || slices.Contains(strings.Fields(p.systems), system)
}

// parent is filepath.Dir for the paths of the table.
func parent(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// glob returns the existing paths that match a pattern of the table.
func (m Machine) glob(pattern string) []string {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		path := m.expand(pattern)
		if _, err := os.Stat(path); err != nil {
			return nil
		}
		return []string{path}
	}
	// Not filepath.Glob: a user's folder may hold the characters of a pattern.
	dir, prefix := parent(before), before[strings.LastIndexByte(before, '/')+1:]
	var found []string
	entries, err := os.ReadDir(m.expand(dir))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			found = append(found, filepath.Join(m.expand(dir), e.Name())+filepath.FromSlash(after))
		}
	}
	return found
}

func (m Machine) expand(path string) string {
	return filepath.FromSlash(os.Expand(path, func(folder string) string {
		switch folder {
		case "CONFIG":
			return or(m.Config, filepath.Join(m.Home, ".config"))
		case "APPDATA":
			return or(m.AppData, filepath.Join(m.Home, "AppData", "Roaming"))
		case "LOCALAPPDATA":
			return or(m.LocalAppData, filepath.Join(m.Home, "AppData", "Local"))
		case "CLAUDE":
			return or(m.ClaudeConfig, m.Home)
		case "CODEX":
			return or(m.CodexHome, filepath.Join(m.Home, ".codex"))
		default:
			return m.Home
		}
	}))
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
