package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
)

var update = flag.Bool("update", false, "write the table of settings in docs/OPERATIONS.md")

// TestDocumentedSettings compares the table of docs/OPERATIONS.md with the flags.
func TestDocumentedSettings(t *testing.T) {
	const path, begin, end = "../../docs/OPERATIONS.md", "<!-- settings: made by make golden -->\n", "<!-- end of settings -->\n"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of the table", path)
	}
	table := settingsTable()
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if old != table {
		t.Errorf("the table in %s is not the program's; make golden writes it:\n%s", path, table)
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| flag | environment | default | what |\n|---|---|---|---|\n")
	for _, s := range new(config).table(func(string) string { return "" }) {
		preset, help := s.Default, s.Help
		if text, rest, ok := strings.Cut(help, " (default "); ok && preset == "" {
			help, preset = text, strings.TrimSuffix(rest, ")")
		}
		if s.Flag == "data-dir" {
			preset = "the user's own data folder"
		}
		variables := "`" + s.Env + "`"
		if s.File {
			variables += " or `" + s.Env + "_FILE`"
		}
		fmt.Fprintf(&b, "| `--%s` | %s | %s | %s |\n", s.Flag, variables, preset, help)
	}
	return b.String()
}

// start runs the program with the arguments, each environment variable given as NAME=value, and a data folder
// that must not come into being.
func start(t *testing.T, args, env []string) (code int, stderr string) {
	t.Helper()
	home := filepath.Join(t.TempDir(), "home")
	vars := map[string]string{"HOME": home}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	var out bytes.Buffer
	w := cli.World{Getenv: func(name string) string { return vars[name] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
	code = cli.Run(t.Context(), newRoot(w), args, w)
	if _, err := os.Stat(home); err == nil && code != 0 {
		t.Error("it made its data folder although it did not start")
	}
	return code, out.String()
}

func TestBadValuesEndTheProgramBeforeAnythingIsMade(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("A", 40)
	for _, tc := range []struct {
		name string
		args []string
		env  []string
		want []string // a line each
	}{
		{"port, no number", []string{"--port", "many"}, nil, []string{`--port: must be a number from 0 to 65535, not "many"`}},
		{"port, too high", []string{"--port", "65536"}, nil, []string{"--port: must be"}},
		{"port, negative", []string{"--port", "-1"}, nil, []string{"--port: must be"}},
		{"port of the environment", nil, []string{"PORT=x"}, []string{"PORT: must be"}},
		{"host, no address", []string{"--host", "999.1.1.1"}, nil, []string{`--host: "999.1.1.1" is no IP address`}},
		{"host, empty", []string{"--host", ""}, nil, []string{"--host: must name an address"}},
		{"host with port", []string{"--host", "127.0.0.1:8081"}, nil, []string{"--port has the port"}},
		{"host, URL", []string{"--host", "http://localhost"}, nil, []string{"not the URL"}},
		{"host, unknown name", []string{"--host", "nowhere.invalid"}, nil, []string{"no address is known"}},
		{"host, spaces", []string{"--host", "my host"}, nil, []string{"no host name"}},
		{"HOST, almost an address", nil, []string{"HOST=999.1.1.1"}, []string{`HOST: "999.1.1.1" is no IP address`}},
		{"PIERRE_HOST", nil, []string{"PIERRE_HOST=a b"}, []string{"PIERRE_HOST: "}},
		{"host of another machine", []string{"--host", "192.0.2.1", "--port", "0"}, nil, []string{"--host: 192.0.2.1:0 is not an address of this machine"}},
		{"personal on all addresses", []string{"--single-tenant", "--host", "0.0.0.0"}, nil, []string{"--host: --single-tenant"}},
		{"personal, HOST", []string{"--single-tenant"}, []string{"HOST=0.0.0.0"}, []string{"HOST: --single-tenant"}},
		{"personal with what only many need", []string{"--single-tenant", "--downloads-dir", dir, "--metrics-addr", ":1"}, nil, []string{"--metrics-addr: has no use", "--downloads-dir: has no use"}},
		{"upload, overflow", []string{"--max-upload-mb", "99999999999999"}, nil, []string{"--max-upload-mb: must be a number from 1 to 1000000"}},
		{"upload, beyond 64 bits", []string{"--max-upload-mb", "9223372036854775808"}, nil, []string{"--max-upload-mb: must be"}},
		{"upload, zero", nil, []string{"MAX_UPLOAD_MB=0"}, []string{"MAX_UPLOAD_MB: must be"}},
		{"origin, nonsense", []string{"--allowed-origins", "nonsense"}, nil, []string{`--allowed-origins: "nonsense" is no web origin`}},
		{"origin, star", []string{"--allowed-origins", "*"}, nil, []string{"is no web origin"}},
		{"origin with path", []string{"--allowed-origins", "https://a.example/app"}, nil, []string{"write https://a.example"}},
		{"origin, scheme", []string{"--allowed-origins", "htps://a.example"}, nil, []string{"must begin with https://"}},
		{"origin, port", []string{"--allowed-origins", "https://a.example:70000"}, nil, []string{"the port of"}},
		{"origin, not ASCII", []string{"--allowed-origins", "https://bücher.example"}, nil, []string{"xn--"}},
		{"public URL, nonsense", []string{"--public-url", "zzz"}, nil, []string{`--public-url: "zzz" is no web origin`}},
		{"public URL with path", []string{"--public-url", "https://a.example/pierre"}, nil, []string{"write https://a.example"}},
		{"public URL, extension", []string{"--public-url", "app://obsidian.md"}, nil, []string{"must begin with https://"}},
		{"proxies", []string{"--trusted-proxies", "10.0.0.0/8, here"}, nil, []string{`--trusted-proxies: "here" is no address`}},
		{"metrics without port", []string{"--metrics-addr", "127.0.0.1"}, nil, []string{"--metrics-addr: must be an address with a port"}},
		{"metrics, port", []string{"--metrics-addr", "127.0.0.1:http"}, nil, []string{"--metrics-addr: the port"}},
		{"country database, missing", []string{"--geoip-db", "/nowhere.mmdb"}, nil, []string{"--geoip-db: there is no /nowhere.mmdb"}},
		{"country database, folder", []string{"--geoip-db", dir}, nil, []string{"--geoip-db: " + dir + " is a folder"}},
		{"country database, another file", []string{"--geoip-db", file, "--port", "0"}, nil, []string{"--geoip-db: "}},
		{"downloads, missing", []string{"--downloads-dir", "/nowhere"}, nil, []string{"--downloads-dir: there is no /nowhere"}},
		{"downloads, file", nil, []string{"DOWNLOADS_DIR=" + file}, []string{"DOWNLOADS_DIR: " + file + " is a file"}},
		{"downloads key, missing", []string{"--downloads-dir", dir, "--downloads-key", "/nowhere.pub"}, nil, []string{"--downloads-key: there is no /nowhere.pub"}},
		{"downloads key, another file", nil, []string{"DOWNLOADS_DIR=" + dir, "DOWNLOADS_KEY=" + file}, []string{"DOWNLOADS_KEY: reading " + file + ": there is no PEM block"}},
		{"personal with a downloads key", []string{"--single-tenant", "--downloads-key", file}, nil, []string{"--downloads-key: reading", "--downloads-key: has no use"}},
		{"certificate, missing", []string{"--tls-cert", "/nowhere", "--tls-key", file}, nil, []string{"--tls-cert: reading /nowhere: no such file"}},
		{"certificate without key", []string{"--tls-cert", file}, nil, []string{"--tls-cert: needs --tls-key"}},
		{"key without certificate", nil, []string{"TLS_KEY=" + file}, []string{"TLS_KEY: needs --tls-cert"}},
		{"certificate, another file", []string{"--tls-cert", file, "--tls-key", file}, nil, []string{"--tls-cert: "}},
		{"data folder, file", []string{"--data-dir", file}, nil, []string{"--data-dir: " + file + " is a file"}},
		{"data folder below a file", []string{"--data-dir", file + "/sub"}, nil, []string{"--data-dir: " + file + " is a file"}},
		{"data folder, tilde", []string{"--data-dir", "~/pierre"}, nil, []string{"did not replace the ~"}},
		{"no data folder", nil, []string{"HOME="}, []string{"--data-dir: is needed"}},
		{"database", []string{"--database-url", "mysql://u:hunter2@db/x"}, nil, []string{"--database-url: "}},
		{"Redis", []string{"--redis-url", "redis://u:hunter2@host:port", "--redis-down", "guess"}, nil, []string{"--redis-url: must be a URL", "--redis-down: must be share or deny"}},
		{"PostgreSQL, wrong URL", []string{"--database-url", "postgresql://u:hunter2@db:port/x"}, nil, []string{"--database-url: is no PostgreSQL URL"}},
		{
			"PostgreSQL without secrets",
			[]string{"--database-url", "postgresql://u:hunter2@127.0.0.1:1/x"},
			nil,
			[]string{"JWT_SECRET is needed with a PostgreSQL database", "ENCRYPTION_KEY is needed with a PostgreSQL database"},
		},
		{
			"PostgreSQL with a sample secret",
			[]string{"--database-url", "postgresql://u:hunter2@127.0.0.1:1/x"},
			[]string{"JWT_SECRET=your-jwt-secret-here-of-32-characters", "ENCRYPTION_KEY=" + "c29tZXRoaW5nIHJhbmRvbSBmb3IgYSB0ZXN0Cg=="},
			[]string{"JWT_SECRET is a sample value"},
		},
		{"connections to the database", []string{"--database-connections", "1"}, nil, []string{"--database-connections: must be a number from 2"}},
		{"database, tilde", nil, []string{"DATABASE_URL=sqlite:~/pierre.db"}, []string{"DATABASE_URL: the shell did not"}},
		{"log level", nil, []string{"LOG_LEVEL=loud"}, []string{`LOG_LEVEL: must be one of`}},
		{"access log", []string{"--access-log=loud"}, nil, []string{"--access-log: must be true or false"}},
		{"connections", []string{"--max-connections", "3"}, nil, []string{"--max-connections: must be 0 or a number from 16"}},
		{"log format", []string{"--log-format", "xml"}, nil, []string{"--log-format: must be text or json"}},
		{"secret, short", nil, []string{"JWT_SECRET=short"}, []string{"JWT_SECRET"}},
		{"secret, guessable", nil, []string{"ENCRYPTION_KEY=" + long}, []string{"ENCRYPTION_KEY"}},
		{"secret file, missing", nil, []string{"JWT_SECRET_FILE=/nowhere"}, []string{"JWT_SECRET_FILE"}},
		{"all at once", []string{"--port", "x", "--max-upload-mb", "0"}, []string{"PUBLIC_URL=zzz", "JWT_SECRET=short"}, []string{"--port", "PUBLIC_URL", "--max-upload-mb", "JWT_SECRET"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stderr := start(t, tc.args, tc.env)
			lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
			if code != 2 || len(lines) != len(tc.want) || strings.Contains(stderr, "hunter2") {
				t.Fatalf("exit %d, want 2 and %d lines:\n%s", code, len(tc.want), stderr)
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(lines[i], "pierre-mcp-server: ") || !strings.Contains(lines[i], want) {
					t.Errorf("line %q, want %q in it", lines[i], want)
				}
			}
		})
	}
}

// load returns the configuration that the arguments and the environment give.
func load(t *testing.T, args []string, env map[string]string) (*config, error) {
	t.Helper()
	c, cmd := &config{}, &cobra.Command{Use: "pierre-mcp-server"}
	c.bind(cmd, func(name string) string {
		if name == "HOME" {
			return "/home/ana"
		}
		return env[name]
	})
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return c, c.load()
}

func TestOriginsAreComparedAsBrowsersWriteThem(t *testing.T) {
	c, err := load(t, []string{"--allowed-origins", "https://App.Example.com/, http://a.example:80,https://b.example:443 http://[::1]:3000 vscode-webview://abc"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "https://app.example.com http://a.example https://b.example http://[::1]:3000 vscode-webview://abc"
	if got := strings.Join(c.allowedOrigins, " "); got != want {
		t.Errorf("origins %s, want %s", got, want)
	}
}

func TestHostOfTheShellIsNotTaken(t *testing.T) {
	for _, tc := range []struct {
		env        map[string]string
		args       []string
		want       string
		isReported bool
	}{
		{map[string]string{"HOST": "x86_64-conda-linux-gnu"}, nil, "127.0.0.1", true},
		{map[string]string{"HOST": "macbook.local"}, nil, "127.0.0.1", true},
		{map[string]string{"HOST": "macbook.local"}, []string{"--host", "0.0.0.0"}, "0.0.0.0", false},
		{map[string]string{"HOST": "0.0.0.0"}, nil, "0.0.0.0", false},
		{map[string]string{"HOST": "::"}, nil, "::", false},
		{map[string]string{"HOST": "localhost"}, nil, "localhost", false},
		{map[string]string{"HOST": "0.0.0.0", "PIERRE_HOST": "[::1]"}, nil, "::1", false},
		{nil, nil, "127.0.0.1", false},
	} {
		c, err := load(t, tc.args, tc.env)
		if err != nil || c.host != tc.want || (len(c.warnings) == 1 && strings.Contains(c.warnings[0], "HOST=")) != tc.isReported {
			t.Errorf("%v %v: host %s, warnings %q, %v; want %s", tc.env, tc.args, c.host, c.warnings, err, tc.want)
		}
	}
}

func TestPortDependsOnTheKindOfServer(t *testing.T) {
	for want, args := range map[string][]string{"8081": nil, "8080": {"--single-tenant"}, "9000": {"--single-tenant", "--port", "9000"}} {
		if c, err := load(t, args, nil); err != nil || c.port != want {
			t.Errorf("%v: port %s, %v; want %s", args, c.port, err, want)
		}
	}
}

func TestLargestUpload(t *testing.T) {
	c, err := load(t, []string{"--max-upload-mb", "1000000"}, nil)
	if err != nil || c.maxUploadBytes != 1_000_000<<20 {
		t.Errorf("%d bytes, %v", c.maxUploadBytes, err)
	}
}

func TestHelpDoesNotShowTheEnvironment(t *testing.T) {
	code, out := start(t, []string{"--help"}, []string{"DATABASE_URL=postgresql://pierre:hunter2@db/pierre"})
	if code != 0 || out == "" || strings.Contains(out, "hunter2") {
		t.Errorf("--help ended with %d and shows a password of the environment, or nothing:\n%s", code, out)
	}
}

func TestRustLogIsReadWhenLogLevelIsAbsent(t *testing.T) {
	for rustLog, want := range map[string]string{"": "INFO", "debug": "DEBUG", "warn,hyper=info": "WARN", "hyper=info": "INFO", "hyper=info,error": "ERROR", "hyper": "INFO", "hyper,debug": "DEBUG", ",error": "ERROR"} {
		c, err := load(t, nil, map[string]string{"RUST_LOG": rustLog})
		if err != nil || c.log.Level.String() != want {
			t.Errorf("RUST_LOG=%s means %s, %v; want %s", rustLog, c.log.Level, err, want)
		}
	}
	if c, err := load(t, nil, map[string]string{"RUST_LOG": "debug", "LOG_LEVEL": "error"}); err != nil || c.log.Level.String() != "ERROR" {
		t.Errorf("LOG_LEVEL=error with RUST_LOG=debug means %s, %v", c.log.Level, err)
	}
}

// Whose own server it is, keeps the files of recordings; one for many does so if it is told to.
func TestKeepOriginals(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  string
		want bool
	}{
		{[]string{"--single-tenant"}, "", true},
		{[]string{"--single-tenant", "--keep-originals=false"}, "", false},
		{[]string{"--single-tenant"}, "false", false},
		{nil, "", false},
		{nil, "true", true},
		{[]string{"--keep-originals"}, "false", true},
	} {
		c, err := load(t, tt.args, map[string]string{"KEEP_ORIGINALS": tt.env})
		if err != nil || c.keepOriginals != tt.want {
			t.Errorf("%v with %q: %v, %v; want %v", tt.args, tt.env, c.keepOriginals, err, tt.want)
		}
	}
	if _, err := load(t, nil, map[string]string{"KEEP_ORIGINALS": "perhaps"}); err == nil || !strings.Contains(err.Error(), "KEEP_ORIGINALS") {
		t.Errorf("perhaps: %v", err)
	}
}
