package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// TestDocumentedSettings compares the table of docs/operating.md with the flags.
func TestDocumentedSettings(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{} // environment variable by flag
	for line := range strings.Lines(string(doc)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Contains(cells[1], "`--") {
			flag := strings.Trim(strings.TrimSpace(cells[1]), "`")
			env, _, _ := strings.Cut(strings.TrimSpace(cells[2]), ",")
			documented[flag] = strings.Trim(env, "`")
		}
	}
	for _, s := range new(config).settings("") {
		if got := documented["--"+s.flag]; got != s.env {
			t.Errorf("docs/operating.md gives --%s the variable %q, the program %q", s.flag, got, s.env)
		}
		delete(documented, "--"+s.flag)
	}
	for flag := range documented {
		t.Errorf("docs/operating.md has %s, the program does not", flag)
	}
}

func TestValidateReportsAllMistakes(t *testing.T) {
	c := config{dataDir: "x", port: "many", host: "0.0.0.0", singleTenant: true, tlsCert: "c.pem", maxUploadMB: "0", trustedProxies: "here"}
	err := c.validate()
	if err == nil {
		t.Fatal("validate accepted it")
	}
	for _, want := range []string{"--port", "--host", "--tls-key", "--max-upload-mb", "--trusted-proxies"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the report lacks %s:\n%v", want, err)
		}
	}
}

// An empty host would listen on every address.
func TestValidateRefusesAnEmptyHost(t *testing.T) {
	c := config{dataDir: "x", maxUploadMB: "1"}
	if err := c.validate(); err == nil || !strings.Contains(err.Error(), "--host") {
		t.Errorf("validate() = %v, want a complaint about --host", err)
	}
}

func TestHelpDoesNotShowTheEnvironment(t *testing.T) {
	var out bytes.Buffer
	env := map[string]string{"HOME": "/home/ana", "DATABASE_URL": "postgresql://pierre:hunter2@db/pierre"}
	w := cli.World{Getenv: func(name string) string { return env[name] }, Stdout: &out, Stderr: &out}
	if code := cli.Run(t.Context(), newRoot(w), []string{"--help"}, w); code != 0 || out.Len() == 0 {
		t.Fatalf("--help ended with %d", code)
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("--help shows a password of the environment:\n%s", &out)
	}
}

func TestRustLogIsReadWhenLogLevelIsAbsent(t *testing.T) {
	for rustLog, want := range map[string]string{"": "info", "debug": "debug", "warn,hyper=info": "warn", "hyper=info": "info", "hyper=info,error": "error", "hyper": "info", "hyper,debug": "debug"} {
		if got := rustLevel(rustLog, "info"); got != want {
			t.Errorf("RUST_LOG=%s means %s, want %s", rustLog, got, want)
		}
	}
}
