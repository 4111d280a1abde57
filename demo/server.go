package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	readyWithin = 20 * time.Second
	stopWithin  = 20 * time.Second
	tokenDays   = "30" // make run makes a new one each time
)

// A program is a running pierre-mcp-server or pierre-admin-service.
type program struct {
	name   string
	url    string
	cmd    *exec.Cmd
	ended  chan error
	stderr bytes.Buffer
}

// A server is a running pierre-mcp-server, with its admin API.
type server struct {
	*program

	token secret.String
	admin adminAPI
}

const serverPort, sitePort = "8081", "8082"

func (d *demo) startServer(ctx context.Context) (*server, error) {
	port, err := freePort(ctx, d.stay, serverPort)
	if err != nil {
		return nil, err
	}
	p, err := d.start(ctx, "pierre-mcp-server", port, nil, "--port", port, "--data-dir", d.dataDir)
	if err != nil {
		return nil, err
	}
	d.print("   listening on %s", p.url)
	return &server{program: p}, nil
}

// start starts a program with more variables and waits until it answers.
func (d *demo) start(ctx context.Context, name, port string, env []string, args ...string) (*program, error) {
	p := &program{name: name, url: "http://127.0.0.1:" + port, ended: make(chan error, 1)}
	// The program outlives ctx until stop: Ctrl-C must not cut its drain short.
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(d.bin, name), args...)
	p.cmd.Env = append(slices.Clone(d.env), env...)
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s (run make build first): %w", name, err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// freePort prefers the documented port for a program that stays.
func freePort(ctx context.Context, stay bool, documented string) (string, error) {
	var lc net.ListenConfig
	if stay {
		if ln, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", documented)); err == nil {
			return documented, ln.Close()
		}
	}
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}

func (p *program) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		if p.answers(ctx, "/ready") {
			return nil
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("%s ended: %w\n%s", p.name, err, &p.stderr)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready within %v\n%s", p.name, readyWithin, &p.stderr)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *program) answers(ctx context.Context, path string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		return false
	}
	resp, err := (&http.Client{Timeout: readyWithin}).Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// stop ends the program and waits, so that nothing is left running.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(stopWithin):
		return errors.Join(fmt.Errorf("%s did not stop within %v", p.name, stopWithin), p.cmd.Process.Kill(), <-p.ended)
	}
}

func (p *program) wait(ctx context.Context) error {
	select {
	case err := <-p.ended:
		p.ended <- nil
		return fmt.Errorf("%s ended: %w\n%s", p.name, err, &p.stderr)
	case <-ctx.Done():
		return nil
	}
}

// An adminAPI is what the demo asks an operator's API for.
type adminAPI interface {
	Provision(ctx context.Context, req adminapi.ProvisionRequest, idempotencyKey string) (adminapi.FreshKey, error)
	Usage(ctx context.Context, id pierre.KeyID, start, end string) (usage.Report, error)
}

func (d *demo) provision(ctx context.Context, s *server) (adminapi.FreshKey, error) {
	d.print("\n2. An admin token by admin-setup, and with it an API key for %s", d.user)
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, "admin-setup"), "generate-token", "--service", fmt.Sprintf("demo-%d", time.Now().Unix()),
		"--permissions", "provision_keys,list_keys,revoke_keys,update_key_limits,view_audit_logs,manage_users", "--expires-in-days", tokenDays)
	cmd.Env = append(d.env, "PIERRE_DATA_DIR="+d.dataDir)
	cmd.Stderr = &s.stderr
	token, err := cmd.Output()
	if err != nil {
		return adminapi.FreshKey{}, fmt.Errorf("admin-setup: %w\n%s", err, &s.stderr)
	}
	s.token = secret.New(strings.TrimSpace(string(token)))
	client, err := adminapi.NewClient(s.url, s.token, adminapi.ClientOptions{})
	if err != nil {
		return adminapi.FreshKey{}, err
	}
	s.admin = client
	req := adminapi.ProvisionRequest{
		UserEmail: d.user, Tier: pierre.TierProfessional,
		Settings: adminapi.Settings{Name: new("Claude Desktop"), ExpiresInDays: new(int64(365))},
	}
	body, err := json.Marshal(req)
	if err != nil {
		return adminapi.FreshKey{}, err
	}
	d.print("   POST %s/admin/provision-api-key %s", s.url, body)
	key, err := s.admin.Provision(ctx, req, "")
	if err != nil {
		return adminapi.FreshKey{}, err
	}
	d.print("   %s: %s… for %d calls a %s", key.APIKeyID, key.KeyPrefix, key.RateLimit.Requests, key.RateLimit.Period)
	return key, nil
}

// importRecordings uploads the athlete's recordings, and returns what to ask about them.
func (d *demo) importRecordings(ctx context.Context, s *server, key adminapi.FreshKey, dir string) (story, error) {
	d.print("\n3. The athlete's recordings go up: mcp-client import")
	path, first := d.data, story{questions: ownQuestions}
	if path == "" {
		m, err := demoathlete.Write(dir, demoathlete.Options{Until: time.Now().UTC().Truncate(24 * time.Hour)})
		if err != nil {
			return first, fmt.Errorf("writing the sample athlete: %w", err)
		}
		path, first.questions = dir, sampleQuestions(m.Athlete)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, "mcp-client"), "import", "--url", s.url, path)
	cmd.Env = append(d.env, "PIERRE_AUTH_KEY="+key.APIKey.Reveal())
	cmd.Stderr = d.progress
	report, err := cmd.Output()
	d.print("   %s", strings.Join(remarkable(string(report)), "\n   "))
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		d.print("   (some files could not be read whole: the report names them)")
		err = nil
	}
	if err != nil {
		return first, err
	}
	return first, d.remember()
}

// remember notes whose recordings the data folder holds.
func (d *demo) remember() error {
	return os.WriteFile(filepath.Join(d.dataDir, userFile), []byte(d.user), 0o600)
}

// remarkable leaves out of an import's report the files that were imported without a remark.
func remarkable(report string) []string {
	lines := strings.Split(strings.TrimRight(report, "\n"), "\n")
	var kept []string
	for i, line := range lines {
		plain := strings.HasPrefix(line, "imported ") && i+1 < len(lines) && !strings.HasPrefix(lines[i+1], " ")
		if !plain {
			kept = append(kept, line)
		}
	}
	if left := len(lines) - len(kept); left > 0 {
		kept = append([]string{fmt.Sprintf("(%s imported without a remark, not listed here)", human.Plural(left, "file"))}, kept...)
	}
	return kept
}

func (d *demo) showUsage(ctx context.Context, s *server, key adminapi.FreshKey) error {
	today := time.Now().UTC().Format(time.DateOnly)
	report, err := s.admin.Usage(ctx, key.APIKeyID, today, today)
	if err != nil {
		return err
	}
	d.print("   GET /admin/api-keys/%s/usage: %d calls today, %d failed; %d of the month's limit used, %d left",
		key.APIKeyID, report.Totals.Requests, report.Totals.Failed, report.Limit.Used, report.Limit.Remaining)
	if report.Totals.Requests != int64(d.calls) {
		return fmt.Errorf("the server counted %d calls, but %d were made", report.Totals.Requests, d.calls)
	}
	return nil
}

// printEntry prints a host's entry that works when the demo has ended: with this server if it stays, else with a
// personal one.
func (d *demo) printEntry(s *server, key adminapi.FreshKey) error {
	program, args := "pierre-mcp-server", []string{"--single-tenant"}
	server := map[string]any{}
	if d.stay {
		program, args = "mcp-client", []string{"--url", s.url}
		server["env"] = map[string]string{"PIERRE_AUTH_KEY": key.APIKey.Reveal()}
	}
	command := filepath.Join(d.bin, program)
	server["command"], server["args"] = command, args
	text, err := json.MarshalIndent(map[string]any{"mcpServers": map[string]any{"pierre": server}}, "   ", "  ")
	if err != nil {
		return err
	}
	if d.stay {
		d.print("\n8. What to paste into claude_desktop_config.json; it works while this server runs\n   %s", text)
		return nil
	}
	recordings := d.data
	if recordings == "" {
		recordings = "~/Downloads/export_1234.zip"
	}
	d.print("\n8. To keep it on this machine, import your recordings\n   %[1]s --single-tenant import %[2]s\n"+
		"   and connect the hosts on this computer\n   %[1]s --single-tenant install\n"+
		"   or paste this into claude_desktop_config.json; it needs no server and no key\n   %[3]s", command, quoted(recordings), text)
	return nil
}

// quoted writes a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " '\"()&;$`*?!\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
