package staff_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	chromium "github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
)

// TestLooks shows the pages in a real browser: wide and narrow, light and dark, with long names.
func TestLooks(t *testing.T) {
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

	for email, role := range map[string]string{
		"olivia@example.com": "owner", "a-very-long-address-of-somebody@subdomain.of-a-company-with-a-long-name.example": "approver", "vera@example.com": "viewer",
	} {
		l := db.Link{Hash: email, Kind: db.LinkInvitation, Email: email, Role: role, By: "operator", Created: s.clock(), Expires: s.clock().Add(time.Hour)}
		if err := s.db.AddLink(t.Context(), db.Act{Person: "operator", At: s.clock()}, l, func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if role == "viewer" {
			continue // the invitation stays open
		}
		if _, err := s.db.UseInvitation(t.Context(), email, db.Staff{ID: "staff_" + role, Name: strings.ToUpper(role[:1]) + role[1:], TOTP: []byte("x"), Created: s.clock()}); err != nil {
			t.Fatal(err)
		}
	}
	v := db.Session{
		Hash: staff.HashOf("a session"), Staff: "staff_owner", Stage: db.StageFull, Network: "2001:db8:1:2::/64", Created: s.clock(), Seen: s.clock(), Expires: s.clock().Add(db.SessionLife),
		Browser: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	}
	if err := s.db.AddSession(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	link, _, err := s.OwnerLink(t.Context(), "new@example.com")
	if err != nil {
		t.Fatal(err)
	}
	as := func(token string) func(*chromium.Tab) {
		return func(tab *chromium.Tab) { tab.SetCookie(origin, "pierre_staff", token) }
	}
	for name, page := range map[string]struct {
		url   string
		ready func(*chromium.Tab)
	}{
		"sign-in": {origin + "/admin/sign-in", nil}, "invitation": {link, nil},
		"second-factor": {origin + "/admin/second-factor", as("a session")}, "me": {origin + "/admin/me", as("a session")},
		"team": {origin + "/admin/team", as("a session")}, "audit": {origin + "/admin/audit", as("a session")}, "settings": {origin + "/admin/settings", as("a session")},
	} {
		chromium.Look(t, name, page.url, page.ready)
	}
}
