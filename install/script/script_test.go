package script_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install/script"
)

func TestOriginStandsInTheScripts(t *testing.T) {
	for _, origin := range []string{"https://pierre.example.com", "http://127.0.0.1:8081", "http://[::1]:8081", "https://a-b.example:65535"} {
		for name, render := range map[string]func(string) (string, error){"install.sh": script.Shell, "install.ps1": script.PowerShell} {
			text, err := render(origin)
			if err != nil || !strings.Contains(text, "'"+origin+"'") || strings.Contains(text, "@ORIGIN@") {
				t.Errorf("%s for %s: %v", name, origin, err)
			}
		}
	}
}

// What is no origin could run as a command in the shell of whoever installs.
func TestNothingElseStandsInTheScripts(t *testing.T) {
	for _, origin := range []string{
		"", "pierre.example.com", "ftp://a", "https://a/path", "https://a?b", "https://a'; rm -rf ~; '", "https://a$(id)", "https://a`id`",
		"https://a b", "https://a\nid", "https://a\n", "https://user@a", "https://a:123456", "https://[::1", "HTTPS://a", "https://a\"",
	} {
		if text, err := script.Shell(origin); err == nil {
			t.Errorf("Shell(%q) = %s", origin, text)
		}
		if _, err := script.PowerShell(origin); err == nil {
			t.Errorf("PowerShell(%q) was rendered", origin)
		}
	}
}

func TestShellParses(t *testing.T) {
	text, err := script.Shell("https://pierre.example.com")
	if err != nil {
		t.Fatal(err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	check := exec.CommandContext(t.Context(), sh, "-n")
	check.Stdin = strings.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	// A download that breaks off before the last line runs nothing.
	cut := text[:strings.LastIndex(text, "main")]
	broken := exec.CommandContext(t.Context(), sh)
	broken.Stdin = strings.NewReader(cut)
	broken.Env = []string{"HOME=/nonexistent"}
	if out, err := broken.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("a script that was cut off: %v, %s", err, out)
	}
}
