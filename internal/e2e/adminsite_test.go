//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const sitePermissions = "provision_keys,list_keys,revoke_keys,update_key_limits,view_audit_logs,manage_users"

// An adminSite is a running pierre-admin-service in development mode, whose mails go to a real mail server.
type adminSite struct {
	t      *testing.T
	url    string
	env    []string
	args   []string
	cmd    *exec.Cmd
	ended  chan error
	stderr *buffer
	mails  *mailtest.Server
	client *adminapi.Client // of the server behind it
}

// startSite starts a site that asks s by way of the given URL, with more environment variables.
func startSite(t *testing.T, s *server, serverURL string, env ...string) *adminSite {
	t.Helper()
	token := strings.TrimSpace(s.setup("generate-token", "--service", "site", "--permissions", sitePermissions))
	client, err := adminapi.NewClient(s.url, secret.New(token), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	site := &adminSite{t: t, url: "http://localhost:" + port, mails: mailtest.Start(t, mailtest.Options{}), client: client}
	site.args = []string{"--development", "--port", port}
	site.env = append(append(os.Environ(), "PIERRE_DATA_DIR="+t.TempDir(), "MCP_SERVER_URL="+serverURL, "MCP_PUBLIC_URL="+s.url, "MCP_ADMIN_TOKEN="+token,
		"SMTP_URL=smtp://"+site.mails.Addr+"?tls=none", "MAIL_FROM=Pierre <keys@pierre.example>"), env...)
	site.start()
	t.Cleanup(func() {
		if site.cmd != nil {
			site.end(syscall.SIGTERM)
		}
	})
	return site
}

func (a *adminSite) start() {
	a.t.Helper()
	a.stderr = &buffer{}
	a.cmd = exec.Command(filepath.Join(bin, "pierre-admin-service"), a.args...)
	a.cmd.Env, a.cmd.Stderr = a.env, a.stderr
	if err := a.cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	cmd, ended := a.cmd, make(chan error, 1)
	a.ended = ended
	go func() { ended <- cmd.Wait() }()
	eventually(a.t, 15*time.Second, func() error {
		resp, err := http.Get(a.url + "/ready")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, a.stderr)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

func (a *adminSite) end(sig os.Signal) {
	a.cmd.Process.Signal(sig)
	a.cmd = nil
	select {
	case <-a.ended:
	case <-time.After(20 * time.Second):
		a.t.Errorf("the site did not end after %v\n%s", sig, a.stderr)
	}
}

// run runs a command of the program and returns its stdout.
func (a *adminSite) run(args ...string) string {
	a.t.Helper()
	cmd := exec.Command(filepath.Join(bin, "pierre-admin-service"), append(args, a.args...)...)
	cmd.Env = a.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		a.t.Fatalf("pierre-admin-service %v: %v\n%s%s", args, err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// A visitor is a browser without scripts.
type visitor struct {
	a      *adminSite
	client *http.Client
}

func (a *adminSite) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return &visitor{a, &http.Client{Jar: jar, Timeout: time.Minute}}
}

// owner signs in as an owner, by the link that the operator's shell prints.
func (a *adminSite) owner(email string) *visitor {
	a.t.Helper()
	link := a.run("create-owner", "--email", email)
	v := a.visitor()
	page := v.post(link, url.Values{"name": {"Olivia Owner"}, "password": {"seven quiet otters paint maps"}})
	if !strings.Contains(page, "Overview") && !strings.Contains(page, "Requests") {
		a.t.Fatalf("the owner is not signed in: %s", page)
	}
	return v
}

func (v *visitor) do(method, address string, form url.Values) (int, string, error) {
	if !strings.HasPrefix(address, "http") {
		address = v.a.url + address
	}
	r, err := http.NewRequestWithContext(v.a.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func (v *visitor) post(address string, form url.Values) string {
	v.a.t.Helper()
	status, body, err := v.do(http.MethodPost, address, form)
	if err != nil || status >= 400 && status != http.StatusNotFound {
		v.a.t.Fatalf("POST %s: %d, %v\n%s\n%s", address, status, err, body, v.a.stderr)
	}
	return body
}

func (v *visitor) get(address string) string {
	v.a.t.Helper()
	status, body, err := v.do(http.MethodGet, address, nil)
	if err != nil || status != http.StatusOK {
		v.a.t.Fatalf("GET %s: %d, %v\n%s", address, status, err, body)
	}
	return body
}

var siteLink = regexp.MustCompile(`http://localhost:\d+(/(?:verify|claim|answer)/[A-Z0-9]+)`)

// link waits for a mail to an address that has a link of a kind, and returns the link's path.
func (a *adminSite) link(to, kind string) (path string) {
	a.t.Helper()
	eventually(a.t, 20*time.Second, func() error {
		for _, m := range a.mails.Mails() {
			if l := siteLink.FindStringSubmatch(decodeQuoted(m.Data)); m.To == to && l != nil && strings.HasPrefix(l[1], "/"+kind+"/") {
				path = l[1]
				return nil
			}
		}
		return fmt.Errorf("no mail to %s with a link to /%s/\n%s", to, kind, a.stderr)
	})
	return path
}

// decodeQuoted undoes what quoted-printable does to plain ASCII.
func decodeQuoted(data string) string {
	return strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(data)
}

// verified sends a request and confirms its address. It returns the request's path among the staff's pages.
func (a *adminSite) verified(staff *visitor, email string) (path string) {
	a.t.Helper()
	v := a.visitor()
	v.post("/request", url.Values{"email": {email}, "company": {"Club of " + email}, "use_case": {"Our coaches look at each athlete's week."}, "tier": {"starter"}})
	v.post(a.link(email, "verify"), nil)
	return a.request(staff, email)
}

var requestLink = regexp.MustCompile(`/admin/requests/req_[A-Z0-9]+`)

func (a *adminSite) request(staff *visitor, email string) string {
	a.t.Helper()
	path := requestLink.FindString(staff.get("/admin/requests?state=all&q=" + url.QueryEscape(email)))
	if path == "" {
		a.t.Fatalf("the staff see no request of %s", email)
	}
	return path
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// approve approves the request at a path.
func (a *adminSite) approve(staff *visitor, path string) {
	a.t.Helper()
	version := versionField.FindStringSubmatch(staff.get(path))
	if version == nil {
		a.t.Fatalf("%s cannot be decided: %s", path, staff.get(path))
	}
	status, page, err := staff.do(http.MethodPost, path+"/approve", url.Values{"version": {version[1]}, "tier": {"starter"}, "key_type": {"personal"}})
	if err == nil && status >= http.StatusBadRequest { // an error of the connection: the site was killed meanwhile
		a.t.Fatalf("approving: %d %s", status, page)
	}
}

// keys returns all keys of the address at the server, or those in use.
func (a *adminSite) keys(email string, active bool) []adminapi.Key {
	a.t.Helper()
	list, err := a.client.Keys(a.t.Context(), adminapi.KeyFilter{UserEmail: email, ActiveOnly: active})
	if err != nil {
		a.t.Fatal(err)
	}
	return list.APIKeys
}

// TestSetupAdminToken: the script keeps a token that the site can use, and prints nothing secret.
func TestSetupAdminToken(t *testing.T) {
	s := startServer(t)
	file := filepath.Join(t.TempDir(), "secrets", "admin-token")
	script := exec.Command("../../scripts/setup-admin-token.sh", file)
	script.Env = append(s.env, "ADMIN_SETUP="+filepath.Join(bin, "admin-setup"))
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	token, err := os.ReadFile(file)
	if info, serr := os.Stat(file); err != nil || serr != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v, %v, %v", info, err, serr)
	}
	if bytes.Contains(out, bytes.TrimSpace(token)) {
		t.Errorf("the script prints the token: %s", out)
	}
	doctor := exec.Command(filepath.Join(bin, "pierre-admin-service"), "doctor", "--development")
	doctor.Env = append(os.Environ(), "PIERRE_DATA_DIR="+t.TempDir(), "MCP_SERVER_URL="+s.url, "MCP_ADMIN_TOKEN_FILE="+file)
	report, _ := doctor.Output() // it misses the database's tables and an owner
	if !strings.Contains(string(report), "ok       token ") {
		t.Errorf("doctor says\n%s", report)
	}
}
