//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestGuideOperator walks through the operator's half of the provisioning guide.
func TestGuideOperator(t *testing.T) {
	s := startServer(t)
	token := strings.TrimSpace(s.setup("generate-token", "--service", "pierre_admin_service",
		"--permissions", "provision_keys,revoke_keys,list_keys", "--expires-in-days", "365"))
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, " \n") {
		t.Fatalf("generate-token printed %q, want one JWT alone", token)
	}
	bearer := []string{"Authorization", "Bearer " + token}

	status, raw := s.do("POST", "/admin/provision-api-key", `{"user_email":"user@example.com","tier":"professional",
		"rate_limit_requests":10000,"rate_limit_period":"month","expires_in_days":365,
		"name":"My App","description":"Production key"}`, bearer...)
	k := decode[key](t, raw)
	if status != http.StatusCreated || !k.Success || k.Tier != "professional" {
		t.Fatalf("provisioning answered %d %s", status, raw)
	}
	for field, want := range map[string]string{k.APIKey: `^pk_live_[0-9A-Za-z]{32}$`, k.APIKeyID: `^key_`, k.UserID: `^user_`} {
		if !regexp.MustCompile(want).MatchString(field) {
			t.Errorf("%q does not look like %s", field, want)
		}
	}
	if _, err := time.Parse(time.RFC3339, k.ExpiresAt); err != nil {
		t.Errorf("expires_at: %v", err)
	}

	status, raw = s.do("GET", "/admin/api-keys?user_email=user@example.com", "", bearer...)
	if status != http.StatusOK || !bytes.Contains(raw, []byte(k.APIKeyID)) || bytes.Contains(raw, []byte(k.APIKey)) {
		t.Errorf("listing answered %d %s; want the key's id and never the key", status, raw)
	}

	call := `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_activities",
		"arguments":{"provider":"strava","limit":10,"days_back":30}},"auth":"` + k.APIKey + `","id":"1"}`
	status, raw = s.do("POST", "/", call)
	answer := decode[struct {
		ID     string
		Result struct {
			StructuredContent struct {
				Activities []json.RawMessage
			}
		}
	}](t, raw)
	if status != http.StatusOK || answer.ID != "1" || answer.Result.StructuredContent.Activities == nil {
		t.Errorf("the guide's call answered %d %s", status, raw)
	}

	today := time.Now().UTC().Format(time.DateOnly)
	status, raw = s.do("GET", "/admin/api-keys/"+k.APIKeyID+"/usage?start_date="+today+"&end_date="+today, "", bearer...)
	usage := decode[struct {
		Totals struct{ Requests, Succeeded int }
		Limit  struct{ Used, Remaining int }
	}](t, raw)
	if status != http.StatusOK || usage.Totals.Requests != 1 || usage.Totals.Succeeded != 1 || usage.Limit.Used != 1 || usage.Limit.Remaining != 9999 {
		t.Errorf("usage answered %d %s; want the one call", status, raw)
	}

	status, first := s.do("DELETE", "/admin/api-keys/"+k.APIKeyID, "", bearer...)
	_, again := s.do("DELETE", "/admin/api-keys/"+k.APIKeyID, "", bearer...)
	if status != http.StatusOK || !bytes.Contains(first, []byte(`"revoked_at"`)) || !bytes.Equal(first, again) {
		t.Errorf("revoking answered %d %s, then %s", status, first, again)
	}
	if status, raw = s.do("POST", "/", call); status != http.StatusUnauthorized || !bytes.Contains(raw, []byte(`"1"`)) {
		t.Errorf("a call with the revoked key answered %d %s; want 401 with the request's id", status, raw)
	}
}

// TestGuideTokens rotates and lists admin tokens while the server runs: both bite at once.
func TestGuideTokens(t *testing.T) {
	s := startServer(t)
	old := s.adminToken()
	list := s.setup("list-tokens", "--json")
	id := regexp.MustCompile(`admin_token_[0-9a-z]+`).FindString(list)
	if id == "" || strings.Contains(list, old) {
		t.Fatalf("list-tokens printed %s", list)
	}
	fresh := strings.TrimSpace(s.setup("rotate-token", id))
	for token, want := range map[string]int{old: http.StatusUnauthorized, fresh: http.StatusOK} {
		if status, raw := s.do("GET", "/admin/token-info", "", "Authorization", "Bearer "+token); status != want {
			t.Errorf("token-info answered %d %s, want %d", status, raw, want)
		}
	}
}

// TestClaudeDesktopEntry runs the guide's entry: mcp-client --url … --auth-key …
func TestClaudeDesktopEntry(t *testing.T) {
	s := startServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter"}`)
	h := startHost(t, os.Environ(), "mcp-client", "--url", s.url, "--auth-key", k.APIKey)
	if r := h.initialize(); r.Error != nil {
		t.Fatalf("initialize: %v", r.Error)
	}
	r := h.ask("1", "tools/call", `{"name":"get_connection_status","arguments":{}}`)
	if r.Error != nil || bytes.Contains(r.Result, []byte(`"isError":true`)) {
		t.Errorf("get_connection_status: %s %v", r.Result, r.Error)
	}
	status, raw := s.do("DELETE", "/admin/api-keys/"+k.APIKeyID, "", "Authorization", "Bearer "+s.adminToken())
	if status != http.StatusOK {
		t.Fatalf("revoking answered %d %s", status, raw)
	}
	if r = h.ask("2", "tools/call", `{"name":"get_connection_status","arguments":{}}`); r.Error == nil || !strings.Contains(r.Error.Message, "revoked") {
		t.Errorf("a call with the revoked key was answered %s %v; want an error that says so", r.Result, r.Error)
	}
	if took := h.end(); took > time.Second {
		t.Errorf("mcp-client took %v to end after its stdin", took)
	}
}

// TestSingleTenantEntry runs the guide's entry pierre-mcp-server --single-tenant --port 8080, twice at once.
func TestSingleTenantEntry(t *testing.T) {
	env := append(os.Environ(), "PIERRE_DATA_DIR="+t.TempDir())
	port := freePort(t)
	first := startHost(t, env, "pierre-mcp-server", "--single-tenant", "--port", port)
	if r := first.initialize(); r.Error != nil {
		t.Fatalf("initialize: %v", r.Error)
	}
	if r := first.ask("1", "tools/call", `{"name":"get_athlete","arguments":{}}`); r.Error != nil {
		t.Errorf("get_athlete: %v", r.Error)
	}
	resp, err := http.Post("http://127.0.0.1:"+port+"/mcp", "application/json",
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		t.Fatalf("the same tools over HTTP: %v", err)
	}
	resp.Body.Close()

	second := startHost(t, env, "pierre-mcp-server", "--single-tenant", "--port", port)
	if r := second.initialize(); r.Error != nil {
		t.Fatalf("a second copy: initialize: %v", r.Error)
	}
	eventually(t, 10*time.Second, func() error { // stderr and stdout are read apart
		if !strings.Contains(second.stderr.String(), port) {
			return fmt.Errorf("the second copy did not warn that port %s is taken: %s", port, second.stderr)
		}
		return nil
	})
	modern := second.ask("7", "tools/list", `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}`)
	if modern.Error != nil || !bytes.Contains(modern.Result, []byte("get_activities")) {
		t.Errorf("tools/list in the stateless era: %s %v", modern.Result, modern.Error)
	}
	first.end()
	second.end()
}

// TestKilledServerLosesNothing pulls the plug: every call that was answered is in the usage and in the quota.
func TestKilledServerLosesNothing(t *testing.T) {
	s := startServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"starter","rate_limit_requests":30,"rate_limit_period":"month"}`)
	call := func(id string) (int, []byte) {
		return s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":`+id+`,"method":"tools/call","params":{"name":"get_stats","arguments":{}}}`,
			"Authorization", "Bearer "+k.APIKey)
	}
	for range 3 {
		for range 5 {
			if status, raw := call("1"); status != http.StatusOK {
				t.Fatalf("call answered %d %s", status, raw)
			}
		}
		s.stop(syscall.SIGKILL)
		s.start()
	}
	status, raw := s.do("GET", "/admin/api-keys/"+k.APIKeyID+"/usage", "", "Authorization", "Bearer "+s.adminToken())
	usage := decode[struct{ Limit struct{ Used, Remaining int } }](t, raw)
	if status != http.StatusOK || usage.Limit.Used != 15 || usage.Limit.Remaining != 15 {
		t.Errorf("after three kills usage says %s, want 15 used", raw)
	}
	for range 15 {
		call("2")
	}
	status, raw = call("9007199254740993")
	refused := decode[response](t, raw)
	if status != http.StatusTooManyRequests || string(refused.ID) != "9007199254740993" || refused.Error == nil || refused.Error.Code != 429 {
		t.Errorf("the 31st call was answered %d %s; want 429 with its id", status, raw)
	}
}

func TestBadCommandLines(t *testing.T) {
	taken := startServer(t)
	for name, tc := range map[string]struct {
		program string
		args    []string
		exit    int
		says    string
	}{
		"client, unknown flag":    {"mcp-client", []string{"--frobnicate"}, 2, "--frobnicate"},
		"client, no url":          {"mcp-client", nil, 2, "--url"},
		"client, plain http":      {"mcp-client", []string{"--url", "http://pierre.example.com"}, 2, "https"},
		"server, unknown flag":    {"pierre-mcp-server", []string{"--frobnicate"}, 2, "--frobnicate"},
		"server, bad port":        {"pierre-mcp-server", []string{"--port", "many"}, 2, "many"},
		"server, bad level":       {"pierre-mcp-server", []string{"--log-level", "loud"}, 2, "loud"},
		"server, open personal":   {"pierre-mcp-server", []string{"--single-tenant", "--host", "0.0.0.0"}, 2, "loopback"},
		"server, port in use":     {"pierre-mcp-server", []string{"--port", taken.port}, 1, taken.port},
		"server, postgres":        {"pierre-mcp-server", []string{"--database-url", "postgresql://u:hunter2@db/p"}, 2, "JWT_SECRET is needed"},
		"admin, unknown flag":     {"admin-setup", []string{"list-tokens", "--frobnicate"}, 2, "--frobnicate"},
		"admin, bad permission":   {"admin-setup", []string{"generate-token", "--service", "x", "--permissions", "fly"}, 2, "fly"},
		"import, no such file":    {"mcp-client", []string{"import", "--url", "http://127.0.0.1:1", "no-such-folder"}, 2, "no-such-folder"},
		"client, unknown command": {"mcp-client", []string{"frobnicate"}, 2, "frobnicate"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(filepath.Join(bin, tc.program), tc.args...)
			cmd.Env = append(os.Environ(), "PIERRE_DATA_DIR="+t.TempDir(), "PIERRE_AUTH_KEY=", "PIERRE_URL=")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != tc.exit {
				t.Errorf("exit %d, want %d", got, tc.exit)
			}
			if !strings.Contains(stderr.String(), tc.says) || strings.Contains(stderr.String(), "hunter2") {
				t.Errorf("stderr %q, want something about %q and no password", &stderr, tc.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout %q, want nothing", &stdout)
			}
		})
	}
}
