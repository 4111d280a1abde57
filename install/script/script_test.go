package script_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/install/script"
)

var (
	unsigned = script.Release{}
	signed   = script.Release{Key: strings.Repeat("A+/9", 30) + "AA==", Version: "1.2.3-dev.4+abc"}
)

func TestOriginStandsInTheScripts(t *testing.T) {
	for _, origin := range []string{"https://pierre.example.com", "http://127.0.0.1:8081", "http://[::1]:8081", "https://a-b.example:65535"} {
		for name, render := range map[string]func(string, script.Release) (string, error){"install.sh": script.Shell, "install.ps1": script.PowerShell} {
			for _, demand := range []script.Release{unsigned, signed} {
				text, err := render(origin, demand)
				if err != nil || !strings.Contains(text, "'"+origin+"'") || !strings.Contains(text, "key='"+demand.Key+"'") && !strings.Contains(text, "$key = '"+demand.Key+"'") ||
					strings.Contains(text, "@ORIGIN@") || strings.Contains(text, "@KEY@") || strings.Contains(text, "@VERSION@") {
					t.Errorf("%s for %s: %v", name, origin, err)
				}
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
		if text, err := script.Shell(origin, unsigned); err == nil {
			t.Errorf("Shell(%q) = %s", origin, text)
		}
		if _, err := script.PowerShell(origin, unsigned); err == nil {
			t.Errorf("PowerShell(%q) was rendered", origin)
		}
	}
}

func TestOnlyAKeyAndAVersionAreDemanded(t *testing.T) {
	for _, demand := range []script.Release{
		{Key: signed.Key},
		{Version: signed.Version},
		{Key: "A'; id; '", Version: "1"},
		{Key: signed.Key + "\n", Version: "1"},
		{Key: signed.Key, Version: "1'; id; '"},
		{Key: signed.Key, Version: "1\n2"},
		{Key: signed.Key, Version: strings.Repeat("1", 65)},
	} {
		if text, err := script.Shell("https://a.example", demand); err == nil {
			t.Errorf("%+v was rendered: %.300s", demand, text)
		}
	}
}

func TestShellParses(t *testing.T) {
	text, err := script.Shell("https://pierre.example.com", signed)
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
