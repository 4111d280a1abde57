//go:build unix

package downloads_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/release"
	"github.com/pierre-mcp/pierre/remote/downloads"
)

var thisBuild = "mcp-client_" + runtime.GOOS + "_" + runtime.GOARCH

// openssl runs it, as whoever makes releases does.
func openssl(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is needed")
		}
		t.Skip("openssl is not here")
	}
	if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
	}
}

// newKeys makes a key pair by the commands of decision 0008.
func newKeys(t *testing.T) (private string, public *release.Key) {
	t.Helper()
	dir := t.TempDir()
	private = filepath.Join(dir, "release.key")
	openssl(t, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
	openssl(t, "pkey", "-in", private, "-pubout", "-out", filepath.Join(dir, "release.pub"))
	text, err := os.ReadFile(filepath.Join(dir, "release.pub"))
	if err != nil {
		t.Fatal(err)
	}
	public, err = release.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// build makes a folder with a build for this machine that says its version, and the list of checksums.
func build(t *testing.T, version string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	program := "#!/bin/sh\necho mcp-client " + version + " \"$@\"\n"
	write(t, filepath.Join(dir, thisBuild), program)
	list(t, dir, version, program)
	return dir
}

func list(t *testing.T, dir, version, program string) {
	t.Helper()
	sum := sha256.Sum256([]byte(program))
	write(t, filepath.Join(dir, release.ListFile), "# pierre "+version+"\n"+hex.EncodeToString(sum[:])+"  "+thisBuild+"\n")
}

// sign signs the folder with the project's script.
func sign(t *testing.T, key, dir string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "../../scripts/sign.sh", key, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// replay puts the files of the folder old in the place of those of dir.
func replay(t *testing.T, old, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(old, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
}

// shells are those that people pipe the installer into.
func shells() (found [][]string) {
	for _, shell := range []string{"sh", "dash", "bash", "zsh", "busybox"} {
		if program, err := exec.LookPath(shell); err == nil && shell == "busybox" {
			found = append(found, []string{program, "sh"})
		} else if err == nil {
			found = append(found, []string{program})
		}
	}
	return found
}

// damages are what can happen to the builds after the script was fetched, each with what the script then says.
var damages = map[string]struct {
	do       func(t *testing.T, key, dir string)
	want     string
	oneShell bool // enough to be seen with one of the shells
}{
	"another program": {func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, thisBuild), "#!/bin/sh\necho evil\n") }, "the download is damaged", true},
	"half a program":  {func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, thisBuild), "#!/bin/sh\n") }, "the download is damaged", true},
	"another program and list": {func(t *testing.T, _, dir string) {
		write(t, filepath.Join(dir, thisBuild), "#!/bin/sh\necho evil\n")
		list(t, dir, "1.2.3", "#!/bin/sh\necho evil\n")
	}, "not signed by the key", false},
	"the signature of another key": {func(t *testing.T, _, dir string) {
		other, _ := newKeys(t)
		sign(t, other, dir)
	}, "not signed by the key", true},
	"no signature":        {func(t *testing.T, _, dir string) { remove(t, dir, release.SignatureFile) }, "the builds must be signed", false},
	"an empty signature":  {func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, release.SignatureFile), "") }, "not signed by the key", true},
	"a signature cut off": {func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, release.SignatureFile), "MEUCIQ==") }, "not signed by the key", true},
	"a page instead":      {func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, release.SignatureFile), "<html>") }, "not signed by the key", true},
	"an old release": {func(t *testing.T, key, dir string) {
		old := build(t, "1.2.2")
		sign(t, key, old)
		replay(t, old, dir, thisBuild, release.ListFile, release.SignatureFile)
	}, "those of another release than 1.2.3", false},
	"an old file under the new name": {func(t *testing.T, key, dir string) {
		old := build(t, "1.2.2")
		sign(t, key, old)
		replay(t, old, dir, thisBuild)
	}, "the download is damaged", true},
}

func TestInstallScriptChecksTheSignature(t *testing.T) {
	key, public := newKeys(t)
	for i, shell := range shells() {
		for name, damage := range damages {
			if i > 0 && damage.oneShell {
				continue
			}
			t.Run(filepath.Base(shell[0])+"/"+name, func(t *testing.T) {
				t.Parallel()
				dir := build(t, "1.2.3")
				sign(t, key, dir)
				srv := httptest.NewServer(newServer(t, ready, downloads.Options{Dir: dir, Key: public}))
				t.Cleanup(srv.Close)
				script, home := fetch(t, srv.URL+"/install.sh"), t.TempDir()
				if out, err := pipe(t, script, home, os.Getenv("PATH"), shell); err != nil || !strings.Contains(out, "The signature of release 1.2.3 is good") {
					t.Fatalf("a sound release: %v\n%s", err, out)
				}
				installed := filepath.Join(home, ".local", "bin", "mcp-client")
				if err := os.Remove(installed); err != nil {
					t.Fatal(err)
				}
				damage.do(t, key, dir)
				out, err := pipe(t, script, home, os.Getenv("PATH"), shell)
				if err == nil || !strings.Contains(out, "install.sh: ") || !strings.Contains(out, damage.want) || !strings.Contains(out, "Nothing was installed") {
					t.Errorf("the script said %v:\n%s", err, out)
				}
				if _, err := os.Stat(installed); err == nil {
					t.Error("it was installed all the same")
				}
			})
		}
	}
}

// A machine without openssl cannot check: it is told so, and nothing is installed unchecked.
func TestInstallScriptWithoutAVerifierStops(t *testing.T) {
	key, public := newKeys(t)
	dir, tools := build(t, "1.2.3"), t.TempDir()
	sign(t, key, dir)
	for _, tool := range []string{"uname", "mkdir", "mktemp", "curl", "sed", "cut", "sha256sum", "chmod", "mv", "rm", "fold", "cat"} {
		program, err := exec.LookPath(tool)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(program, filepath.Join(tools, tool)); err != nil {
			t.Fatal(err)
		}
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		key  *release.Key
		want string
		good bool
	}{{public, "openssl is needed", false}, {nil, "Installed mcp-client 1.2.3", true}} {
		srv := httptest.NewServer(newServer(t, ready, downloads.Options{Dir: dir, Key: tc.key}))
		out, err := pipe(t, fetch(t, srv.URL+"/install.sh"), t.TempDir(), tools, []string{sh})
		srv.Close()
		if (err == nil) != tc.good || !strings.Contains(out, tc.want) {
			t.Errorf("want %q: %v\n%s", tc.want, err, out)
		}
	}
}

// A connection that breaks off in the middle of any file ends the installation.
func TestInstallScriptRefusesTruncatedDownloads(t *testing.T) {
	key, public := newKeys(t)
	dir := build(t, "1.2.3")
	sign(t, key, dir)
	s := newServer(t, ready, downloads.Options{Dir: dir, Key: public})
	for _, name := range []string{thisBuild, release.ListFile, release.SignatureFile} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/download/"+name {
				s.ServeHTTP(w, r)
				return
			}
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
				return
			}
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(text[:len(text)/2])
		}))
		home := t.TempDir()
		out, err := pipe(t, fetch(t, srv.URL+"/install.sh"), home, os.Getenv("PATH"), []string{"sh"})
		srv.Close()
		if _, missing := os.Stat(filepath.Join(home, ".local", "bin", "mcp-client")); err == nil || missing == nil || !strings.Contains(out, "cannot download "+srv.URL+"/download/"+name) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// A server with a key serves no installer for builds that the key has not signed: neither from the start nor later.
func TestServerWantsSignedBuilds(t *testing.T) {
	key, public := newKeys(t)
	dir := build(t, "1.2.3")
	opts := downloads.Options{Dir: dir, Key: public}
	if _, err := downloads.New(ready, opts); err == nil || !strings.Contains(err.Error(), "there is no "+release.SignatureFile) {
		t.Errorf("builds without a signature: %v", err)
	}
	sign(t, key, dir)
	s := newServer(t, ready, opts)
	if page := visit(t, s, "/download/", "fit.example").Body.String(); !strings.Contains(page, "of release 1.2.3") || !strings.Contains(page, release.SignatureFile) {
		t.Errorf("the page does not tell of the signature:\n%s", page)
	}
	list(t, dir, "1.2.4", "another program")
	if _, err := downloads.New(ready, opts); err == nil || !strings.Contains(err.Error(), "is not the signature") {
		t.Errorf("builds with another's signature: %v", err)
	}
	for _, installer := range []string{"/install.sh", "/install.ps1"} {
		if w := visit(t, s, installer, "fit.example"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), dir) {
			t.Errorf("%s of damaged builds: %d %s", installer, w.Code, w.Body)
		}
	}
}

// What is signed is what is there.
func TestSignRefusesFilesThatAreNotThoseOfTheList(t *testing.T) {
	key, _ := newKeys(t)
	for name, damage := range map[string]func(dir string){
		"another program": func(dir string) { write(t, filepath.Join(dir, thisBuild), "x") },
		"no version":      func(dir string) { write(t, filepath.Join(dir, release.ListFile), "") },
		"a broken line": func(dir string) {
			write(t, filepath.Join(dir, release.ListFile), "# pierre 1.2.3\nabc  "+thisBuild+"\n")
		},
	} {
		dir := build(t, "1.2.3")
		damage(dir)
		out, err := exec.CommandContext(t.Context(), "../../scripts/sign.sh", key, dir).CombinedOutput()
		if _, missing := os.Stat(filepath.Join(dir, release.SignatureFile)); err == nil || missing == nil || !strings.Contains(string(out), "sign.sh: ") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := client().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v\n%s", url, resp.StatusCode, err, text)
	}
	return string(text)
}
