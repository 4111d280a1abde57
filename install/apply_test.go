package install_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/install"
)

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Skipf("no links here: %v", err)
	}
}

func planned(t *testing.T, tg install.Target) install.Change {
	t.Helper()
	c, err := tg.Install("pierre", entry())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// leftBehind fails if a temporary file is left in the folder.
func leftBehind(t *testing.T, dir string) {
	t.Helper()
	if found, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); len(found) > 0 {
		t.Errorf("left behind: %v", found)
	}
}

// A new configuration may get other secrets later: only its user can read it.
func TestNewFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are Unix's")
	}
	tg := target(t, "kiro") // two folders below the home folder
	apply(t, planned(t, tg), nil)
	for path, want := range map[string]os.FileMode{tg.File: 0o600, filepath.Dir(tg.File): 0o700, filepath.Dir(filepath.Dir(tg.File)): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %v", path, info.Mode(), err, want)
		}
	}
}

// A read-only file is replaced all the same, since its user agreed, and stays read-only, as does its backup.
func TestReadOnlyFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are Unix's")
	}
	tg := configured(t, "cursor", "{}\n")
	if err := os.Chmod(tg.File, 0o400); err != nil {
		t.Fatal(err)
	}
	backup := apply(t, planned(t, tg), nil)
	for _, path := range []string{tg.File, backup} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o400 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	c, err := tg.Uninstall("pierre", "mcp-client")
	apply(t, c, err)
	if got := read(t, tg.File); got != "{}\n" {
		t.Errorf("it became %q", got)
	}
}

// What stands where a configuration should is neither read nor replaced.
func TestNoRegularFile(t *testing.T) {
	folder := target(t, "cursor")
	if err := os.MkdirAll(folder.File, 0o755); err != nil {
		t.Fatal(err)
	}
	below := target(t, "cursor")
	write(t, filepath.Dir(below.File), "a file where the folder should be")
	loop := target(t, "cursor")
	link(t, "mcp.json", loop.File)
	toFolder := target(t, "cursor")
	link(t, t.TempDir(), toFolder.File)
	for name, tg := range map[string]install.Target{"a folder": folder, "below a file": below, "a loop of links": loop, "a link to a folder": toFolder} {
		c, err := tg.Install("pierre", entry())
		if err == nil || !strings.Contains(err.Error(), tg.File) || !c.None() {
			t.Errorf("%s: Install = %s, %v", name, c.Diff(), err)
		}
		if _, found, err := tg.Entry("pierre"); found || err == nil {
			t.Errorf("%s: Entry = %v, %v", name, found, err)
		}
		if c, err := tg.Uninstall("pierre", "mcp-client"); err == nil || !c.None() {
			t.Errorf("%s: Uninstall = %s, %v", name, c.Diff(), err)
		}
	}
}

// A file of 32 MiB is read, one byte more is not.
func TestSizeOfAConfiguration(t *testing.T) {
	const most = 32 << 20
	tg := configured(t, "cursor", `{"mcpServers":{"pierre":{"command":"/mcp-client"}}}`)
	f, err := os.OpenFile(tg.File, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pad := func(n int64) {
		if _, err := f.WriteString(strings.Repeat(" ", int(n))); err != nil {
			t.Fatal(err)
		}
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	pad(most - info.Size())
	if _, found, err := tg.Entry("pierre"); !found || err != nil {
		t.Errorf("at the limit: %v, %v", found, err)
	}
	pad(1)
	if _, _, err := tg.Entry("pierre"); err == nil || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Errorf("over the limit: %v", err)
	}
}

// A link to a link stays one, whether it is relative or not, and so does a folder that is a link.
func TestChainsOfLinks(t *testing.T) {
	dotfiles := t.TempDir()
	write(t, filepath.Join(dotfiles, "deep/real.json"), "{}\n")
	link(t, "deep/real.json", filepath.Join(dotfiles, "current.json"))
	tg := target(t, "cursor")
	link(t, filepath.Join(dotfiles, "current.json"), tg.File)
	apply(t, planned(t, tg), nil)
	for _, path := range []string{tg.File, filepath.Join(dotfiles, "current.json")} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", path, err)
		}
	}
	if got := read(t, filepath.Join(dotfiles, "deep/real.json")); !strings.Contains(got, "pierre") {
		t.Errorf("the file behind the links holds %q", got)
	}
	leftBehind(t, filepath.Join(dotfiles, "deep"))

	folder := target(t, "cursor")
	link(t, t.TempDir(), filepath.Dir(folder.File))
	apply(t, planned(t, folder), nil)
	c, err := folder.Uninstall("pierre", "mcp-client")
	apply(t, c, err)
	if _, err := os.Lstat(filepath.Dir(folder.File)); err != nil || !c.Delete {
		t.Errorf("after install and uninstall in a folder that is a link: %v, %+v", err, c)
	}
}

// Whatever others do to the file between the plan and its execution is not undone.
func TestOthersChangeTheFile(t *testing.T) {
	for name, others := range map[string]func(path string) error{
		"write":  func(path string) error { return os.WriteFile(path, []byte(`{"theirs":1}`), 0o600) },
		"empty":  func(path string) error { return os.Truncate(path, 0) },
		"delete": os.Remove,
		"replace it by a link": func(path string) error {
			if err := os.WriteFile(path+".theirs", []byte(`{"theirs":1}`), 0o600); err != nil {
				return err
			}
			return errors.Join(os.Remove(path), os.Symlink(path+".theirs", path))
		},
	} {
		for _, uninstall := range []bool{false, true} {
			tg := target(t, "cursor")
			var c install.Change
			if uninstall {
				apply(t, planned(t, tg), nil) // the file is made for the entry: uninstalling would delete it
				var err error
				if c, err = tg.Uninstall("pierre", "mcp-client"); err != nil || !c.Delete {
					t.Fatalf("%+v, %v", c, err)
				}
			} else {
				write(t, tg.File, "{}")
				c = planned(t, tg)
			}
			if err := others(tg.File); err != nil {
				t.Fatal(err)
			}
			theirs, _ := os.ReadFile(tg.File)
			if backup, err := c.Apply(noon); !errors.Is(err, install.ErrChanged) || backup != "" {
				t.Errorf("%s, uninstall %v: backup %q, %v", name, uninstall, backup, err)
			}
			if got, _ := os.ReadFile(tg.File); string(got) != string(theirs) {
				t.Errorf("%s, uninstall %v: the file became %q", name, uninstall, got)
			}
			leftBehind(t, filepath.Dir(tg.File))
		}
	}
}

// A host that reads while the file is written sees the old configuration or the new one.
func TestReadersSeeWholeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open cannot be replaced there")
	}
	tg := configured(t, "cursor", `{"mcpServers":{"other":{"command":"`+strings.Repeat("x", 1<<16)+`"}}}`)
	var reader sync.WaitGroup
	written := make(chan struct{})
	reader.Go(func() {
		for {
			data, err := os.ReadFile(tg.File)
			var config struct {
				Servers map[string]struct {
					Command string `json:"command"`
				} `json:"mcpServers"`
			}
			if err != nil || json.Unmarshal(data, &config) != nil || len(config.Servers["other"].Command) != 1<<16 {
				t.Errorf("a reader saw %d bytes, %v", len(data), err)
				return
			}
			select {
			case <-written:
				return
			default:
			}
		}
	})
	e := entry()
	for i := range 40 {
		e.Args = []string{"--url", fmt.Sprintf("https://host%d", i)}
		c, err := tg.Install("pierre", e)
		if err == nil {
			_, err = c.Apply(noon.Add(time.Duration(i) * time.Millisecond))
		}
		if err != nil {
			t.Error(err)
			break
		}
	}
	close(written)
	reader.Wait()
}

// Without a backup nothing is changed.
func TestBackupFails(t *testing.T) {
	tg := configured(t, "cursor", "{}")
	c := planned(t, tg)
	inTheWay := tg.File + "." + noon.Format("20060102-150405.000") + ".bak"
	write(t, filepath.Join(inTheWay, "file"), "")
	if _, err := c.Apply(noon); err == nil || !strings.Contains(err.Error(), "backing up") {
		t.Errorf("err = %v", err)
	}
	if got := read(t, tg.File); got != "{}" {
		t.Errorf("the file became %q", got)
	}
	leftBehind(t, filepath.Dir(tg.File))
}

// Only our own backups are counted, deleted and looked into.
func TestForeignBackups(t *testing.T) {
	tg := configured(t, "cursor", "{}")
	var foreign []string
	for _, name := range []string{".bak", ".old.bak", ".20260101-000000.000.bak.txt", ".20260101.bak", ".20261301-000000.000.bak", "x.20260101-000000.000.bak"} {
		foreign = append(foreign, tg.File+name)
		write(t, tg.File+name, "theirs")
	}
	e := entry()
	for i := range 7 {
		e.Args = []string{fmt.Sprint(i)}
		c, err := tg.Install("pierre", e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Apply(noon.Add(time.Duration(i) * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range foreign {
		if got := read(t, path); got != "theirs" {
			t.Errorf("%s holds %q", path, got)
		}
	}
}

// Backups that cannot be read, or that fit no more, do not keep an entry from being taken out.
func TestUninstallWithoutAUsableBackup(t *testing.T) {
	for name, spoil := range map[string]func(backup string) error{
		"broken":   func(b string) error { return os.WriteFile(b, []byte("{"), 0o600) },
		"empty":    func(b string) error { return os.WriteFile(b, nil, 0o600) },
		"a folder": func(b string) error { return errors.Join(os.Remove(b), os.Mkdir(b, 0o700)) },
		"gone":     os.Remove,
		"another":  func(b string) error { return os.WriteFile(b, []byte(`{"theme":"old"}`), 0o600) },
	} {
		tg := configured(t, "cursor", `{"theme": "dark", "mcpServers": {"other": {"command": "x"}}}`)
		backup := apply(t, planned(t, tg), nil)
		if err := spoil(backup); err != nil {
			t.Fatal(err)
		}
		c, err := tg.Uninstall("pierre", "mcp-client")
		if err != nil || string(c.After) != `{"theme": "dark", "mcpServers": {"other": {"command": "x"}}}` {
			t.Errorf("%s: %s, %v", name, c.After, err)
		}
	}
}

// What the user changed after the installation stays, and is not taken back with the backup.
func TestUninstallKeepsLaterChanges(t *testing.T) {
	for _, host := range []string{"cursor", "codex", "goose"} {
		before := map[string]string{"cursor": "{\n  \"theme\": \"dark\"\n}\n", "codex": "theme = \"dark\"\n", "goose": "theme: dark\n"}[host]
		tg := configured(t, host, before)
		apply(t, planned(t, tg), nil)
		write(t, tg.File, strings.Replace(read(t, tg.File), "dark", "light", 1))
		c, err := tg.Uninstall("pierre", "mcp-client")
		apply(t, c, err)
		if got := read(t, tg.File); !strings.Contains(got, "light") || strings.Contains(got, "mcp-client") {
			t.Errorf("%s: the file became\n%s", host, got)
		}
	}
}
