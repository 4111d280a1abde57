package main

import (
	"os"
	"strings"
	"testing"
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

func TestRustLogIsReadWhenLogLevelIsAbsent(t *testing.T) {
	for rustLog, want := range map[string]string{"": "info", "debug": "debug", "warn,hyper=info": "warn", "hyper=info": "info", "hyper=info,error": "error"} {
		if got := rustLevel(rustLog, "info"); got != want {
			t.Errorf("RUST_LOG=%s means %s, want %s", rustLog, got, want)
		}
	}
}
