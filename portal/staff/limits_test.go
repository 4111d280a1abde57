package staff_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const hostile = `"><script>alert(1)</script>`

// simple returns a site in development mode, and an owner who is signed in.
func simple(t *testing.T, opts staff.Options) (*site, *browser) {
	t.Helper()
	opts.Development = true
	s := newSite(t, opts)
	return s, s.admit("owner@example.com")
}

// admit makes an owner of a site in development mode, who is signed in.
func (s *site) admit(email string) *browser {
	s.t.Helper()
	link, _, err := s.OwnerLink(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.browser()
	b.post(strings.TrimPrefix(link, base), "password", password).want(s.t, http.StatusOK, "/admin", email+", owner")
	return b
}

// TestOneDayOfTheAuditLog: from and to may be the same day, which is the whole of it.
func TestOneDayOfTheAuditLog(t *testing.T) {
	t.Parallel()
	log := &serverLog{}
	day := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	for target, at := range map[string]time.Time{"k_before": day.Add(-1), "k_first": day, "k_last": day.AddDate(0, 0, 1).Add(-time.Microsecond), "k_after": day.AddDate(0, 0, 1)} {
		log.entries = append(log.entries, adminapi.AuditEntry{At: at, Actor: "x", Action: "key.create", Target: target, Details: json.RawMessage(`{}`)})
	}
	_, b := simple(t, staff.Options{Audit: log})
	for query, want := range map[string][]string{
		"from=2026-10-05&to=2026-10-05": {"k_first", "k_last"}, "from=2026-10-05": {"k_after", "k_first", "k_last"}, "to=2026-10-05": {"k_before", "k_first", "k_last"},
		"from=2026-10-06&to=2026-10-05": nil, "where=site": nil,
	} {
		page := b.get("/admin/audit?" + query)
		var got []string
		for _, target := range []string{"k_after", "k_before", "k_first", "k_last"} {
			if strings.Contains(page.body, `title="`+target+`">`) {
				got = append(got, target)
			}
		}
		if page.status != http.StatusOK || !slices.Equal(got, want) {
			t.Errorf("%s: status %d, %v, want %v", query, page.status, got, want)
		}
	}
}

// TestManyEntriesOfOneMoment: pages go by time, and leave none out that have the same.
func TestManyEntriesOfOneMoment(t *testing.T) {
	t.Parallel()
	log := &serverLog{}
	s, b := simple(t, staff.Options{Audit: log})
	for n := range 130 {
		at := s.clock().Add(-time.Hour)
		if n < 20 {
			at = at.Add(time.Minute)
		} else if n >= 125 {
			at = at.Add(-time.Minute)
		}
		log.entries = append(log.entries, adminapi.AuditEntry{Seq: int64(130 - n), At: at, Actor: "x", Action: "key.move", Target: fmt.Sprintf("key_%03d", n), Details: json.RawMessage(`{}`)})
	}
	seen, path := map[string]int{}, "/admin/audit?where=server"
	for range 5 {
		page := b.get(path)
		for n := range 130 {
			seen[fmt.Sprintf("key_%03d", n)] += strings.Count(page.body, fmt.Sprintf(`title="key_%03d">`, n))
		}
		_, cursor, more := strings.Cut(page.body, `href="?cursor=`)
		if !more {
			break
		}
		cursor, _, _ = strings.Cut(cursor, "&")
		cursor, _, _ = strings.Cut(cursor, `"`)
		path = "/admin/audit?where=server&cursor=" + cursor
	}
	for n := range 130 {
		if key := fmt.Sprintf("key_%03d", n); seen[key] != 1 {
			t.Errorf("%s is shown %d times", key, seen[key])
		}
	}
}

// TestAuditFiltersThatAreNone: refused with what is wrong; and a file of nothing is an empty list.
func TestAuditFiltersThatAreNone(t *testing.T) {
	t.Parallel()
	_, b := simple(t, staff.Options{})
	for _, query := range []string{
		"from=2026-13-01", "to=2026-02-30", "to=yesterday", "cursor=x", "cursor=2026-10-05", "who=%ff", "target=%00", "action=a%0Ab", "who=" + strings.Repeat("x", 201),
	} {
		path := "/admin/audit?" + query
		b.get(path).want(t, http.StatusUnprocessableEntity, path)
		if strings.HasPrefix(query, "cursor") {
			continue
		}
		path = "/admin/audit/export?" + query
		b.get(path).want(t, http.StatusUnprocessableEntity, path)
	}
	b.get("/admin/audit?who="+url.QueryEscape(hostile)).want(t, http.StatusOK, "/admin/audit?who="+url.QueryEscape(hostile), "Nothing was found", "&lt;script&gt;")
	if page := b.get("/admin/audit?who=" + url.QueryEscape(hostile)); strings.Contains(page.body, hostile) {
		t.Error("the filter is shown as elements")
	}
	if page := b.get("/admin/audit/export?format=json&who=nobody"); strings.TrimSpace(page.body) != "[]" {
		t.Errorf("nothing as JSON: %s", page.body)
	}
	if page := b.get("/admin/audit/export?who=nobody"); page.body != "at,where,who,token,action,target,details\n" {
		t.Errorf("nothing as a table: %q", page.body)
	}
}

// TestTwoOwnersRemoveEachOther at once: one of them stays.
func TestTwoOwnersRemoveEachOther(t *testing.T) {
	t.Parallel()
	s, first := simple(t, staff.Options{})
	second := s.admit("second@example.com")
	ids := []string{staffID(t, s, "second@example.com"), staffID(t, s, "owner@example.com")}
	status := [2]int{}
	var wg sync.WaitGroup
	for n, b := range []*browser{first, second} {
		wg.Go(func() { status[n] = b.post("/admin/team/"+ids[n]+"/role", "role", "viewer").status })
	}
	wg.Wait()
	var owners int
	if err := s.db.Row(t.Context(), `SELECT COUNT(*) FROM portal_staff WHERE role = 'owner'`).Scan(&owners); err != nil || owners != 1 {
		t.Errorf("%d owners are left after answers %v: %v", owners, status, err)
	}
}

// TestInvitationsAreTakenByOne: of two who follow the same link at once, one joins.
func TestInvitationsAreTakenByOne(t *testing.T) {
	t.Parallel()
	s, owner := simple(t, staff.Options{})
	owner.post("/admin/team/invite", "email", "Ana@Example.com", "role", "admin").want(t, http.StatusOK, "/admin/team", "ana@example.com")
	path := "/admin/invitation/" + s.mail.invited["ana@example.com"]
	status := [2]int{}
	var wg sync.WaitGroup
	for n, b := range []*browser{s.browser(), s.browser()} {
		wg.Go(func() { status[n] = b.post(path, "name", hostile, "password", password).status })
	}
	wg.Wait()
	slices.Sort(status[:])
	if status != [2]int{http.StatusOK, http.StatusNotFound} {
		t.Errorf("statuses %v", status)
	}
	team := owner.get("/admin/team")
	team.want(t, http.StatusOK, "/admin/team", "&lt;script&gt;", "ana@example.com")
	if strings.Contains(team.body, hostile) {
		t.Error("a name is shown as elements")
	}
}

// TestRecoveryCodesAtOnce: one code, in two browsers, signs one of them in.
func TestRecoveryCodesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	both := []*browser{s.browser(), s.browser()}
	for _, b := range both {
		b.post("/admin/sign-in", "email", p.email, "password", password).want(t, http.StatusOK, "/admin/sign-in/code")
	}
	paths := [2]string{}
	var wg sync.WaitGroup
	for n, b := range both {
		wg.Go(func() {
			paths[n] = b.post("/admin/sign-in/code", "code", strings.ReplaceAll(p.codes[0], "-", " ")).path
		})
	}
	wg.Wait()
	slices.Sort(paths[:])
	if paths != [2]string{"/admin", "/admin/sign-in/code"} {
		t.Errorf("they came to %v", paths)
	}
}

// TestAPasswordAloneIsLittle: it opens no page, replaces no second factor, and its sign-in ends after ten minutes.
func TestAPasswordAloneIsLittle(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	b := s.browser()
	b.post("/admin/sign-in", "email", p.email, "password", password).want(t, http.StatusOK, "/admin/sign-in/code")
	for _, path := range []string{"/admin/me", "/admin/team", "/admin/audit", "/admin/settings"} {
		b.get(path).want(t, http.StatusOK, "/admin/sign-in?next="+url.QueryEscape(path))
	}
	for _, path := range []string{"/admin/me/password", "/admin/me/recovery", "/admin/me/passkeys/begin", "/admin/team/invite", "/admin/settings/rules"} {
		if page := b.post(path, "current", password, "password", "four very quiet words"); page.status != http.StatusUnauthorized && !strings.HasPrefix(page.path, "/admin/sign-in") {
			t.Errorf("%s: status %d at %s", path, page.status, page.path)
		}
	}
	b.post("/admin/second-factor", "code", p.code()).want(t, http.StatusOK, "/admin/sign-in/code") // there is one already
	s.wait(10*time.Minute - time.Second)
	b.get("/admin/sign-in/code").want(t, http.StatusOK, "/admin/sign-in/code")
	s.wait(time.Second)
	b.post("/admin/sign-in/code", "code", p.code()).want(t, http.StatusOK, "/admin/sign-in")
}

// TestSessionsEndInTime: after twelve hours without a request, after seven days with them, and when somebody signs out.
func TestSessionsEndInTime(t *testing.T) {
	t.Parallel()
	s, b := simple(t, staff.Options{})
	began := s.clock()
	for s.clock().Sub(began) < db.SessionLife-db.SessionIdle {
		s.wait(db.SessionIdle - time.Second)
		b.get("/admin").want(t, http.StatusOK, "/admin", "signed in as")
	}
	s.wait(began.Add(db.SessionLife - time.Second).Sub(s.clock()))
	b.get("/admin").want(t, http.StatusOK, "/admin", "signed in as")
	s.wait(time.Second)
	b.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")

	b.post("/admin/sign-in", "email", "owner@example.com", "password", password).want(t, http.StatusOK, "/admin")
	stolen := s.browser()
	stolen.setCookie(b.cookie())
	stolen.get("/admin").want(t, http.StatusOK, "/admin", "signed in as")
	b.post("/admin/sign-out").want(t, http.StatusOK, "/admin/sign-in")
	stolen.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	for _, cookie := range []string{"", "x", strings.Repeat("A", 3000), staff.HashOf("x")} {
		stolen.setCookie(cookie)
		stolen.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	}
}

// TestOthersThingsAreNotFound: sessions, passkeys and accounts that are another's, or nobody's.
func TestOthersThingsAreNotFound(t *testing.T) {
	t.Parallel()
	s, owner := simple(t, staff.Options{})
	other := s.admit("second@example.com")
	of, err := s.db.StaffByEmail(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.AddPasskey(t.Context(), db.Act{Person: of.Email, At: s.clock()}, of, db.Passkey{ID: "mine", Name: hostile, Credential: "{}", Created: s.clock()}); err != nil {
		t.Fatal(err)
	}
	me := owner.get("/admin/me")
	me.want(t, http.StatusOK, "/admin/me", "&lt;script&gt;")
	if strings.Contains(me.body, hostile) {
		t.Error("the name of a passkey is shown as elements")
	}
	theirs := other.post("/admin/me/sessions/" + staff.HashOf(owner.cookie()) + "/end")
	nobodys := other.post("/admin/me/sessions/nothing/end")
	if theirs.status != http.StatusNotFound || theirs.body != nobodys.body {
		t.Errorf("the session of another: %d\n%s\nof nobody:\n%s", theirs.status, theirs.body, nobodys.body)
	}
	other.post("/admin/me/passkeys/mine/remove").want(t, http.StatusNotFound, "/admin/me/passkeys/mine/remove")
	owner.get("/admin/me").want(t, http.StatusOK, "/admin/me", "&lt;script&gt;")
	for _, path := range []string{"/role", "/end-sessions", "/reset", "/remove"} {
		path = "/admin/team/staff_none" + path
		owner.post(path, "role", "viewer", "confirm", "").want(t, http.StatusNotFound, path)
	}
}

// TestWhereASessionIsFrom: what a browser says of itself is text, and of its address nothing, unless a trusted proxy says it.
func TestWhereASessionIsFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted []netip.Prefix
		network string
	}{{nil, "127.0.0.1/32"}, {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "2001:db8:1::/56"}} {
		s, b := simple(t, staff.Options{Trusted: c.trusted})
		b.header.Set("X-Forwarded-For", "2001:db8:1:2:3:4:5:6")
		b.header.Set("User-Agent", strings.Repeat("ü", 99)+"x"+"üü"+hostile+"\xff")
		b.post("/admin/sign-in", "email", "owner@example.com", "password", password).want(t, http.StatusOK, "/admin")
		v, _, err := s.db.SessionByHash(t.Context(), staff.HashOf(b.cookie()), s.clock())
		if err != nil || v.Network != c.network || !utf8.ValidString(v.Browser) || len(v.Browser) > 200 {
			t.Errorf("with %v trusted: from %s with %q, %v", c.trusted, v.Network, v.Browser, err)
		}
	}
}

// TestForgedHosts: no link and no redirect has the host of the request.
func TestForgedHosts(t *testing.T) {
	t.Parallel()
	s, _ := simple(t, staff.Options{})
	for _, path := range []string{"/admin", "/admin/team", "/admin/sign-in", "/admin/invitation/x", "/legal/terms", "/nowhere"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		for _, name := range []string{"X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Forwarded-Proto"} {
			r.Header.Set(name, "evil.example")
		}
		b := s.browser()
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if at := resp.Header.Get("Location"); strings.Contains(at, "evil") || at != "" && !strings.HasPrefix(at, "/admin/sign-in") {
			t.Errorf("%s leads to %s", path, at)
		}
		if page := b.send(r); strings.Contains(page.body, "evil") {
			t.Errorf("%s shows the forged host:\n%s", path, page.body)
		}
	}
}

// TestFormsOfStrangers: what is no form is refused, and signs nobody in.
func TestFormsOfStrangers(t *testing.T) {
	t.Parallel()
	s, owner := simple(t, staff.Options{})
	for body, want := range map[string]int{
		"email=%zz": http.StatusBadRequest, "email=a;b=c": http.StatusBadRequest, "password=" + strings.Repeat("x", 600<<10): http.StatusRequestEntityTooLarge,
		"": http.StatusUnauthorized, "email[]=owner@example.com&password[]=x": http.StatusUnauthorized, "email=owner@example.com&email=x&password=%00": http.StatusUnauthorized,
	} {
		if page := s.browser().do(http.MethodPost, "/admin/sign-in", body); page.status != want {
			t.Errorf("%.40q: status %d, want %d", body, page.status, want)
		}
	}
	page := s.browser().post("/admin/sign-in", "email", hostile, "password", hostile, "next", hostile)
	page.want(t, http.StatusUnauthorized, "/admin/sign-in", "&lt;script&gt;")
	if strings.Contains(page.body, hostile) || strings.Count(page.body, "alert(1)") > 1 {
		t.Errorf("what was typed is shown as elements, or the password is shown:\n%s", page.body)
	}
	for _, address := range []string{"a@example.com\r\nBcc: b@example.com", "a@example.com\nb", "a@example.com,b@example.com", "A <a@example.com>", "a@example.com\x00", "@", "a@", strings.Repeat("a", 300) + "@example.com"} {
		owner.post("/admin/team/invite", "email", address, "role", "viewer").want(t, http.StatusUnprocessableEntity, "/admin/team/invite", "not an e-mail address")
	}
	if len(s.mail.invited) > 0 {
		t.Errorf("invited: %v", s.mail.invited)
	}
}

// TestSettingsThatAreNone: nothing changes, what was typed stays, and no line of a mail's head can be made of a name.
func TestSettingsThatAreNone(t *testing.T) {
	t.Parallel()
	s, owner := simple(t, staff.Options{})
	for _, c := range []struct{ part, field, value, say string }{
		{"brand", "operator", "Club\r\nBcc: b@example.com", "cannot be shown"},
		{"brand", "operator", strings.Repeat("ü", 201), "At most 200"},
		{"brand", "tagline", "a\x00b", "cannot be shown"},
		{"brand", "support", "no address", "not an e-mail address"},
		{"brand", "support", "a@example.com?bcc=b@example.com", ""},
		{"brand", "accent", "#12345", "colour"},
		{"brand", "accent", "#123456;}", "colour"},
		{"legal", "terms", strings.Repeat("x", 50_001), "At most 50000"},
		{"legal", "privacy", "a\x1bb", "cannot be shown"},
		{"invoice", "invoice_prefix", strings.Repeat("x", 21), "At most 20"},
		{"invoice", "letterhead", "\xff", "cannot be shown"},
	} {
		path := "/admin/settings/" + c.part
		page := owner.post(path, c.field, c.value)
		page.want(t, http.StatusUnprocessableEntity, path, c.say, `class="field wrong"`)
	}
	if now, err := s.db.Settings(t.Context()); err != nil || now != (db.Settings{}) {
		t.Errorf("the settings changed: %+v, %v", now, err)
	}
	owner.post("/admin/settings/legal", "terms", hostile+"\r\n\r\n"+hostile).want(t, http.StatusOK, "/admin/settings")
	if page := s.browser().get("/legal/terms"); page.status != http.StatusOK || strings.Contains(page.body, hostile) || strings.Count(page.body, "&lt;script&gt;") != 2 {
		t.Errorf("a legal text: %d\n%s", page.status, page.body)
	}
	owner.post("/admin/settings/rules", "mail_plain_key", "on").want(t, http.StatusOK, "/admin/settings")
	owner.post("/admin/settings/rules").want(t, http.StatusOK, "/admin/settings") // a box that is not ticked is not sent
	if now, err := s.db.Settings(t.Context()); err != nil || now.MailPlainKey || now.TwoPersons || now.Terms == "" {
		t.Errorf("the settings: %+v, %v", now, err)
	}
}

// TestResetLinksEnd: with the password or the role that they were asked for.
func TestResetLinksEnd(t *testing.T) {
	t.Parallel()
	s, owner := simple(t, staff.Options{})
	s.admit("ana@example.com")
	ana := s.browser()
	id := staffID(t, s, "ana@example.com")
	ask := func() string {
		owner.post("/admin/team/"+id+"/reset").want(t, http.StatusOK, "/admin/team")
		return "/admin/invitation/" + s.mail.invited["ana@example.com"]
	}
	ana.post("/admin/sign-in", "email", "ana@example.com", "password", password).want(t, http.StatusOK, "/admin")
	path := ask()
	ana.post("/admin/me/password", "current", password, "password", "four very quiet words").want(t, http.StatusOK, "/admin/me")
	s.browser().get(path).want(t, http.StatusNotFound, path, "This link was used")
	path = ask()
	owner.post("/admin/team/"+id+"/role", "role", "viewer").want(t, http.StatusOK, "/admin/team")
	s.browser().post(path, "password", password).want(t, http.StatusNotFound, path)
	path = ask()
	s.wait(72 * time.Hour)
	s.browser().post(path, "password", password).want(t, http.StatusNotFound, path)
}
