package staff_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	chromium "github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
)

// TestPasskeyInABrowser: an owner joins with an app, adds a passkey, and signs in with nothing but it.
func TestPasskeyInABrowser(t *testing.T) {
	chromium.Path(t)
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://localhost:" + port
	s := prepare(t, origin, staff.Options{})
	s.server = &httptest.Server{Listener: ln, Config: &http.Server{Handler: s.handler}}
	s.server.Start()
	t.Cleanup(s.server.Close)

	link, _, err := s.OwnerLink(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	tab := chromium.New(t, chromium.Options{})
	tab.Passkeys()
	tab.Open(link)
	tab.Type("#f-name", "Olivia")
	tab.Type("#f-password", password)
	tab.Follow("main form button")
	code, err := totp.GenerateCode(compact(tab.See("span.code")), s.clock())
	if err != nil {
		t.Fatal(err)
	}
	tab.Type("#f-code", code)
	tab.Follow("main form button")
	tab.SeeText("Your recovery codes")
	tab.Open(origin + "/admin/me")
	tab.Type("#f-passkey", "Laptop")
	tab.Follow("[data-passkey-new]")
	tab.SeeText("Laptop")

	tab.Follow(".sections form button") // out
	tab.Follow("[data-passkey]")
	tab.SeeText("signed in as owner@example.com, owner")
	list, err := s.db.AuditLog(t.Context(), db.AuditQuery{Action: "staff.sign_in", Limit: 1})
	if err != nil || len(list) != 1 || list[0].Details != `{"by":"passkey","network":"127.0.0.1/32"}` {
		t.Errorf("the audit log: %+v, %v", list, err)
	}
	tab.Open(origin + "/admin/team") // as a second factor, which leads to where the sign-in began
	tab.See("h1")
	tab.Open(origin + "/admin/me")
	tab.Follow(".sections form button")
	tab.Open(origin + "/admin/team")
	tab.Type("#f-email", "owner@example.com")
	tab.Type("#f-password", password)
	tab.Follow("main form button")
	tab.Follow("[data-passkey]")
	if tab.See("h1"); !strings.HasSuffix(tab.URL(), "/admin/team") {
		t.Errorf("with a password and a passkey: at %s", tab.URL())
	}
	keys, err := s.db.Passkeys(t.Context(), staffID(t, s, "owner@example.com"))
	if err != nil || len(keys) != 1 || keys[0].Name != "Laptop" || keys[0].Used.IsZero() {
		t.Errorf("passkeys: %+v, %v", keys, err)
	}
}

// TestAPasskeyThatIsNotChosen: the sign-in goes on with a code, to where it began.
func TestAPasskeyThatIsNotChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	of, err := s.db.StaffByEmail(t.Context(), p.email)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.AddPasskey(t.Context(), db.Act{Person: p.email, At: s.clock()}, of, db.Passkey{ID: "one", Name: "one", Credential: "{}", Created: s.clock()}); err != nil {
		t.Fatal(err)
	}
	s.wait(time.Minute)
	b := s.browser()
	b.post("/admin/sign-in", "email", p.email, "password", password, "next", "/admin/team").want(t, http.StatusOK, "/admin/sign-in/code", `data-next="/admin/team"`)
	b.post("/admin/sign-in/passkey/begin").want(t, http.StatusOK, "/admin/sign-in/passkey/begin", `"challenge"`)
	if got := b.do(http.MethodPost, "/admin/sign-in/passkey/finish", `{"id":"x"}`); got.status != http.StatusUnauthorized {
		t.Errorf("an answer that is none: status %d", got.status)
	}
	b.get("/admin/team").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin%2Fteam")
	b.post("/admin/sign-in/code", "code", p.code()).want(t, http.StatusOK, "/admin/team")
	b.post("/admin/sign-in/passkey/begin") // and a session does not end by it
	b.get("/admin").want(t, http.StatusOK, "/admin", "signed in as "+p.email)
}

// TestPasskeysNeedAChallenge: an answer without a challenge of this browser, or to one that was answered, signs nobody in.
func TestPasskeysNeedAChallenge(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	b := s.browser()
	for range 2 {
		if got := b.do(http.MethodPost, "/admin/sign-in/passkey/finish", `{"id":"x"}`); got.status != http.StatusUnauthorized {
			t.Errorf("an answer to nothing: status %d", got.status)
		}
		b.post("/admin/sign-in/passkey/begin").want(t, http.StatusOK, "/admin/sign-in/passkey/begin", `"challenge"`, `"userVerification":"required"`)
		if got := b.do(http.MethodPost, "/admin/sign-in/passkey/finish", `{"id":"x"}`); got.status != http.StatusUnauthorized {
			t.Errorf("an answer that is none: status %d", got.status)
		}
	}
	b.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
}

// TestTheLastFactorStays: a passkey is not taken from who has nothing else.
func TestTheLastFactorStays(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	p := s.owner()
	of, err := s.db.StaffByEmail(t.Context(), p.email)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"one", "two"} {
		if err := s.db.AddPasskey(t.Context(), db.Act{Person: p.email, At: s.clock()}, of, db.Passkey{ID: id, Name: id, Credential: "{}", Created: s.clock()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.db.Writer().ExecContext(t.Context(), `UPDATE portal_staff SET totp_sealed = NULL`); err != nil {
		t.Fatal(err)
	}
	p.post("/admin/me/passkeys/one/remove").want(t, http.StatusOK, "/admin/me")
	p.post("/admin/me/passkeys/two/remove").want(t, http.StatusConflict, "/admin/me/passkeys/two/remove", "your only second factor")
	p.post("/admin/me/passkeys/one/remove").want(t, http.StatusNotFound, "/admin/me/passkeys/one/remove")
}
