//go:build e2e

// Package releases tests what "make release" built: PIERRE_DIST names the folder. Without it there is nothing to test;
// building a release takes minutes, so the tests of every day do not.
package releases

import (
	"bufio"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var programs = []string{"mcp-client", "pierre-mcp-server", "pierre-admin-service", "admin-setup"}

// dist returns the folder of the release and its version, which stands in the first line of the checksums.
func dist(t *testing.T) (dir, version string) {
	t.Helper()
	dir = os.Getenv("PIERRE_DIST")
	if dir == "" {
		t.Skip("PIERRE_DIST names no release to test")
	}
	text := read(t, filepath.Join(dir, "checksums.txt"))
	first := regexp.MustCompile(`\A# pierre (\S+)\n`).FindStringSubmatch(text)
	if first == nil {
		t.Fatalf("the checksums begin with %.40q", text)
	}
	return dir, first[1]
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// need skips a test for want of a program; where a release is made, that is a mistake.
func need(t *testing.T, name, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is needed to check a release: apt-get install %s", name, pkg)
	}
}

func TestChecksumsNameEveryFile(t *testing.T) {
	dir, version := dist(t)
	listed := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(read(t, filepath.Join(dir, "checksums.txt"))))
	for lines.Scan() {
		if sum, name, ok := strings.Cut(lines.Text(), "  "); ok {
			listed[name] = sum
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "checksums.txt") {
			continue
		}
		sum := sha256.Sum256([]byte(read(t, filepath.Join(dir, entry.Name()))))
		if listed[entry.Name()] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the list says %q", entry.Name(), listed[entry.Name()])
		}
		delete(listed, entry.Name())
	}
	if len(listed) > 0 {
		t.Errorf("the list has files that are not there: %v", listed)
	}
	for _, name := range wanted(version) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// wanted are the files of a release.
func wanted(version string) []string {
	names := []string{"mcp-client.sbom.json", "mcp-client.rb", "mcp-client.scoop.json", "server.json", "checksums.txt"}
	for _, arch := range []string{"amd64", "arm64"} {
		for _, system := range []string{"linux", "darwin", "windows"} {
			program, archive := "mcp-client_"+system+"_"+arch, "mcp-client_"+version+"_"+system+"_"+arch
			if system == "windows" {
				names = append(names, program+".exe", archive+".zip")
			} else {
				names = append(names, program, archive+".tar.gz")
			}
			names = append(names, program+".mcpb")
		}
		names = append(names, "pierre-server_"+version+"_linux_"+arch+".tar.gz")
		for _, pkg := range []string{"mcp-client", "pierre-server"} {
			names = append(names, pkg+"_"+version+"_linux_"+arch+".deb", pkg+"_"+version+"_linux_"+arch+".rpm")
		}
	}
	return names
}

// A build for Linux needs nothing of the system that it runs on, and is for the processor that its name says.
func TestLinuxArchives(t *testing.T) {
	dir, version := dist(t)
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		unpacked := t.TempDir()
		for _, name := range []string{"mcp-client", "pierre-server"} {
			run(t, "tar", "-xzf", filepath.Join(dir, name+"_"+version+"_linux_"+arch+".tar.gz"), "-C", unpacked)
		}
		for _, file := range []string{"LICENSE", "NOTICES.md", "README.md"} {
			read(t, filepath.Join(unpacked, file))
		}
		for _, program := range programs {
			path := filepath.Join(unpacked, program)
			static(t, path, machine)
			for _, file := range []string{"man/" + program + ".1", "completions/" + program + ".bash", "completions/" + program + ".zsh", "completions/" + program + ".fish"} {
				if text := read(t, filepath.Join(unpacked, file)); !strings.Contains(strings.ReplaceAll(text, `\-`, "-"), program) || strings.Contains(text, "/root") {
					t.Errorf("%s is not that of the program, or names the machine that made it", file)
				}
			}
			if arch != runtime.GOARCH {
				continue
			}
			if line := run(t, path, "version"); !strings.HasPrefix(line, program+" "+version+" (") {
				t.Errorf("%s says %q, not version %s", program, line, version)
			}
		}
	}
}

func static(t *testing.T, path string, machine elf.Machine) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	interpreted := slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if err != nil || f.Machine != machine || len(libraries) > 0 || interpreted {
		t.Errorf("%s: machine %v, libraries %v, interpreter %v, %v", path, f.Machine, libraries, interpreted, err)
	}
}

// What package managers are told agrees with the files.
func TestManifests(t *testing.T) {
	dir, version := dist(t)
	need(t, "ruby", "ruby")
	cask := filepath.Join(dir, "mcp-client.rb")
	run(t, "ruby", "-c", cask)
	for _, platform := range []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"} {
		if text := read(t, cask); !strings.Contains(text, sum(t, dir, "mcp-client_"+version+"_"+platform+".tar.gz")) || !strings.Contains(text, `version "`+version+`"`) {
			t.Errorf("the cask lacks version %s or the checksum for %s:\n%s", version, platform, text)
		}
	}

	scoop := decode[struct {
		Version      string
		License      string
		Homepage     string
		Architecture map[string]struct {
			URL  string
			Bin  []string
			Hash string
		}
	}](t, filepath.Join(dir, "mcp-client.scoop.json"))
	for name, arch := range map[string]string{"64bit": "amd64", "arm64": "arm64"} {
		file, got := "mcp-client_"+version+"_windows_"+arch+".zip", scoop.Architecture[name]
		if got.Hash != sum(t, dir, file) || filepath.Base(got.URL) != file || !slices.Equal(got.Bin, []string{"mcp-client.exe"}) {
			t.Errorf("Scoop's manifest for %s: %+v", name, got)
		}
	}
	if scoop.Version != version || scoop.License != "MIT" || scoop.Homepage == "" {
		t.Errorf("Scoop's manifest: %+v", scoop)
	}

	server := decode[struct {
		Version  string
		Packages []struct{ Identifier, Version, FileSha256 string }
	}](t, filepath.Join(dir, "server.json"))
	if server.Version != version || len(server.Packages) != 6 {
		t.Errorf("server.json has version %s and %d packages", server.Version, len(server.Packages))
	}
	for _, p := range server.Packages {
		if p.Version != version || p.FileSha256 != sum(t, dir, filepath.Base(p.Identifier)) {
			t.Errorf("server.json: %+v", p)
		}
	}
	bom := decode[struct {
		Metadata struct{ Component struct{ Version string } }
	}](t, filepath.Join(dir, "mcp-client.sbom.json"))
	if bom.Metadata.Component.Version != version {
		t.Errorf("the bill of materials is of version %q", bom.Metadata.Component.Version)
	}
}

func decode[T any](t *testing.T, path string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, path)), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func sum(t *testing.T, dir, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Error(err)
		return "none"
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
