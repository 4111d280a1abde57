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
	State        string // XDG_STATE_HOME; empty: .local/state in Home
	AppData      string // Windows: APPDATA
	LocalAppData string // Windows: LOCALAPPDATA
	ClaudeConfig string // CLAUDE_CONFIG_DIR; empty: Home
	CodexHome    string // CODEX_HOME; empty: .codex in Home
	Path         string // PATH
	User         string // Windows: the user with the domain
	Applications string // macOS: the folder of all users' programs
}

// ThisMachine is the computer that the program runs on, as its user's environment describes it.
func ThisMachine(getenv func(string) string) Machine {
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	return Machine{
		OS: runtime.GOOS, Home: home, Config: getenv("XDG_CONFIG_HOME"), State: getenv("XDG_STATE_HOME"),
		AppData: getenv("APPDATA"), LocalAppData: getenv("LOCALAPPDATA"),
		ClaudeConfig: getenv("CLAUDE_CONFIG_DIR"), CodexHome: getenv("CODEX_HOME"),
		Path: getenv("PATH"), User: getenv("USERDOMAIN") + `\` + getenv("USERNAME"), Applications: "/Applications",
	}
}

// A Host is a program that starts MCP servers.
type Host struct {
	Name    string // for --host
	Title   string
	Restart string // what its user must do for a change to take effect

	section  string // the member that holds the entries
	shape    shape  // of an entry
	programs string // names, separated by spaces, of which one in PATH shows that the host is there
	apps     string // the same for folders of programs, separated by "|"
	places   []place
}

// A place is where a host keeps its configuration on some systems. In its paths,
// $HOME, $CONFIG and so on are the folders of [Machine], and * matches a folder.
type place struct {
	systems string // as runtime.GOOS, separated by spaces; empty: all
	mark    string // the host is there if this exists; empty: the folder of file
	file    string
	instead string // if this file exists, it is the one to edit
}

func (h Host) path(entry string) []string { return []string{h.section, entry} }

// GenericTarget has no file and no host of its own: its [Target.Text] is the form that most hosts take.
func GenericTarget() Target {
	return Target{Host: Host{Name: "other", Title: "Other hosts", section: mcpServers, shape: standard()}}
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
		if len(files) == 0 && (len(names) > 0 || m.runs(h)) {
			usual, ok := m.usual(h)
			switch {
			case ok:
				files = []string{usual}
			case len(names) > 0:
				return nil, fmt.Errorf("%s does not run on this system", h.Title)
			}
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
			file := m.file(p)
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
			return m.file(p), true
		}
	}
	return "", false
}

// file is the configuration file of a place without a star.
func (m Machine) file(p place) string {
	if p.instead != "" && exists(m.expand(p.instead)) {
		return m.expand(p.instead)
	}
	return m.expand(p.file)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// runs reports whether h's program is on the machine, though it may never have been started.
func (m Machine) runs(h Host) bool {
	for app := range strings.SplitSeq(h.apps, "|") {
		onMac := strings.HasPrefix(app, "$APPLICATIONS/")
		if app != "" && onMac == (m.OS == "darwin") && exists(m.expand(app)) {
			return true
		}
	}
	for name := range strings.FieldsSeq(h.programs) {
		if m.inPath(name) {
			return true
		}
	}
	return false
}

// inPath reports whether a program of that name is in one of the folders of PATH.
func (m Machine) inPath(name string) bool {
	names := []string{name}
	if m.OS == "windows" {
		names = []string{name + ".exe", name + ".cmd", name + ".bat"}
	}
	for _, dir := range filepath.SplitList(m.Path) {
		for _, name := range names {
			info, err := os.Stat(filepath.Join(dir, name))
			if filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() && (m.OS == "windows" || info.Mode().Perm()&0o111 != 0) {
				return true
			}
		}
	}
	return false
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
		if path := m.expand(pattern); exists(path) {
			return []string{path}
		}
		return nil
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
		case "APPLICATIONS":
			return m.Applications
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
