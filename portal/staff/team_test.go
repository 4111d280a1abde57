package staff_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// TestTeam: invitations, roles that count at once, and who may change them.
func TestTeam(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	owner := s.owner()
	ana := owner.invite("ana@example.com", "approver")
	ana.get("/admin").want(t, http.StatusOK, "/admin", "signed in as ana@example.com, approver")
	owner.post("/admin/team/invite", "email", "ana@example.com", "role", "viewer").want(t, http.StatusUnprocessableEntity, "/admin/team/invite", "has an account already")
	owner.post("/admin/team/invite", "email", "no address", "role", "king").want(t, http.StatusUnprocessableEntity, "/admin/team/invite", "not an e-mail address", "Choose a role")
	ana.post("/admin/team/invite", "email", "x@example.com", "role", "owner").want(t, http.StatusForbidden, "/admin/team/invite", "approver")
	ana.get("/admin/team").want(t, http.StatusOK, "/admin/team", "owner@example.com")
	if page := ana.get("/admin/team"); strings.Contains(page.body, "Invite somebody") || strings.Contains(page.body, "popovertarget") {
		t.Error("an approver is shown how to change the team")
	}

	id := staffID(t, s, "ana@example.com")
	owner.post("/admin/team/"+id+"/role", "role", "king").want(t, http.StatusUnprocessableEntity, "/admin/team/"+id+"/role")
	owner.post("/admin/team/"+id+"/role", "role", "admin").want(t, http.StatusOK, "/admin/team", "ana@example.com is admin now.")
	ana.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin") // a change of the role ends sessions
	b := ana.signIn()
	b.get("/admin").want(t, http.StatusOK, "/admin", "ana@example.com, admin")
	owner.post("/admin/team/"+id+"/end-sessions").want(t, http.StatusOK, "/admin/team")
	b.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")

	b = ana.signIn()
	owner.post("/admin/team/"+id+"/remove", "confirm", "ana").want(t, http.StatusUnprocessableEntity, "/admin/team/"+id+"/remove", "Type ana@example.com to confirm.")
	owner.post("/admin/team/"+id+"/remove", "confirm", "ana@example.com").want(t, http.StatusOK, "/admin/team", "not in the team any more")
	b.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	me := staffID(t, s, owner.email)
	owner.post("/admin/team/"+me+"/remove", "confirm", owner.email).want(t, http.StatusConflict, "/admin/team/"+me+"/remove", "last owner")
	owner.post("/admin/team/"+me+"/role", "role", "viewer").want(t, http.StatusConflict, "/admin/team/"+me+"/role", "last owner")
	owner.get("/admin").want(t, http.StatusOK, "/admin")
}

func TestInvitationsAreTakenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	owner := s.owner()
	owner.post("/admin/team/invite", "email", "ana@example.com", "role", "viewer").want(t, http.StatusOK, "/admin/team", "on its way to ana@example.com")
	first := "/admin/invitation/" + s.mail.invited["ana@example.com"]
	owner.post("/admin/team/invite", "email", "ana@example.com", "role", "admin")
	second := "/admin/invitation/" + s.mail.invited["ana@example.com"]
	s.browser().get(first).want(t, http.StatusNotFound, first) // the newer one takes its place
	s.browser().get(second).want(t, http.StatusOK, second, "You become admin")
	owner.post("/admin/team/withdraw", "email", "ana@example.com").want(t, http.StatusOK, "/admin/team")
	s.browser().get(second).want(t, http.StatusNotFound, second)
	owner.post("/admin/team/withdraw", "email", "ana@example.com").want(t, http.StatusNotFound, "/admin/team/withdraw")
}

// TestReset: who has lost everything chooses a new password and a new app; what there was does not work any more.
func TestReset(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	owner := s.owner()
	ana := owner.invite("ana@example.com", "approver")
	id := staffID(t, s, ana.email)
	owner.post("/admin/team/"+id+"/reset").want(t, http.StatusOK, "/admin/team", "on its way to ana@example.com")
	ana.get("/admin").want(t, http.StatusOK, "/admin", "signed in as") // until it is used
	path := "/admin/invitation/" + s.mail.invited[ana.email]
	before := ana.codes[0]
	fresh := &person{browser: s.browser(), site: s, email: ana.email}
	fresh.get(path).want(t, http.StatusOK, path, "Choose a new password")
	enrol := fresh.post(path, "password", "four very quiet words")
	enrol.want(t, http.StatusOK, "/admin/second-factor")
	ana.get("/admin").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin")
	fresh.setUp(enrol)
	fresh.get("/admin").want(t, http.StatusOK, "/admin", "approver") // the role stays
	b := s.browser()
	b.post("/admin/sign-in", "email", ana.email, "password", "four very quiet words")
	b.post("/admin/sign-in/code", "code", before).want(t, http.StatusUnauthorized, "/admin/sign-in/code")
	s.browser().get(path).want(t, http.StatusNotFound, path)
}

// TestShellMakesOwners: the operator's link gives whoever had another role, or lost everything, that of an owner.
func TestShellMakesOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{Development: true})
	for _, role := range []string{"owner", "viewer"} {
		link, _, err := s.OwnerLink(t.Context(), "owner@example.com")
		if err != nil {
			t.Fatal(err)
		}
		b := s.browser()
		b.post(strings.TrimPrefix(link, base), "password", password).want(t, http.StatusOK, "/admin", "owner@example.com, owner")
		if role == "owner" {
			if _, err := s.db.Writer().ExecContext(t.Context(), `UPDATE portal_staff SET role = 'viewer'`); err != nil {
				t.Fatal(err)
			}
			b.get("/admin").want(t, http.StatusOK, "/admin", "owner@example.com, viewer") // from the next request on
		}
	}
	if _, _, err := s.OwnerLink(t.Context(), "nothing"); err == nil {
		t.Error("a link was made for no address")
	}
}

// serverLog is a server's audit log. It answers as the server does: filtered, in pages, newest first.
type serverLog struct {
	entries []adminapi.AuditEntry
	err     error
}

func (l *serverLog) Audit(_ context.Context, f adminapi.AuditFilter) (adminapi.AuditPage, error) {
	if f.Limit > 200 { // as the server
		return adminapi.AuditPage{}, &adminapi.Error{Status: http.StatusUnprocessableEntity, Detail: "limit must be between 1 and 200."}
	}
	var page adminapi.AuditPage
	after := -1
	if f.Cursor != "" {
		after, _ = strconv.Atoi(f.Cursor)
	}
	for n, e := range l.entries {
		switch {
		case l.err != nil:
			return page, l.err
		case f.Action != "" && e.Action != f.Action, f.Target != "" && e.Target != f.Target, !f.To.IsZero() && !e.At.Before(f.To), !f.From.IsZero() && e.At.Before(f.From):
			continue
		case n <= after:
			continue
		case len(page.Entries) == f.Limit:
			page.NextCursor = new(fmt.Sprint(n - 1))
			return page, nil
		}
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

// TestAuditPage: both logs in one list, by time; filters, pages, and what a spreadsheet is given.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	log := &serverLog{}
	s := newSite(t, staff.Options{Audit: log})
	for n := range 80 {
		e := adminapi.AuditEntry{
			Seq: int64(80 - n), At: s.clock().Add(-time.Duration(n+1) * time.Minute), Actor: "admin-service", Action: "key.create", Target: fmt.Sprintf("key_%02d", n), Details: json.RawMessage(`{"x":"<b>"}`),
		}
		if n%2 == 0 {
			e.Person = new("ana@example.com")
		}
		log.entries = append(log.entries, e)
	}
	log.entries[0].Target = "=cmd|' /C calc'!A0"
	owner := s.owner()
	first := owner.get("/admin/audit")
	first.want(t, http.StatusOK, "/admin/audit", "staff.sign_in", "staff.join", "key_01", "with admin-service", "&lt;b&gt;")
	_, cursor, ok := strings.Cut(first.body, `href="?cursor=`)
	if !ok {
		t.Fatal("there is no second page")
	}
	cursor, _, _ = strings.Cut(cursor, `"`)
	second := owner.get("/admin/audit?cursor=" + cursor)
	seen := map[string]int{}
	for _, p := range []page{first, second} {
		for n := range 80 {
			seen[fmt.Sprintf("key_%02d", n)] += strings.Count(p.body, fmt.Sprintf(`title="key_%02d">`, n))
		}
	}
	for n := 1; n < 80; n++ {
		if key := fmt.Sprintf("key_%02d", n); seen[key] != 1 {
			t.Errorf("%s is shown %d times", key, seen[key])
		}
	}
	if p := owner.get("/admin/audit?who=ana@example.com&where=server&target=key_04"); strings.Count(p.body, "key.create") != 1 || p.status != http.StatusOK {
		t.Errorf("filtered: %d\n%s", p.status, p.body)
	}
	owner.get("/admin/audit?who=nobody@example.com").want(t, http.StatusOK, "/admin/audit?who=nobody@example.com", "Nothing was found")
	owner.get("/admin/audit?from=2026-11-02").want(t, http.StatusOK, "/admin/audit?from=2026-11-02", "Nothing was found")
	owner.get("/admin/audit?from=yesterday").want(t, http.StatusUnprocessableEntity, "/admin/audit?from=yesterday")

	rows, err := csv.NewReader(strings.NewReader(owner.get("/admin/audit/export?where=server").body)).ReadAll()
	if err != nil || len(rows) != 81 || rows[1][5] != "'=cmd|' /C calc'!A0" {
		t.Errorf("the table has %d rows, the first is %q: %v", len(rows), rows[1], err)
	}
	var exported []staff.AuditRow
	if err := json.Unmarshal([]byte(owner.get("/admin/audit/export?format=json&where=site").body), &exported); err != nil || len(exported) == 0 || exported[0].Where != "site" {
		t.Errorf("as JSON: %+v, %v", exported, err)
	}
	log.err = errors.New("down")
	owner.get("/admin/audit").want(t, http.StatusOK, "/admin/audit", "The server cannot be reached", "staff.join")
	log.err = &adminapi.Error{Status: http.StatusForbidden, Detail: "audit.read is missing"}
	owner.get("/admin/audit").want(t, http.StatusOK, "/admin/audit", "token", "staff.join")
	owner.get("/admin/audit?where=server").want(t, http.StatusServiceUnavailable, "/admin/audit?where=server", "token")
	owner.get("/admin/audit/export").want(t, http.StatusServiceUnavailable, "/admin/audit/export", "token")
	if n, err := s.db.VerifyAudit(t.Context()); err != nil || n < 3 {
		t.Errorf("the chain of %d entries: %v", n, err)
	}
}

// TestFilesOfTheAuditLog: the links to files have the filter of the page.
func TestFilesOfTheAuditLog(t *testing.T) {
	t.Parallel()
	log := &serverLog{}
	for n := range 5 {
		log.entries = append(log.entries, adminapi.AuditEntry{At: time.Unix(int64(9-n), 0), Actor: "x", Action: "key.create", Target: fmt.Sprint("a&b=", n), Details: json.RawMessage(`{}`)})
	}
	_, b := simple(t, staff.Options{Audit: log})
	page := b.get("/admin/audit?where=server&action=key.create&target=" + url.QueryEscape("a&b=3"))
	var links []string
	for _, part := range strings.Split(page.body, `href="`)[1:] {
		if link, _, _ := strings.Cut(part, `"`); strings.HasPrefix(link, "/admin/audit/export") {
			links = append(links, html.UnescapeString(link))
		}
	}
	if len(links) != 2 {
		t.Fatalf("the links: %q", links)
	}
	if table := b.get(links[0]).body; strings.Count(table, "key.create") != 1 || !strings.Contains(table, "a&b=3") {
		t.Errorf("%s:\n%s", links[0], table)
	}
	var rows []staff.AuditRow
	if err := json.Unmarshal([]byte(b.get(links[1]).body), &rows); err != nil || len(rows) != 1 || rows[0].Target != "a&b=3" {
		t.Errorf("%s: %+v, %v", links[1], rows, err)
	}
}

// endlessLog is a server's audit log that has no end.
type endlessLog struct{}

func (endlessLog) Audit(_ context.Context, f adminapi.AuditFilter) (adminapi.AuditPage, error) {
	if f.Limit > 200 { // as the server
		return adminapi.AuditPage{}, &adminapi.Error{Status: http.StatusUnprocessableEntity, Detail: "limit must be between 1 and 200."}
	}
	page := adminapi.AuditPage{NextCursor: new("on")}
	for range f.Limit {
		page.Entries = append(page.Entries, adminapi.AuditEntry{At: time.Unix(1, 0), Actor: "x", Action: "key.create", Target: "t", Details: json.RawMessage(`{}`)})
	}
	return page, nil
}

// TestSearchInALongAuditLog: where the search for a person ends, the page does, for both logs; the next one goes on there.
func TestSearchInALongAuditLog(t *testing.T) {
	t.Parallel()
	log := &serverLog{}
	s, b := simple(t, staff.Options{Audit: log})
	start := s.clock().Add(20 * time.Minute)
	for n := range 2042 {
		log.entries = append(log.entries, adminapi.AuditEntry{At: start.Add(-time.Duration(n) * time.Second), Actor: "x", Action: "key.create", Target: "t", Details: json.RawMessage(`{}`)})
	}
	log.entries[2041].Person = new("owner@example.com")
	log.entries[2041].Target = "key_old"
	if err := s.db.Update(t.Context(), "test", func(x *db.Tx) error {
		return db.Audit(t.Context(), x, db.Act{Person: "owner@example.com", At: start.Add(-time.Hour)}, "test.old", "x", struct{}{})
	}); err != nil {
		t.Fatal(err)
	}
	first := b.get("/admin/audit?who=owner@example.com")
	_, cursor, more := strings.Cut(first.body, `cursor=`)
	if cursor, _, _ = strings.Cut(html.UnescapeString(cursor), "&"); !more || strings.Contains(first.body, "test.old") || !strings.Contains(first.body, "staff.sign_in") {
		t.Fatalf("the first page, with the cursor %q:\n%s", cursor, first.body)
	}
	next := "/admin/audit?cursor=" + cursor + "&who=owner@example.com"
	b.get(next).want(t, http.StatusOK, next, "test.old", "key_old")
}

// TestAuditLogThatIsTooLong: what is not all of what was asked for says so.
func TestAuditLogThatIsTooLong(t *testing.T) {
	t.Parallel()
	_, b := simple(t, staff.Options{Audit: endlessLog{}})
	b.get("/admin/audit?who=nobody@example.com").want(t, http.StatusOK, "/admin/audit?who=nobody@example.com", "too many entries")
	b.get("/admin/audit/export?who=nobody@example.com").want(t, http.StatusUnprocessableEntity, "/admin/audit/export?who=nobody@example.com", "too many entries")
	b.get("/admin/audit/export?where=server").want(t, http.StatusUnprocessableEntity, "/admin/audit/export?where=server", "More than 10000 entries")
}

// TestLogo: from the form to the top of every page, and away again.
func TestLogo(t *testing.T) {
	t.Parallel()
	_, b := simple(t, staff.Options{})
	send := func(field, name string, content []byte) page {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile(field, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
		if name == "" {
			if err := form.WriteField("remove", "yes"); err != nil {
				t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/admin/settings/logo", &body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		resp, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return page{status: resp.StatusCode, path: resp.Request.URL.RequestURI(), body: string(text)}
	}
	if got := b.get("/logo.png"); got.status != http.StatusNotFound {
		t.Errorf("before there is one: status %d", got.status)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 90, 30))); err != nil {
		t.Fatal(err)
	}
	send("logo", "x.png", picture.Bytes()).want(t, http.StatusOK, "/admin/settings", "The logo was saved", `<img class="logo" src="/logo.png?v=`, "Remove it")
	if got := b.get("/logo.png"); got.status != http.StatusOK || !strings.HasPrefix(got.body, "\x89PNG") {
		t.Errorf("the logo: %d", got.status)
	}
	send("logo", "x.png", []byte("<svg>")).want(t, http.StatusUnprocessableEntity, "/admin/settings/logo", "must be a PNG or a JPEG", "/logo.png?v=")
	send("logo", "x.png", bytes.Repeat([]byte("x"), 600<<10)).want(t, http.StatusUnprocessableEntity, "/admin/settings/logo", "more than 512 KiB")
	send("other", "x.png", picture.Bytes()).want(t, http.StatusUnprocessableEntity, "/admin/settings/logo", "Choose a picture")
	if got := send("logo", "", nil); got.status != http.StatusOK || strings.Contains(got.body, "/logo.png") {
		t.Errorf("after it was taken away: %d\n%s", got.status, got.body)
	}
	if got := b.get("/logo.png"); got.status != http.StatusNotFound {
		t.Errorf("after it was taken away: status %d", got.status)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t, staff.Options{})
	owner := s.owner()
	owner.get("/admin/settings").want(t, http.StatusOK, "/admin/settings", "whoever reads the mail")
	owner.post("/admin/settings/brand", "operator", "Club <script>", "accent", "#112233", "support", "help@example.com").want(t, http.StatusOK, "/admin/settings", "The settings were saved", "Club &lt;script&gt;")
	owner.post("/admin/settings/brand", "operator", "Typed", "accent", "red").want(t, http.StatusUnprocessableEntity, "/admin/settings/brand", "Write a colour", `value="Typed"`)
	owner.post("/admin/settings/rules", "two_persons", "on", "daily_mail", "on", "decide_within", "one working day").want(t, http.StatusOK, "/admin/settings", "checked")
	owner.post("/admin/settings/legal", "imprint", "A\r\n\r\nB").want(t, http.StatusOK, "/admin/settings")
	owner.post("/admin/settings/invoice", "letterhead", "L").want(t, http.StatusOK, "/admin/settings")
	owner.post("/admin/settings/nothing").want(t, http.StatusNotFound, "/admin/settings/nothing")
	now, err := s.db.Settings(t.Context())
	if want := (db.Settings{Operator: "Club <script>", Accent: "#112233", Support: "help@example.com", TwoPersons: true, DecideWithin: "one working day", Imprint: "A\n\nB", Letterhead: "L"}); err != nil || now != want {
		t.Errorf("the settings: %+v, %v", now, err)
	}
	s.browser().get("/legal/imprint").want(t, http.StatusOK, "/legal/imprint", ">A</p>", ">B</p>", `href="/legal/imprint"`)
	s.browser().get("/legal/terms").want(t, http.StatusNotFound, "/legal/terms")
	owner.post("/admin/settings/test-mail").want(t, http.StatusOK, "/admin/settings", "on its way to owner@example.com")
	if len(s.mail.tests) != 1 || s.mail.tests[0] != "owner@example.com" {
		t.Errorf("test mails: %v", s.mail.tests)
	}
}
