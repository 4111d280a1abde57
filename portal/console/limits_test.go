package console_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// status makes a request and reports another status than the one that is wanted.
func (s *site) status(role, method, path string, want int, values url.Values) answer {
	s.t.Helper()
	a := s.do(role, method, path, values)
	if a.status != want {
		s.t.Errorf("%s %s: status %d, want %d: %.300s", method, path, a.status, want, a.body)
	}
	if strings.Contains(a.body, hostile) {
		s.t.Errorf("%s %s shows elements that were typed", method, path)
	}
	return a
}

// TestIdsReachNoOtherPath: what stands in a path is one part of a path at the server, too.
func TestIdsReachNoOtherPath(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := s.key("ana@club.example", "One", pierre.TierStarter)
	for _, id := range []string{
		"..%2Ftiers%2Ftrial", "..%2F..%2Fadmin%2Fusers", "%2e%2e%2Fusers", string(k.APIKeyID) + "%2Fusage", string(k.APIKeyID) + "%3Fx=y", string(k.APIKeyID) + "%23", string(k.APIKeyID) + "%00", "%ff", "%0d%0aX:%20y", strings.Repeat("a", 300), "key_none",
	} {
		for _, at := range []string{"keys", "customers", "tiers"} {
			path := "/admin/" + at + "/" + id
			s.status("admin", http.MethodGet, path, http.StatusNotFound, nil)
		}
		for path, values := range map[string]url.Values{
			"/admin/keys/" + id + "/limits": {"name": {"x"}}, "/admin/keys/" + id + "/rotate": {"grace": {"0"}}, "/admin/keys/" + id + "/revoke": {"word": {"REVOKE"}},
			"/admin/customers/" + id: {"notes": {"x"}}, "/admin/customers/" + id + "/tier": {"tier": {"trial"}}, "/admin/tiers/" + id: {"base": {"1"}},
		} {
			s.status("admin", http.MethodPost, path, http.StatusNotFound, values)
		}
	}
	if now, err := s.server.Client.Key(t.Context(), k.APIKeyID); err != nil || now.Status != pierre.KeyActive || now.Name != "One" || now.ReplacedBy != nil {
		t.Errorf("the key was changed: %+v, %v", now, err)
	}
	log, err := s.server.Client.Audit(t.Context(), adminapi.AuditFilter{Limit: 10})
	if err != nil || len(log.Entries) == 0 || log.Entries[0].Action != "key.provision" {
		t.Errorf("the server's log: %+v, %v", log, err)
	}
}

// TestLimitsAtTheirEdges: what a key cannot have is marked, what was typed stays, and nothing is changed.
func TestLimitsAtTheirEdges(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := s.key("ana@club.example", "One", pierre.TierStarter)
	path := "/admin/keys/" + string(k.APIKeyID) + "/limits"
	for _, c := range []struct{ field, value string }{
		{"rate_limit_requests", "0"},
		{"rate_limit_requests", "-1"},
		{"rate_limit_requests", "1.5"},
		{"rate_limit_requests", "9223372036854775808"},
		{"rate_limit_requests", "1e3"},
		{"rate_limit_requests", hostile},
		{"expires_at", "2027-02-30"},
		{"expires_at", "31.1.2027"},
		{"expires_at", "2026-11-01"},
		{"expires_at", hostile},
		{"name", strings.Repeat("x", 5000)},
		{"name", "a\x00b"},
	} {
		values := url.Values{"name": {"Typed <b>"}, "rate_limit_requests": {"5"}, "rate_limit_period": {"day"}}
		values.Set(c.field, c.value)
		a := s.status("admin", http.MethodPost, path, http.StatusUnprocessableEntity, values)
		if !strings.Contains(a.body, `id="f-`+c.field+`-error"`) || c.field != "name" && !strings.Contains(a.body, "Typed &lt;b&gt;") {
			t.Errorf("%s=%.20q is not marked, or what was typed is gone", c.field, c.value)
		}
	}
	if now, err := s.server.Client.Key(t.Context(), k.APIKeyID); err != nil || now.Name != "One" || len(now.OwnRules) > 0 || now.ExpiresAt != nil {
		t.Errorf("the key was changed: %+v, %v", now, err)
	}
	s.status("admin", http.MethodPost, path, http.StatusSeeOther, url.Values{"name": {hostile}, "rate_limit_requests": {" 1 000 "}, "rate_limit_period": {"hour"}})
	a := s.status("viewer", http.MethodGet, "/admin/keys/"+string(k.APIKeyID), http.StatusOK, nil)
	s.shows(a, "of 1,000 a", "&lt;script&gt;")
}

// TestTwoRotateAtOnce: one gets the new key, the other is told.
func TestTwoRotateAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := s.key("ana@club.example", hostile, pierre.TierStarter)
	path := "/admin/keys/" + string(k.APIKeyID)
	for _, grace := range []string{"", "x", "-1", "99999999999", "1.5", "2147483647"} {
		s.status("admin", http.MethodPost, path+"/rotate", http.StatusUnprocessableEntity, url.Values{"grace": {grace}})
	}
	answers := [2]answer{}
	var wg sync.WaitGroup
	for n := range answers {
		wg.Go(func() { answers[n] = s.post(path+"/rotate", url.Values{"grace": {"0"}}) })
	}
	wg.Wait()
	slices.SortFunc(answers[:], func(a, b answer) int { return a.status - b.status })
	if answers[0].status != http.StatusOK || answers[1].status != http.StatusConflict || !strings.Contains(answers[0].body, "pk_live_") || strings.Contains(answers[1].body, "pk_live_") {
		t.Errorf("statuses %d and %d", answers[0].status, answers[1].status)
	}
	keys, err := s.server.Client.Keys(t.Context(), adminapi.KeyFilter{User: k.UserID})
	if err != nil || len(keys.APIKeys) != 2 {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	fresh := regexp.MustCompile(`pk_live_[A-Za-z0-9_-]+`).FindString(answers[0].body)
	for _, page := range []string{path, "/admin/keys", "/admin/keys.csv", "/admin/customers/" + string(k.UserID), "/admin"} {
		if a := s.status("viewer", http.MethodGet, page, http.StatusOK, nil); strings.Contains(a.body, fresh) {
			t.Errorf("%s shows the key again", page)
		}
	}
}

// TestEndedKeysStayEnded: a key that was revoked is not changed, and offers nothing.
func TestEndedKeysStayEnded(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := s.key("ana@club.example", "One", pierre.TierStarter)
	path := "/admin/keys/" + string(k.APIKeyID)
	s.status("admin", http.MethodPost, path+"/revoke", http.StatusSeeOther, url.Values{"word": {" REVOKE\r\n"}})
	s.status("admin", http.MethodPost, path+"/rotate", http.StatusConflict, url.Values{"grace": {"0"}})
	s.status("admin", http.MethodPost, path+"/limits", http.StatusConflict, url.Values{"name": {"Two"}})
	a := s.status("admin", http.MethodGet, path, http.StatusOK, nil)
	for _, part := range []string{"/rotate", "/revoke", "/limits"} {
		if strings.Contains(a.body, part) {
			t.Errorf("a revoked key offers %s", part)
		}
	}
	a = s.status("admin", http.MethodGet, "/admin/customers/"+string(k.UserID)+"/tier?tier=trial", http.StatusOK, nil)
	if strings.Contains(a.body, "<button") && strings.Contains(a.body, "Change 1") {
		t.Error("a revoked key would change its tier")
	}
}

// TestCustomersAreChangedAsAWhole: if a field is wrong, none is kept, neither here nor at the server.
func TestCustomersAreChangedAsAWhole(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := s.key("ana@club.example", "One", pierre.TierStarter)
	path := "/admin/customers/" + string(k.UserID)
	s.status("admin", http.MethodPost, path, http.StatusSeeOther, url.Values{"company": {strings.Repeat("ü", 200)}, "contacts": {"Ana"}, "notes": {"first"}})
	for field, bad := range map[string][]string{
		"company": {strings.Repeat("ü", 201), "a\nb", "\xff", "a\x00"}, "contacts": {strings.Repeat("x", 4001), "a\x1b"}, "notes": {strings.Repeat("x", 4001), "a\x00"},
	} {
		for _, value := range bad {
			values := url.Values{"company": {"Second"}, "contacts": {hostile}, "notes": {"second"}}
			values.Set(field, value)
			if a := s.status("admin", http.MethodPost, path, http.StatusUnprocessableEntity, values); !strings.Contains(a.body, `id="f-`+field+`-error"`) {
				t.Errorf("%s=%.20q is not marked", field, value)
			}
			user, err := s.server.Client.User(t.Context(), k.UserID)
			known, err2 := s.db.Customer(t.Context(), k.UserID)
			if err != nil || err2 != nil || user.Notes != "first" || known.Contacts != "Ana" {
				t.Errorf("with %s=%.20q: %q and %+v are kept", field, value, user.Notes, known)
			}
		}
	}
}

// TestListsHaveAllOnTheirPages: each key and customer once, in the list as in the file, and the filter stays.
func TestListsHaveAllOnTheirPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	const many = 53
	for n := range many {
		s.key(fmt.Sprintf("person%02d@club.example", n), fmt.Sprintf("Key %02d", n), pierre.TierStarter)
	}
	s.key("other@else.example", "Other", pierre.TierTrial)
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`)
	for _, list := range []struct{ path, row string }{{"/admin/keys?q=club.example&sort=name", `href="/admin/keys/(key_[^"/]+)"`}, {"/admin/customers?q=club.example", `href="/admin/customers/([^"/?]+)"`}} {
		base, _, _ := strings.Cut(list.path, "?")
		seen, shown := map[string]bool{}, 0
		for path, pages := list.path, 1; path != ""; pages++ {
			a := s.status("viewer", http.MethodGet, path, http.StatusOK, nil)
			here := map[string]bool{}
			for _, found := range regexp.MustCompile(list.row).FindAllStringSubmatch(a.body, -1) {
				here[found[1]], seen[found[1]] = true, true
			}
			shown += len(here)
			path = ""
			if m := next.FindStringSubmatch(a.body); m != nil {
				path = base + strings.ReplaceAll(m[1], "&amp;", "&")
				if !strings.Contains(path, "q=club.example") || pages > 2 {
					t.Fatalf("page %d leads to %s", pages, path)
				}
			} else if !strings.Contains(a.body, "First page") {
				t.Error("the last page does not lead to the first")
			}
		}
		if len(seen) != many || shown != many {
			t.Errorf("%s has %d rows, %d of them others, want %d", list.path, shown, len(seen), many)
		}
	}
	a := s.status("viewer", http.MethodGet, "/admin/keys.csv?q=club.example&sort=-name&cursor=nonsense", http.StatusOK, nil)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != many+1 || rows[1][1] != "Key 52" || rows[many][1] != "Key 00" || !strings.Contains(a.header.Get("Content-Disposition"), `filename="keys.csv"`) {
		t.Errorf("the file has %d rows, %v", len(rows), err)
	}
}

// TestSearchesAreText: nothing that is typed is a pattern, an element or a part of an address.
func TestSearchesAreText(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.key("ana_b@club.example", "100 % sure", pierre.TierStarter)
	for q, want := range map[string]bool{"100 %": true, "%": true, "a_b": true, "n%b": false, "naxb": false, "' OR 1=1 --": false, hostile: false, "A_B@CLUB": true, "  ana  ": true} {
		a := s.status("viewer", http.MethodGet, "/admin/keys?q="+url.QueryEscape(q), http.StatusOK, nil)
		if got := strings.Contains(a.body, "1 key on this page"); got != want {
			t.Errorf("keys with %q are found: %t", q, got)
		}
		s.status("viewer", http.MethodGet, "/admin/customers?q="+url.QueryEscape(q), http.StatusOK, nil)
	}
	for _, query := range []string{"state=" + hostile, "sort=" + hostile, "tier=" + hostile, "cursor=" + hostile, "q=" + strings.Repeat("x", 3000), "q=\xff", "q=a\x00"} {
		name, value, _ := strings.Cut(query, "=")
		for _, path := range []string{"/admin/keys", "/admin/customers", "/admin/keys.csv"} {
			a := s.do("viewer", http.MethodGet, path+"?"+name+"="+url.QueryEscape(value), nil)
			if a.status >= http.StatusInternalServerError || strings.Contains(a.body, hostile) {
				t.Errorf("%s?%.20s: status %d", path, query, a.status)
			}
		}
	}
}

// TestFormsThatCannotBeRead, of every page that changes something.
func TestFormsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/admin/keys/key_a/limits", "/admin/keys/key_a/rotate", "/admin/keys/key_a/revoke", "/admin/customers/user_a", "/admin/customers/user_a/tier", "/admin/tiers/trial"} {
		for body, want := range map[string]int{"a=%zz": http.StatusBadRequest, "a;b": http.StatusBadRequest, "a=" + strings.Repeat("x", 65<<10): http.StatusRequestEntityTooLarge} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "role", Value: "admin"})
			resp, err := (&http.Client{}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Body.Close(); resp.StatusCode != want {
				t.Errorf("%s with %.10q: status %d, want %d", path, body, resp.StatusCode, want)
			}
		}
	}
	for _, path := range []string{"/admin/tiers/trial", "/admin/customers/user_a/tier?tier=trial"} {
		s.status("approver", http.MethodGet, path, http.StatusForbidden, nil)
	}
	s.status("admin", http.MethodGet, "/admin/tiers/none", http.StatusNotFound, nil)
	s.status("admin", http.MethodPost, "/admin/tiers/none", http.StatusNotFound, url.Values{})
}

// TestSomethingElseAnswers: a stranger at the server's address is not believed, and its words are not shown.
func TestSomethingElseAnswers(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusForbidden, http.StatusTeapot} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(status)
			fmt.Fprint(w, "<i>strange words</i>")
		}))
		client, err := adminapi.NewClient(other.URL, secret.New("none"), adminapi.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.serve(client)
		for _, path := range []string{"/admin", "/admin/keys", "/admin/customers", "/admin/tiers", "/admin/keys.csv"} {
			a := s.status("viewer", http.MethodGet, path, http.StatusServiceUnavailable, nil)
			if strings.Contains(a.body, "strange words") || strings.Contains(a.body, "evil") || strings.Contains(a.body, "127.0.0.1") {
				t.Errorf("%s with %d shows what the stranger said, or where it is", path, status)
			}
		}
		other.Close()
	}
}
