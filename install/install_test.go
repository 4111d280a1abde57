package install_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/install"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func entry() install.Entry {
	return install.Entry{
		Command: "/usr/local/bin/mcp-client",
		Args:    []string{"--url", "https://pierre.example.com/mcp?a=1&b=2", "--auth-key-file", "/home/Zoë/.config/pierre/keys/pierre"},
	}
}

// configured is the one configuration file of a host on a fresh machine, with this content.
func configured(t *testing.T, host, content string) install.Target {
	t.Helper()
	tg := target(t, host)
	write(t, tg.File, content)
	return tg
}

// target is the one configuration file of a host on a fresh machine; it does not exist.
func target(t *testing.T, host string) install.Target {
	t.Helper()
	m := install.Machine{OS: "linux", Home: t.TempDir()}
	found, err := m.Find(host)
	if err != nil || len(found) != 1 {
		t.Fatalf("Find(%s) = %v, %v", host, found, err)
	}
	return found[0]
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func apply(t *testing.T, c install.Change, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	backup, err := c.Apply(noon)
	if err != nil {
		t.Fatal(err)
	}
	return backup
}

// Configurations as hosts and people leave them, and what becomes of them.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, in := range inputs {
		name := strings.TrimSuffix(filepath.Base(in), ".in")
		host, _, _ := strings.Cut(name, "_")
		t.Run(name, func(t *testing.T) {
			before := read(t, in)
			tg := configured(t, host, before)
			c, err := tg.Install("pierre", entry())
			backup := apply(t, c, err)
			after := read(t, tg.File)

			golden := strings.TrimSuffix(in, ".in") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(after), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); after != want {
				t.Errorf("got\n%s\nwant\n%s", after, want)
			}
			if got := read(t, backup); got != before {
				t.Errorf("the backup holds\n%s", got)
			}
			e, found, err := tg.Entry("pierre")
			if err != nil || !found || !e.Starts("mcp-client") || strings.Join(e.Args, " ") != strings.Join(entry().Args, " ") {
				t.Errorf("read back: %+v, %v, %v", e, found, err)
			}
			if c, err = tg.Install("pierre", entry()); err != nil || !c.None() {
				t.Errorf("a second install changes %s, %v", c.Diff(), err)
			}
		})
	}
}

func TestUninstallRestoresTheBytes(t *testing.T) {
	inputs, _ := filepath.Glob("testdata/*.in")
	for _, in := range inputs {
		name := strings.TrimSuffix(filepath.Base(in), ".in")
		host, variant, _ := strings.Cut(name, "_")
		if variant == "pasted" { // it has an entry before
			continue
		}
		t.Run(name, func(t *testing.T) {
			before := read(t, in)
			tg := configured(t, host, before)
			c, err := tg.Install("pierre", entry())
			apply(t, c, err)
			c, err = tg.Uninstall("pierre", "mcp-client")
			apply(t, c, err)
			if got := read(t, tg.File); got != before {
				t.Errorf("got\n%q\nwant\n%q", got, before)
			}
			if c, err = tg.Uninstall("pierre", "mcp-client"); err != nil || !c.None() {
				t.Errorf("a second uninstall changes %s, %v", c.Diff(), err)
			}
		})
	}
}

func TestUninstallDeletesAFileMadeForTheEntry(t *testing.T) {
	for _, host := range install.HostNames() {
		t.Run(host, func(t *testing.T) {
			tg := target(t, host)
			c, err := tg.Install("pierre", entry())
			if backup := apply(t, c, err); backup != "" {
				t.Errorf("a backup of nothing: %s", backup)
			}
			if !strings.Contains(string(c.Diff()), "+++ "+tg.File) || !strings.Contains(string(c.Diff()), "--- /dev/null") {
				t.Errorf("diff: %s", c.Diff())
			}
			c, err = tg.Uninstall("pierre", "mcp-client")
			apply(t, c, err)
			if _, err := os.Stat(tg.File); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
}

func TestUninstallAfterOtherChanges(t *testing.T) {
	tg := configured(t, "claude-desktop", "{\n  \"theme\": \"dark\"\n}\n")
	c, err := tg.Install("pierre", entry())
	apply(t, c, err)
	changed := strings.Replace(read(t, tg.File), `"dark"`, `"light" /* since today */`, 1)
	write(t, tg.File, changed)
	c, err = tg.Uninstall("pierre", "mcp-client")
	apply(t, c, err)
	if got, want := read(t, tg.File), "{\n  \"theme\": \"light\" /* since today */,\n  \"mcpServers\": {}\n}\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUninstallLeavesOtherProgramsAlone(t *testing.T) {
	const personal = `{"mcpServers":{"pierre":{"command":"/opt/pierre-mcp-server","args":["--single-tenant"]}}}`
	tg := configured(t, "claude-desktop", personal)
	if c, err := tg.Uninstall("pierre", "mcp-client"); !errors.Is(err, install.ErrOtherProgram) || !c.None() {
		t.Errorf("Uninstall = %s, %v", c.Diff(), err)
	}
}

func TestKeyInConfiguration(t *testing.T) {
	with, without := entry(), entry()
	with.Env = map[string]string{install.KeyVariable: "pk_live_secret"}
	for _, host := range install.HostNames() {
		t.Run(host, func(t *testing.T) {
			tg := target(t, host)
			c, err := tg.Install("pierre", with)
			apply(t, c, err)
			if e, _, _ := tg.Entry("pierre"); e.Env[install.KeyVariable] != "pk_live_secret" {
				t.Errorf("the entry has %v", e.Env)
			}
			c, err = tg.Install("pierre", without)
			apply(t, c, err)
			if got := read(t, tg.File); strings.Contains(got, "secret") || strings.Contains(got, "env") {
				t.Errorf("the key stayed:\n%s", got)
			}
			c, err = tg.Install("pierre", with)
			apply(t, c, err)
			if e, _, _ := tg.Entry("pierre"); e.Env[install.KeyVariable] != "pk_live_secret" {
				t.Errorf("the entry has %v", e.Env)
			}
		})
	}
}

func TestRefusesWhatItCannotKeep(t *testing.T) {
	for _, tc := range []struct{ name, host, content, says string }{
		{"cut off", "claude-desktop", `{"mcpServers": {`, "not valid JSON"},
		{"two documents", "cursor", `{} {}`, "not valid JSON"},
		{"a list", "cursor", `[]`, "no JSON object"},
		{"section twice", "cursor", `{"mcpServers":{}, "mcpServers":{}}`, "twice"},
		{"section is a list", "cursor", `{"mcpServers":[]}`, "no object"},
		{"only a comment", "zed", "// nothing yet\n", "not valid JSON"},
		{"broken TOML", "codex", "[mcp_servers\n", "not valid TOML"},
		{"inline entry", "codex", "[mcp_servers]\npierre = { command = \"x\" }\n", "by hand"},
		{"dotted entry", "codex", "mcp_servers.pierre.command = \"x\"\n", "by hand"},
		{"inline section", "codex", "mcp_servers = { }\n", "left as it is"},
		{"broken YAML", "goose", "extensions: [\n", "not valid YAML"},
		{"two YAML documents", "goose", "a: 1\n---\nb: 2\n", "more than one"},
		{"a YAML list", "goose", "- a\n", "no YAML mapping"},
		{"a YAML key twice", "goose", "a: 1\na: 2\n", "not valid YAML"},
		{"a flow section", "goose", "extensions: {a: {}}\n", "by hand"},
		{"an anchored section", "goose", "extensions: &x\n  a: {}\n", "by hand"},
		{"a section that is text", "goose", "extensions: none\n", "no mapping"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tg := configured(t, tc.host, tc.content)
			_, err := tg.Install("pierre", entry())
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), tg.File) {
				t.Errorf("err = %v, want %q and the file's name", err, tc.says)
			}
			if got := read(t, tg.File); got != tc.content {
				t.Errorf("the file became %q", got)
			}
		})
	}
}

func TestApplyKeepsModeAndLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and links are Unix's")
	}
	tg := target(t, "zed")
	real := filepath.Join(t.TempDir(), "dotfiles", "zed.json")
	write(t, real, "{}\n")
	if err := os.Chmod(real, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(tg.File), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, tg.File); err != nil {
		t.Fatal(err)
	}
	c, err := tg.Install("pierre", entry())
	backup := apply(t, c, err)
	if info, err := os.Lstat(tg.File); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o604 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if filepath.Dir(backup) != filepath.Dir(tg.File) {
		t.Errorf("the backup is %s", backup)
	}
	leftovers, _ := filepath.Glob(filepath.Join(filepath.Dir(real), ".*"))
	if len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}
	if err := os.Remove(real); err != nil {
		t.Fatal(err)
	}
	if _, err := tg.Install("pierre", entry()); err == nil || !strings.Contains(err.Error(), "link") {
		t.Errorf("a dangling link: %v", err)
	}
}

func TestApplySeesOtherWriters(t *testing.T) {
	for _, before := range []string{"", "{}"} {
		tg := target(t, "cursor")
		if before != "" {
			write(t, tg.File, before)
		}
		c, err := tg.Install("pierre", entry())
		if err != nil {
			t.Fatal(err)
		}
		write(t, tg.File, `{"mcpServers":{"other":{}}}`)
		if _, err := c.Apply(noon); !errors.Is(err, install.ErrChanged) {
			t.Errorf("before %q: err = %v", before, err)
		}
		if got := read(t, tg.File); !strings.Contains(got, "other") || strings.Contains(got, "pierre") {
			t.Errorf("the other writer's file became %s", got)
		}
	}
}

func TestBackupsAreBounded(t *testing.T) {
	tg := configured(t, "cursor", "{}")
	e := entry()
	for i := range 8 {
		e.Args = []string{"--url", fmt.Sprintf("https://host%d", i)}
		c, err := tg.Install("pierre", e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Apply(noon.Add(time.Duration(i) * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	kept, _ := filepath.Glob(tg.File + ".*.bak")
	if len(kept) != 5 || !strings.Contains(kept[4], "120007") || !strings.Contains(read(t, kept[4]), "host6") {
		t.Errorf("kept %v", kept)
	}
}

func TestFind(t *testing.T) {
	home := t.TempDir()
	linux := install.Machine{OS: "linux", Home: home}
	if found, err := linux.Find(); err != nil || len(found) != 0 {
		t.Errorf("on an empty machine: %v, %v", found, err)
	}
	write(t, filepath.Join(home, ".claude.json"), "{}")
	for _, dir := range []string{".cursor", ".config/Code/User", ".config/Code - Insiders/User"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, linux, home); got != ".config/Code/User/mcp.json .config/Code - Insiders/User/mcp.json .cursor/mcp.json .claude.json" {
		t.Errorf("found %s", got)
	}
	if got := files(t, linux, home, "gemini", "cursor"); got != ".cursor/mcp.json .gemini/settings.json" {
		t.Errorf("found %s", got)
	}
	if _, err := linux.Find("emacs"); err == nil || !strings.Contains(err.Error(), "claude-desktop") {
		t.Errorf("an unknown host: %v", err)
	}
	if _, err := (install.Machine{OS: "plan9", Home: home}).Find("zed"); err == nil {
		t.Error("Zed on Plan 9 was found")
	}
}

func TestFindOnWindowsAndMacOS(t *testing.T) {
	home := t.TempDir()
	windows := install.Machine{OS: "windows", Home: home, AppData: filepath.Join(home, "Roaming"), LocalAppData: filepath.Join(home, "Local")}
	if got := files(t, windows, home, "claude-desktop"); got != "Roaming/Claude/claude_desktop_config.json" {
		t.Errorf("classic: %s", got)
	}
	if err := os.MkdirAll(filepath.Join(home, "Local/Packages/Claude_pzs8sxrjxfjjc"), 0o755); err != nil {
		t.Fatal(err)
	}
	const msix = "Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json"
	if got := files(t, windows, home); got != msix {
		t.Errorf("packaged: %s", got)
	}
	if err := os.MkdirAll(filepath.Join(home, "Roaming/Claude"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := files(t, windows, home); got != msix+" Roaming/Claude/claude_desktop_config.json" {
		t.Errorf("both: %s", got)
	}
	mac := install.Machine{OS: "darwin", Home: home}
	if got := files(t, mac, home, "claude-desktop"); got != "Library/Application Support/Claude/claude_desktop_config.json" {
		t.Errorf("macOS: %s", got)
	}
}

// A host that was never started has no folder yet, but its program is there.
func TestFindByProgram(t *testing.T) {
	home, bin := t.TempDir(), t.TempDir()
	write(t, filepath.Join(bin, "codex"), "#!/bin/sh\n")
	m := install.Machine{OS: "linux", Home: home, Path: "relative" + string(filepath.ListSeparator) + bin}
	if got := files(t, m, home); got != "" {
		t.Errorf("a file that cannot be run was found: %s", got)
	}
	if err := os.Chmod(filepath.Join(bin, "codex"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := files(t, m, home); got != ".codex/config.toml" {
		t.Errorf("by program: %s", got)
	}
	write(t, filepath.Join(bin, "qwen.cmd"), "")
	m.OS = "windows"
	if got := files(t, m, home); got != ".qwen/settings.json" {
		t.Errorf("on Windows: %s", got)
	}
	apps := t.TempDir()
	mac := install.Machine{OS: "darwin", Home: home, Applications: apps}
	for _, app := range []string{"Claude.app", "Goose.app"} {
		if err := os.MkdirAll(filepath.Join(apps, app), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, mac, home); got != "Library/Application Support/Claude/claude_desktop_config.json .config/goose/config.yaml" {
		t.Errorf("by folder of programs: %s", got)
	}
}

// A host that has two names for its file keeps the one that it has.
func TestFindTheFileThatIsThere(t *testing.T) {
	home := t.TempDir()
	m := install.Machine{OS: "linux", Home: home}
	if got := files(t, m, home, "opencode"); got != ".config/opencode/opencode.json" {
		t.Errorf("a new one: %s", got)
	}
	write(t, filepath.Join(home, ".config/opencode/opencode.jsonc"), "{}")
	if got := files(t, m, home); got != ".config/opencode/opencode.jsonc" {
		t.Errorf("the one that is there: %s", got)
	}
}

// Each host has a place on each system that it runs on, and a file in testdata that shows its form.
func TestHostTable(t *testing.T) {
	titles := map[string]bool{}
	for _, h := range install.Hosts() {
		if h.Name == "" || h.Title == "" || h.Restart == "" || titles[h.Title] {
			t.Errorf("incomplete or twice: %+v", h)
		}
		titles[h.Title] = true
		if found, _ := filepath.Glob("testdata/" + h.Name + "_*.in"); len(found) == 0 {
			t.Errorf("%s has no file in testdata", h.Name)
		}
		for _, system := range []string{"linux", "darwin", "windows"} {
			m := install.Machine{OS: system, Home: t.TempDir()}
			if found, err := m.Find(h.Name); err != nil || len(found) != 1 || !strings.HasPrefix(found[0].File, m.Home) {
				t.Errorf("%s on %s: %v, %v", h.Name, system, found, err)
			}
		}
	}
}

func TestText(t *testing.T) {
	text, err := install.GenericTarget().Text("pierre", install.Entry{Command: "/x/mcp-client"})
	const want = "{\n  \"mcpServers\": {\n    \"pierre\": {\n      \"command\": \"/x/mcp-client\",\n      \"args\": []\n    }\n  }\n}\n"
	if err != nil || text != want {
		t.Errorf("%v, %s", err, text)
	}
}

func files(t *testing.T, m install.Machine, home string, names ...string) string {
	t.Helper()
	found, err := m.Find(names...)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, tg := range found {
		rel, err := filepath.Rel(home, tg.File)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, filepath.ToSlash(rel))
	}
	return strings.Join(list, " ")
}

// fuzzHosts are one host for each kind of file and of entry.
func fuzzHosts() []string { return []string{"cursor", "codex", "goose", "opencode", "amp"} }

func FuzzMerge(f *testing.F) {
	inputs, _ := filepath.Glob("testdata/*.in")
	for _, in := range inputs {
		data, err := os.ReadFile(in)
		if err != nil {
			f.Fatal(err)
		}
		host, _, _ := strings.Cut(filepath.Base(in), "_")
		f.Add(byte(max(0, slices.Index(fuzzHosts(), host))), data)
	}
	for _, s := range []string{"{}", "{/*a*/}", "{\"a\":1,//c\n}", "{\"mcpServers\":{\"b\":1//c\n,\n\"a\":{}//d\n}}", "{ \"mcpServers\" : {\"pierre\":1},}"} {
		f.Add(byte(0), []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		host := fuzzHosts()[int(kind)%len(fuzzHosts())]
		tg := configured(t, host, string(data))
		c, err := tg.Install("pierre", entry())
		if err != nil {
			return // refused
		}
		if _, err := c.Apply(noon); err != nil {
			t.Fatal(err)
		}
		e, found, err := tg.Entry("pierre")
		if err != nil || !found || !e.Starts("mcp-client") {
			t.Fatalf("%q became %q: %v, %v", data, c.After, found, err)
		}
		if again, err := tg.Install("pierre", entry()); err != nil || !again.None() {
			t.Fatalf("%q: not idempotent: %v\n%s", c.After, err, again.Diff())
		}
		if _, had, _ := entryIn(t, host, data); had {
			return
		}
		un, err := tg.Uninstall("pierre", "mcp-client")
		if err != nil || !bytes.Equal(un.After, data) {
			t.Fatalf("%q became %q, and then %q (%v)", data, c.After, un.After, err)
		}
		// Without the backup, at least nothing else is lost.
		if err := os.RemoveAll(filepath.Dir(tg.File)); err != nil {
			t.Fatal(err)
		}
		write(t, tg.File, string(c.After))
		if _, err := tg.Uninstall("pierre", "mcp-client"); err != nil {
			t.Fatalf("%q without a backup: %v", c.After, err)
		}
	})
}

func entryIn(t *testing.T, host string, data []byte) (install.Entry, bool, error) {
	t.Helper()
	tg := configured(t, host, string(data))
	return tg.Entry("pierre")
}
