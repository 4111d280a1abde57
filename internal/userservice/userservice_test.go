package userservice_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/userservice"
)

// odd are arguments that a document might spoil.
func odd() []string {
	return []string{"watch", "--url", "https://a.example?x=1&y=<2>", `a b`, `back\slash`, `end\`, `quo"te`, `\"both`, "50%n $HOME ${X}", "ä 导出", "", "'single'"}
}

func setup(t *testing.T, system string) userservice.Setup {
	t.Helper()
	m := install.Machine{OS: system, Home: "/home/ana", User: `PC\ana & co`}
	s, err := userservice.For(m, userservice.Service{Name: "pierre-watch-x", Title: "Watch 100% & more", Program: "/opt/my programs/mcp-client", Args: odd(), State: "/state", UserID: 501})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// systemd itself says that the unit is right, and starts the program with the very same arguments.
func TestUnit(t *testing.T) {
	s := setup(t, "linux")
	if want := "/home/ana/.config/systemd/user/pierre-watch-x.service"; s.File != want {
		t.Errorf("the file is %s, want %s", s.File, want)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "mcp-client")
	unit := bytes.Replace(s.Content, []byte("/opt/my programs/mcp-client"), []byte(program), 1)
	if err := errors.Join(os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700), os.WriteFile(filepath.Join(dir, "pierre-watch-x.service"), unit, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), analyze, "--user", "--man=no", "verify", filepath.Join(dir, "pierre-watch-x.service"))
	cmd.Env = append(cmd.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "pierre-watch-x") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
	line := string(s.Content[bytes.Index(s.Content, []byte("ExecStart="))+len("ExecStart="):])
	line, _, _ = strings.Cut(line, "\n")
	if got := unitWords(line); !slices.Equal(got[1:], odd()) || got[0] != "/opt/my programs/mcp-client" {
		t.Errorf("the arguments are %q, want %q", got, odd())
	}
}

// unitWords reads a command line as systemd.service(5) says.
func unitWords(line string) []string {
	var words []string
	for line != "" {
		line = strings.TrimPrefix(line, " ")
		var b strings.Builder
		i := 1
		for ; line[i] != '"'; i++ {
			if line[i] == '\\' {
				i++
			}
			b.WriteByte(line[i])
		}
		line = line[i+1:]
		words = append(words, strings.NewReplacer("%%", "%", "$$", "$").Replace(b.String()))
	}
	return words
}

func TestAgent(t *testing.T) {
	s := setup(t, "darwin")
	if want := "/home/ana/Library/LaunchAgents/com.pierre-mcp.pierre-watch-x.plist"; s.File != want {
		t.Errorf("the file is %s, want %s", s.File, want)
	}
	var doc struct {
		XMLName xml.Name `xml:"plist"`
		Dict    struct {
			Keys    []string `xml:"key"`
			Strings []string `xml:"string"`
			Array   struct {
				Strings []string `xml:"string"`
			} `xml:"array"`
			All []struct {
				XMLName xml.Name `xml:"-"`
			} `xml:",any"`
		} `xml:"dict"`
	}
	if err := xml.Unmarshal(s.Content, &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Dict.Array.Strings; !slices.Equal(got[1:], odd()) {
		t.Errorf("the arguments are %q", got)
	}
	// A key is followed by its value: there are as many of both.
	if values := len(doc.Dict.Strings) + 1 + len(doc.Dict.All); len(doc.Dict.Keys) != values || doc.Dict.Keys[0] != "Label" || doc.Dict.Strings[0] != "com.pierre-mcp.pierre-watch-x" {
		t.Errorf("%d keys, %d values", len(doc.Dict.Keys), values)
	}
	if got := s.Start[1].String(); got != "launchctl bootstrap gui/501 "+s.File {
		t.Errorf("it starts by %s", got)
	}
}

func TestTask(t *testing.T) {
	s := setup(t, "windows")
	if !bytes.HasPrefix(s.Content, []byte{0xff, 0xfe}) {
		t.Fatal("no mark of UTF-16")
	}
	var units []uint16
	for b := s.Content[2:]; len(b) > 1; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	dec := xml.NewDecoder(strings.NewReader(string(utf16.Decode(units))))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var task struct {
		XMLName xml.Name `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
		Version string   `xml:"version,attr"`
		Users   []string `xml:"Triggers>LogonTrigger>UserId"`
		Level   string   `xml:"Principals>Principal>RunLevel"`
		Limit   string   `xml:"Settings>ExecutionTimeLimit"`
		Command string   `xml:"Actions>Exec>Command"`
		Args    string   `xml:"Actions>Exec>Arguments"`
	}
	if err := dec.Decode(&task); err != nil {
		t.Fatal(err)
	}
	if task.Version != "1.2" || !slices.Equal(task.Users, []string{`PC\ana & co`}) || task.Level != "LeastPrivilege" || task.Limit != "PT0S" || task.Command != "conhost.exe" {
		t.Errorf("the task is %+v", task)
	}
	if got := windowsWords(task.Args); got[0] != "--headless" || !slices.Equal(got[2:], odd()) {
		t.Errorf("the arguments are %q, want %q", got, odd())
	}
}

// windowsWords reads a command line as CommandLineToArgvW does.
func windowsWords(line string) []string {
	var words []string
	var word []byte
	quoted, any := false, false
	for i := 0; i <= len(line); i++ {
		if i == len(line) || line[i] == ' ' && !quoted {
			if any {
				words = append(words, string(word))
			}
			word, any = nil, false
			continue
		}
		any = true
		slashes := 0
		for ; i < len(line) && line[i] == '\\'; i++ {
			slashes++
		}
		if i < len(line) && line[i] == '"' {
			word = append(word, strings.Repeat(`\`, slashes/2)...)
			if slashes%2 == 1 {
				word = append(word, '"')
			} else {
				quoted = !quoted
			}
			continue
		}
		word = append(word, strings.Repeat(`\`, slashes)...)
		if slashes > 0 {
			i--
			continue
		}
		word = append(word, line[i])
	}
	return words
}

func TestArgumentsThatNoDocumentHolds(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arg := range []string{"line\nbreak", "\x00", "bad \xff text"} {
			if _, err := userservice.For(install.Machine{OS: system}, userservice.Service{Name: "x", Program: "/x", Args: []string{arg}}); err == nil {
				t.Errorf("%s takes %q", system, arg)
			}
		}
	}
}
