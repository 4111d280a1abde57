package staff_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
)

// TestFirstOwner: from the link that the shell prints to signing in again with each second factor.
func TestFirstOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	if len(p.codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(p.codes)))) != 10 {
		t.Fatalf("recovery codes: %v", p.codes)
	}
	p.get("/admin").want(t, http.StatusOK, "/admin", "signed in as owner@example.com, owner")
	link, _, err := s.OwnerLink(t.Context(), "OWNER@example.com")
	if err != nil || !strings.HasPrefix(link, base+"/admin/invitation/") {
		t.Fatalf("the link for an account that is there: %q, %v", link, err)
	}
	p.post("/admin/sign-out").want(t, http.StatusOK, "/admin/sign-in")
	p.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")

	s.wait(time.Minute)
	p.post("/admin/sign-in", "email", p.email, "password", password).want(t, http.StatusOK, "/admin/sign-in/code")
	p.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin") // a password is not enough
	p.get("/admin/second-factor").want(t, http.StatusOK, "/admin/sign-in/code")
	code := p.code()
	p.post("/admin/sign-in/code", "code", "000000").want(t, http.StatusUnauthorized, "/admin/sign-in/code", "This code is wrong")
	p.post("/admin/sign-in/code", "code", code).want(t, http.StatusOK, "/admin")

	b := s.browser() // a code counts once, and so does a recovery code
	b.post("/admin/sign-in", "email", p.email, "password", password).want(t, http.StatusOK, "/admin/sign-in/code")
	b.post("/admin/sign-in/code", "code", code).want(t, http.StatusUnauthorized, "/admin/sign-in/code")
	b.post("/admin/sign-in/code", "code", " "+strings.ToUpper(p.codes[3])).want(t, http.StatusOK, "/admin")
	b = s.browser()
	b.post("/admin/sign-in", "email", p.email, "password", password)
	b.post("/admin/sign-in/code", "code", p.codes[3]).want(t, http.StatusUnauthorized, "/admin/sign-in/code")
	p.get("/admin/me").want(t, http.StatusOK, "/admin/me", "9 left")
	if list, err := s.db.AuditLog(t.Context(), db.AuditQuery{Action: "staff.sign_in", Limit: 10}); err != nil || len(list) != 3 ||
		!strings.Contains(list[0].Details, "recovery code") || !strings.Contains(list[0].Details, `"network":"127.0.0.1/32"`) {
		t.Errorf("the audit log of sign-ins: %+v, %v", list, err)
	}
}

func TestLinksWorkOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	link, until, err := s.OwnerLink(t.Context(), "owner@example.com")
	if err != nil || until.Sub(s.clock()) != 72*time.Hour {
		t.Fatalf("%q until %v: %v", link, until, err)
	}
	path := strings.TrimPrefix(link, base)
	for _, weak := range []string{"short", "passwordpassword", "owner@example.com"} {
		s.browser().post(path, "password", weak).want(t, http.StatusUnprocessableEntity, path, "check what is marked")
	}
	s.join(link, "owner@example.com")
	s.browser().get(path).want(t, http.StatusNotFound, path, "This link was used")
	s.browser().post(path, "password", password).want(t, http.StatusNotFound, path)
	again, until, err := s.OwnerLink(t.Context(), "other@example.com")
	if err != nil {
		t.Fatal(err)
	}
	s.wait(until.Sub(s.clock()))
	s.browser().get(strings.TrimPrefix(again, base)).want(t, http.StatusNotFound, strings.TrimPrefix(again, base))
}

// TestSessionFixation: what a browser had before signing in is worth nothing afterwards, at each step.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	victim := s.browser()
	victim.setCookie("AAAAAAAAAAAAAAAAAAAAAAAAAA") // as an attacker knows it
	s.wait(time.Minute)
	victim.post("/admin/sign-in", "email", p.email, "password", password)
	half := victim.cookie()
	if half == "" || half == "AAAAAAAAAAAAAAAAAAAAAAAAAA" {
		t.Fatalf("after the password the cookie is %q", half)
	}
	victim.post("/admin/sign-in/code", "code", p.code()).want(t, http.StatusOK, "/admin")
	full := victim.cookie()
	if full == "" || full == half {
		t.Fatalf("after the code the cookie is %q", full)
	}
	for _, known := range []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", half} {
		attacker := s.browser()
		attacker.setCookie(known)
		attacker.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
		attacker.setCookie(known)
		attacker.get("/admin/sign-in/code").want(t, http.StatusOK, "/admin/sign-in")
	}
	var kept int
	if err := s.db.Row(t.Context(), `SELECT COUNT(*) FROM portal_staff_sessions WHERE hash IN ($1, $2)`, half, full).Scan(&kept); err != nil || kept > 0 {
		t.Errorf("%d cookies are kept as they are: %v", kept, err)
	}
}

// TestUnknownAccountsLookLikeOthers: the same answer, after the same work.
func TestUnknownAccountsLookLikeOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	s.owner()
	type answer struct {
		page

		work int64
	}
	try := func(email, password string) answer {
		before := s.Work()
		p := s.browser().post("/admin/sign-in", "email", email, "password", password)
		p.body = strings.ReplaceAll(p.body, email, "EMAIL")
		return answer{p, s.Work() - before}
	}
	known := try("owner@example.com", "not the password")
	if known.status != http.StatusUnauthorized || known.work != 1 || !strings.Contains(known.body, "The e-mail address or the password is wrong.") {
		t.Fatalf("a wrong password: %+v", known)
	}
	for _, email := range []string{"nobody@example.com", "not an address", "owner@example.com.example"} {
		if got := try(email, password); got != known {
			t.Errorf("%s: status %d after %d comparisons, want %d after %d:\n%s", email, got.status, got.work, known.status, known.work, got.body)
		}
	}
	for n := range 10 { // and so they do when there were too many tries
		try("owner@example.com", fmt.Sprint(n))
		try("nobody@example.com", fmt.Sprint(n))
	}
	known = try("owner@example.com", password)
	if got := try("nobody@example.com", password); got != known || known.status != http.StatusTooManyRequests || known.work != 0 {
		t.Errorf("too many tries: %+v of nobody, %+v of an account", got, known)
	}
	s.wait(15 * time.Minute)
	if got := try("owner@example.com", password); got.status != http.StatusOK {
		t.Errorf("after 15 minutes: %+v", got)
	}
}

// TestGuessingCodesEnds: who has a password can not try all codes.
func TestGuessingCodesEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	s.wait(time.Minute)
	for n := range 8 {
		b := s.browser() // a new sign-in gives no new tries
		b.post("/admin/sign-in", "email", p.email, "password", password)
		b.post("/admin/sign-in/code", "code", fmt.Sprintf("00000%d", n)).want(t, http.StatusUnauthorized, "/admin/sign-in/code")
	}
	b := s.browser()
	b.post("/admin/sign-in", "email", p.email, "password", password)
	b.post("/admin/sign-in/code", "code", p.code()).want(t, http.StatusTooManyRequests, "/admin/sign-in/code", "Too many tries")
}

// TestNetworksAreThrottled: one network can not try many accounts.
func TestNetworksAreThrottled(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	b := s.browser()
	last := 0
	for n := range 61 {
		if last = b.post("/admin/sign-in", "email", fmt.Sprintf("a%d@example.com", n), "password", "x").status; last != http.StatusUnauthorized && n < 60 {
			t.Fatalf("try %d: status %d", n, last)
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 61st account: status %d", last)
	}
}

// TestOtherSitesChangeNothing: no request of another site's page reaches a handler that changes something.
func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	p.header.Set("Sec-Fetch-Site", "cross-site")
	for _, rt := range s.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if method != http.MethodPost {
			continue
		}
		if got := p.post(path); got.status != http.StatusForbidden {
			t.Errorf("%s from another site: status %d", rt.Pattern, got.status)
		}
	}
	p.header.Set("Sec-Fetch-Site", "same-origin")
	p.get("/admin").want(t, http.StatusOK, "/admin", "signed in as")
}

// TestNextStaysHere: links to the sign-in page lead to no other site.
func TestNextStaysHere(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{Development: true})
	link, _, err := s.OwnerLink(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	s.browser().post(strings.TrimPrefix(link, base), "password", password).want(t, http.StatusOK, "/admin")
	for next, want := range map[string]string{
		"/admin/team": "/admin/team", "//evil.example": "/admin", "https://evil.example/": "/admin", `/\evil.example`: "/admin",
		"/admin?x=//evil.example": "/admin?x=//evil.example", "": "/admin", "javascript:alert(1)": "/admin",
	} {
		b := s.browser()
		b.post("/admin/sign-in", "email", "owner@example.com", "password", password, "next", next).want(t, http.StatusOK, want)
		b.get("/admin/sign-in?next="+strings.ReplaceAll(next, "\\", "%5C")).want(t, http.StatusOK, want) // who is signed in goes on
	}
}

// TestDevelopmentSaysSo: without a second factor, every page says that this is not for real use.
func TestDevelopmentSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{Development: true})
	link, _, err := s.OwnerLink(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	path := strings.TrimPrefix(link, base)
	b.get(path).want(t, http.StatusOK, path, "Development mode")
	b.post(path, "password", password).want(t, http.StatusOK, "/admin")
	for _, path := range []string{"/admin/me", "/admin/team", "/admin/audit", "/admin/settings"} {
		b.get(path).want(t, http.StatusOK, path, "Development mode")
	}
	s.browser().get("/admin/sign-in").want(t, http.StatusOK, "/admin/sign-in", "Development mode")
}

// TestSessionsOfMine: they are listed, and end.
func TestSessionsOfMine(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	b := p.signIn()
	c := p.signIn()
	p.get("/admin/me").want(t, http.StatusOK, "/admin/me", "A browser", "This one", "127.0.0.1/32")
	list, err := s.db.Sessions(t.Context(), staffID(t, s, p.email), s.clock())
	if err != nil || len(list) != 3 {
		t.Fatalf("sessions: %+v, %v", list, err)
	}
	mine := staff.HashOf(p.cookie())
	other := slices.IndexFunc(list, func(v db.Session) bool { return v.Hash != mine })
	p.post("/admin/me/sessions/"+list[other].Hash+"/end").want(t, http.StatusOK, "/admin/me")
	p.post("/admin/me/sessions/nothing/end").want(t, http.StatusNotFound, "/admin/me/sessions/nothing/end")
	p.post("/admin/me/sessions/end").want(t, http.StatusOK, "/admin/me")
	for _, other := range []*browser{b, c} {
		other.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	}
	s.wait(db.SessionIdle)
	p.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := s.db.Sessions(t.Context(), staffID(t, s, p.email), s.clock().Add(-db.SessionIdle)); err != nil || len(list) > 0 {
		t.Errorf("sessions after they have ended: %+v, %v", list, err)
	}
}

// TestPasswordChange ends all other sessions, and wants the password before.
func TestPasswordChange(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	b := p.signIn()
	p.post("/admin/me/password", "current", "wrong", "password", "four very quiet words").want(t, http.StatusUnprocessableEntity, "/admin/me/password", "This is not your password.")
	p.post("/admin/me/password", "current", password, "password", "short").want(t, http.StatusUnprocessableEntity, "/admin/me/password", "at least 15")
	p.post("/admin/me/password", "current", password, "password", "four very quiet words").want(t, http.StatusOK, "/admin/me", "Your password was changed")
	b.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	s.browser().post("/admin/sign-in", "email", p.email, "password", password).want(t, http.StatusUnauthorized, "/admin/sign-in")
	s.browser().post("/admin/sign-in", "email", p.email, "password", "four very quiet words").want(t, http.StatusOK, "/admin/sign-in/code")
	p.post("/admin/me/name", "name", strings.Repeat("x", 101)).want(t, http.StatusUnprocessableEntity, "/admin/me/name", "at most 100")
	p.post("/admin/me/name", "name", "<b>Ana").want(t, http.StatusOK, "/admin/me", "&lt;b&gt;Ana")
}

// TestMailsOfMine: who wants no mail each morning says so for themselves.
func TestMailsOfMine(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	quiet := func() bool {
		t.Helper()
		of, err := s.db.StaffByEmail(t.Context(), p.email)
		if err != nil {
			t.Fatal(err)
		}
		return of.NoDailyMail
	}
	p.get("/admin/me").want(t, http.StatusOK, "/admin/me", `name="daily_mail" checked`)
	p.post("/admin/me/mails").want(t, http.StatusOK, "/admin/me", "Your choice was saved", `name="daily_mail">`)
	if !quiet() {
		t.Error("who wants none still gets one")
	}
	p.post("/admin/me/mails", "daily_mail", "on").want(t, http.StatusOK, "/admin/me", `name="daily_mail" checked`)
	if quiet() {
		t.Error("who wants one gets none")
	}
	p.post("/admin/settings/rules").want(t, http.StatusOK, "/admin/settings")
	p.get("/admin/me").want(t, http.StatusOK, "/admin/me", "turned it off for everybody")
}

// TestOldSignInsChangeNoFactor: a browser that was left open does not become another person's.
func TestOldSignInsChangeNoFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	s.wait(16 * time.Minute)
	p.post("/admin/me/recovery").want(t, http.StatusForbidden, "/admin/me/recovery", "sign in again")
	p.get("/admin/second-factor").want(t, http.StatusForbidden, "/admin/second-factor")
	p.post("/admin/me/passkeys/begin").want(t, http.StatusForbidden, "/admin/me/passkeys/begin")
	p.browser = p.signIn()
	codes := p.post("/admin/me/recovery")
	codes.want(t, http.StatusOK, "/admin/me/recovery")
	if strings.Contains(codes.body, p.codes[0]) {
		t.Error("the recovery codes before are shown again")
	}
	p.setUp(p.get("/admin/second-factor"))
	p.signIn()
}

func staffID(t *testing.T, s *site, email string) string {
	t.Helper()
	of, err := s.db.StaffByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return of.ID
}

func TestCodesOfNeighbouringSteps(t *testing.T) {
	now := time.Unix(59, 0)
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // RFC 6238, appendix B
	for code, want := range map[string]int64{"287082": 1, " 287 082 ": 1, "755224": 0, "287083": -1, "": -1, "94287082": -1} {
		step, ok := staff.MatchStep(secret, code, now)
		if ok != (want >= 0) || ok && step != want {
			t.Errorf("%q is of step %d, %t", code, step, ok)
		}
	}
}
