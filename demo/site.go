package main

import (
	"context"
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
	"slices"
	"strings"
	"time"
)

// The people of the admin site.
const (
	ownerEmail    = "owner@example.com"
	visitorEmail  = "visitor@example.com"
	ownerPassword = "seven quiet otters paint maps"
)

// A site is a running pierre-admin-service in development mode.
type site struct {
	*program

	d      *demo
	server *server
	base   string // its address, as links in mails have it
	mails  string // folder of its mails
	env    []string
	args   []string
}

func (d *demo) startSite(ctx context.Context, s *server) (*site, error) {
	d.print("\n7. The admin site: a stranger asks for a key, the staff approve, the key is shown once")
	port, err := freePort(ctx, d.stay, sitePort)
	if err != nil {
		return nil, err
	}
	st := &site{
		d: d, server: s, base: "http://localhost:" + port, mails: filepath.Join(d.dataDir, "mail"),
		env:  []string{"MCP_SERVER_URL=" + s.url, "MCP_ADMIN_TOKEN=" + s.token.Reveal()},
		args: []string{"--development", "--port", port, "--data-dir", d.dataDir},
	}
	if st.program, err = d.start(ctx, "pierre-admin-service", port, st.env, st.args...); err != nil {
		return nil, err
	}
	d.print("   listening on %s, mails are files in %s", st.base, st.mails)
	return st, nil
}

// ownerLink returns a link that makes the owner's account, or gives it a new password.
func (st *site) ownerLink(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(st.d.bin, st.name), append([]string{"create-owner", "--email", ownerEmail}, st.args...)...)
	cmd.Env = append(slices.Clone(st.d.env), st.env...)
	cmd.Stderr = &st.stderr
	link, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("create-owner: %w\n%s", err, &st.stderr)
	}
	return strings.TrimSpace(string(link)), nil
}

// show goes the way from a request to the first call with its key, as browsers do.
func (st *site) show(ctx context.Context) error {
	d := st.d
	visitor, err := newBrowser()
	if err != nil {
		return err
	}
	if _, err := visitor.post(ctx, st.base+"/request", url.Values{
		"email": {visitorEmail}, "company": {"Alpine Running Club"}, "use_case": {"Our coaches look at the week of each athlete."}, "tier": {"starter"},
	}); err != nil {
		return err
	}
	verify, err := st.mailed(ctx, "verify")
	if err != nil {
		return err
	}
	d.print("   POST /request by %s; the mail's link confirms the address: %s", visitorEmail, verify)
	if _, err := visitor.post(ctx, verify, nil); err != nil {
		return err
	}
	if err := st.approve(ctx); err != nil {
		return err
	}
	claim, err := st.mailed(ctx, "claim")
	if err != nil {
		return err
	}
	page, err := visitor.post(ctx, claim, nil)
	if err != nil {
		return err
	}
	key := keyText.FindString(page)
	if key == "" {
		return fmt.Errorf("the page %s shows no key", claim)
	}
	d.print("   the mail's link shows the key, once: %s shows %s…", claim, key[:len("pk_live_")+4])
	return st.firstCall(ctx, key)
}

var (
	keyText     = regexp.MustCompile(`pk_[a-z]+_[0-9A-Za-z]{32}`)
	requestPath = regexp.MustCompile(`/admin/requests/req_[A-Z0-9]+`)
	versionText = regexp.MustCompile(`name="version" value="([0-9]+)"`)
)

// approve makes the owner's account and approves the request that waits.
func (st *site) approve(ctx context.Context) error {
	d := st.d
	link, err := st.ownerLink(ctx)
	if err != nil {
		return err
	}
	owner, err := newBrowser()
	if err != nil {
		return err
	}
	if _, err := owner.post(ctx, link, url.Values{"name": {"Olivia Owner"}, "password": {ownerPassword}}); err != nil {
		return err
	}
	queue, err := owner.get(ctx, st.base+"/admin/requests")
	if err != nil {
		return err
	}
	path := requestPath.FindString(queue)
	page, err := owner.get(ctx, st.base+path)
	if err != nil {
		return err
	}
	version := versionText.FindStringSubmatch(page)
	if version == nil {
		return errors.New("no request waits for a decision")
	}
	d.print("   %s opens the owner's link, looks at %s and approves it", ownerEmail, path)
	_, err = owner.post(ctx, st.base+path+"/approve", url.Values{"version": {version[1]}, "tier": {"starter"}, "key_type": {"personal"}})
	return err
}

// firstCall calls a tool with the key, as its holder does.
func (st *site) firstCall(ctx context.Context, key string) error {
	d := st.d
	cmd := exec.CommandContext(ctx, filepath.Join(st.d.bin, "mcp-client"), "call", "get_activities", "--url", st.server.url)
	cmd.Env = append(slices.Clone(st.d.env), "PIERRE_AUTH_KEY="+key)
	cmd.Stderr = &st.stderr
	answer, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the first call: %w\n%s", err, &st.stderr)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(answer)), "\n")
	d.print("   mcp-client call get_activities, with that key: %s", first)
	return nil
}

var mailedLink = regexp.MustCompile(`http://localhost:[0-9]+/(verify|claim)/[A-Z0-9]+`)

// mailed waits for a mail to the visitor with a link of a kind.
func (st *site) mailed(ctx context.Context, kind string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		files, _ := filepath.Glob(filepath.Join(st.mails, "*.eml")) // the pattern is right
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			plain := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(text))
			if l := mailedLink.FindStringSubmatch(plain); l != nil && l[1] == kind && strings.Contains(plain, visitorEmail) {
				return l[0], nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no mail with a link to %s within %v\n%s", kind, readyWithin, &st.stderr)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// A browser keeps cookies and follows redirects.
type browser struct{ client *http.Client }

func newBrowser() (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &browser{&http.Client{Jar: jar, Timeout: readyWithin}}, nil
}

func (b *browser) get(ctx context.Context, address string) (string, error) {
	return b.do(ctx, http.MethodGet, address, nil)
}

func (b *browser) post(ctx context.Context, address string, form url.Values) (string, error) {
	return b.do(ctx, http.MethodPost, address, form)
}

const maxPage = 1 << 20

func (b *browser) do(ctx context.Context, method, address string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return "", err
	}
	if resp.StatusCode >= http.StatusBadRequest && resp.StatusCode != http.StatusNotFound {
		return "", fmt.Errorf("%s %s answered %d:\n%s", method, address, resp.StatusCode, page)
	}
	return string(page), nil
}
