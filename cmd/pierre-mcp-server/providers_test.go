package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/provider/providertest"
)

// personal starts a personal server that can connect accounts at a fake; stop ends it.
func personal(t *testing.T, dir string, fake *providertest.Fake) (address string, stop func()) {
	t.Helper()
	stdin, host := io.Pipe()
	var stdout, stderr log
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: stdin, Stdout: &stdout, Stderr: &stderr}
	c := &config{providers: providerConfig{table: []provider.Provider{fake.Row()}, transport: &http.Transport{}}}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), newRootOf(c, w), []string{"--single-tenant", "--port", "0", "--data-dir", dir}, w)
	}()
	return stderr.find(t, `msg=listening url=(\S+)`), func() {
		host.Close()
		if code := <-ended; code != 0 {
			t.Errorf("it ended with %d:\n%s", code, &stderr.text)
		}
	}
}

// The files for Docker Compose pass on the settings of every provider that the server knows.
func TestComposePassesProviders(t *testing.T) {
	t.Parallel()
	for file, setting := range map[string]string{"docker-compose.prod.yml": "CLIENT_ID", "docker-compose.secrets.yml": "CLIENT_SECRET_FILE"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range provider.Table() {
			if name := "PIERRE_PROVIDER_" + strings.ToUpper(string(p.Name)) + "_" + setting; !strings.Contains(string(text), "      "+name+": ") {
				t.Errorf("%s does not pass on %s", file, name)
			}
		}
	}
}

// They pass on the settings of the weather and of foods, too.
func TestComposePassesWeather(t *testing.T) {
	t.Parallel()
	for file, names := range map[string]string{"docker-compose.yml": "WEATHER FOOD_FILE", "docker-compose.prod.yml": "WEATHER WEATHER_API_KEY WEATHER_DAILY FOOD_FILE", "docker-compose.secrets.yml": "WEATHER_API_KEY_FILE"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(names) {
			if !strings.Contains(string(text), "      "+name+": \"${"+name+":-") {
				t.Errorf("%s does not pass on %s", file, name)
			}
		}
	}
}

// tool calls a tool and returns the answer.
func tool(t *testing.T, address, name, args string) string {
	t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, name, args)
	return post(t, address+"/", "application/json", body)
}

func post(t *testing.T, address, kind, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// awaitTool calls a tool until its answer matches.
func awaitTool(t *testing.T, address, name, args, pattern string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		text := tool(t, address, name, args)
		if regexp.MustCompile(pattern).MatchString(text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not match %s: %s", name, pattern, text)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// The whole way of a person on the own computer: a link from a tool, the page, the data, a restart, the end.
func TestAccountIsConnectedAndFetched(t *testing.T) {
	dialect := providertest.Dialects()[0]
	fake := providertest.New(t, dialect, time.Now, 3, 2)
	dir := t.TempDir()
	address, stop := personal(t, dir, fake)
	link := regexp.MustCompile(regexp.QuoteMeta(address) + `/connect/\w+`).FindString(tool(t, address, "connect_provider", `{"provider":"intervals_icu"}`))
	if link == "" {
		t.Fatal("there is no link")
	}
	if page := post(t, link, "application/x-www-form-urlencoded", url.Values{"key": {dialect.Key}}.Encode()); !strings.Contains(page, "is connected") {
		t.Fatalf("the page says: %s", page)
	}
	awaitTool(t, address, "get_connection_status", `{"provider":"intervals_icu"}`, `"recordings_fetched":3.*"history":"complete"`)
	stop()
	address, stop = personal(t, dir, fake)
	defer stop()
	awaitTool(t, address, "get_activities", `{"provider":"intervals_icu"}`, `"total_count":3`)
	if text := tool(t, address, "disconnect_provider", `{"provider":"intervals_icu"}`); !strings.Contains(text, `"disconnected":true`) {
		t.Errorf("it answers %s", text)
	}
	awaitTool(t, address, "get_connection_status", `{"provider":"intervals_icu"}`, `"activities":3.*Connect the account with connect_provider`)
}

// What is wrong with the settings of providers is said before anything is made.
func TestProviderSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(" from a file \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const prefix = "PIERRE_PROVIDER_POLAR_"
	for name, tt := range map[string]struct {
		env  map[string]string
		want string // of the error; "": there is none
	}{
		"none":         {nil, ""},
		"both":         {map[string]string{"CLIENT_ID": "id", "CLIENT_SECRET": "s"}, ""},
		"from a file":  {map[string]string{"CLIENT_ID": "id", "CLIENT_SECRET_FILE": file}, ""},
		"no secret":    {map[string]string{"CLIENT_ID": "id"}, "go together"},
		"two secrets":  {map[string]string{"CLIENT_ID": "id", "CLIENT_SECRET": "s", "CLIENT_SECRET_FILE": file}, "both set"},
		"no such file": {map[string]string{"CLIENT_ID": "id", "CLIENT_SECRET_FILE": file + "x"}, "CLIENT_SECRET_FILE"},
		"maybe":        {map[string]string{"ACCEPT_POLICY_RISK": "maybe"}, "ACCEPT_POLICY_RISK"},
	} {
		c := readProviders(func(variable string) string { return tt.env[strings.TrimPrefix(variable, prefix)] }, provider.Table())
		if (c.err == nil) != (tt.want == "") || c.err != nil && !strings.Contains(c.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, c.err, tt.want)
		}
		if app := c.apps["polar"]; name == "from a file" && app.ClientSecret.Reveal() != "from a file" {
			t.Errorf("the secret is %q", app.ClientSecret.Reveal())
		}
	}
}
