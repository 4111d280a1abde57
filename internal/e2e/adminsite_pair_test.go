//go:build e2e

package e2e

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// TestTwoSitesOnOneDatabase: two programs that share a PostgreSQL are one site. Whoever signed in at one is at both, of two
// decisions at the same moment one is made, a key is made and shown once, and each mail and each alert comes once.
func TestTwoSitesOnOneDatabase(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	used := useUp(t, s, "bob@example.com") // before both look at limits for the first time
	database := pgtest.URL(t)
	env := []string{"DATABASE_URL=" + database, "ADMIN_ENCRYPTION_KEY=" + rand.Text() + rand.Text()}
	a := startSite(t, s, s.url, env...)
	b := startSite(t, s, s.url, append(env, "SMTP_URL=smtp://"+a.mails.Addr+"?tls=none")...)
	b.mails = a.mails

	l := openLedger(t, "pgx", database, "")
	count := func(query string) (n int) {
		t.Helper()
		if err := l.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	olivia := a.owner("olivia@example.com")
	var paths []string
	for n, site := range []*adminSite{a, b} {
		v := site.visitor()
		email := fmt.Sprintf("p%d@example.com", n)
		v.post("/request", url.Values{"email": {email}, "company": {"Club"}, "use_case": {"Our coaches look at each athlete's week."}, "tier": {"starter"}})
		link := a.link(email, "verify")
		v.post([]*adminSite{b, a}[n].url+link, nil) // at the other one
		paths = append(paths, a.request(olivia, email))
	}
	for n, path := range paths {
		email := fmt.Sprintf("p%d@example.com", n)
		decideTwice(t, olivia, a.url+path, b.url+path)
		claim := a.link(email, "claim")
		eventually(t, 20*time.Second, func() error {
			if count(`SELECT COUNT(*) FROM portal_requests WHERE state = 'provisioned' AND email = '`+email+`'`) == 0 {
				return errors.New("the key is being made")
			}
			return nil
		})
		keys := make([]string, 2)
		var wg sync.WaitGroup
		for i, site := range []*adminSite{a, b} {
			wg.Go(func() { keys[i] = shownKey.FindString(site.visitor().post(claim, nil)) })
		}
		wg.Wait()
		if (keys[0] == "") == (keys[1] == "") {
			t.Errorf("the key of %s is shown at %d sites", email, len(strings.Fields(strings.Join(keys, " "))))
		}
		if active := a.keys(email, true); len(active) != 1 {
			t.Errorf("%s has %d keys", email, len(active))
		}
	}
	eventually(t, 100*time.Second, func() error {
		if n := count(`SELECT COUNT(*) FROM portal_mails WHERE state = 'sent' AND recipient = 'bob@example.com'`); n == 0 {
			return fmt.Errorf("bob, whose limit is used, was not told\n%s\n%s", a.stderr, b.stderr)
		}
		return nil
	})
	if n := count(`SELECT COUNT(*) FROM portal_alerts WHERE rule = 'rule_limit' AND subject = 'key:` + used + `'`); n != 1 {
		t.Errorf("the limit was found %d times", n)
	}
	seen := map[string]int{}
	for _, m := range a.mails.Mails() {
		if subject := m.Header("Subject"); !strings.HasPrefix(subject, "What needs you today") { // comes or not by the hour of the day
			seen[m.To+": "+subject]++
		}
	}
	for what, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", what, n)
		}
	}
	if want := 3*len(paths) + 1; len(seen) != want {
		t.Errorf("%d kinds of mails, want %d: %v", len(seen), want, seen)
	}

	// A session that ends at one ends at both.
	olivia.post(b.url+"/admin/sign-out", nil)
	if page := olivia.get(a.url + "/admin/requests"); !strings.Contains(page, "Sign in") {
		t.Errorf("signed out at one, and not at the other: %s", page)
	}
}

// decideTwice approves a request at two sites at once: one approval is made, the other is told so.
func decideTwice(t *testing.T, staff *visitor, pages ...string) {
	t.Helper()
	version := versionField.FindStringSubmatch(staff.get(pages[1]))
	if version == nil {
		t.Fatalf("%s cannot be decided", pages[1])
	}
	made, late := 0, 0
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, page := range pages {
		wg.Go(func() {
			status, body, err := staff.do(http.MethodPost, page+"/approve", url.Values{"version": {version[1]}, "tier": {"starter"}, "key_type": {"personal"}})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && status == http.StatusOK:
				made++
			case err == nil && status == http.StatusConflict && strings.Contains(body, "olivia@example.com approved this request"):
				late++
			default:
				t.Errorf("approving at %s: %d, %v", page, status, err)
			}
		})
	}
	wg.Wait()
	if made != 1 || late != 1 {
		t.Errorf("%d approvals were made and %d came late", made, late)
	}
}

// useUp makes a key whose limit is one call in a day, and uses it. It returns the key's id.
func useUp(t *testing.T, s *server, email string) (id string) {
	t.Helper()
	client, err := adminapi.NewClient(s.url, secret.New(strings.TrimSpace(s.setup("generate-token", "--service", "test", "--permissions", sitePermissions))), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one := int64(1)
	k, err := client.Provision(t.Context(), adminapi.ProvisionRequest{UserEmail: email, Tier: "starter", Settings: adminapi.Settings{
		RuleSettings: adminapi.RuleSettings{RateLimitRequests: adminapi.Nullable[int64]{Given: true, Value: &one}},
	}}, "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_activities","arguments":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+k.APIKey.Reveal())
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the call: %s", resp.Status)
	}
	return string(k.APIKeyID)
}
