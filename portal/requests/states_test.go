package requests_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/requests"
)

// In each state, what may be done with a request, and what whoever may not is told. Nothing that is refused changes it.
func TestWhatEachStateAllows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	decide := func(r db.Request) requests.Decision { return approval(r, "bo@example.com") }
	ways := map[db.RequestState]func(r db.Request, token string){
		db.RequestVerified: func(db.Request, string) {},
		db.RequestApproved: func(r db.Request, _ string) { must(s.Approve(t.Context(), decide(r), starter)) },
		db.RequestProvisioned: func(r db.Request, _ string) {
			must(s.Approve(t.Context(), decide(r), starter))
			must(nil, s.Provision(t.Context()))
		},
		db.RequestClaimed: func(r db.Request, _ string) {
			must(s.Approve(t.Context(), decide(r), starter))
			_, _, err := s.Reveal(t.Context(), strings.TrimPrefix(s.link(r.Email), "/claim/"))
			must(nil, err)
		},
		db.RequestRejected:  func(r db.Request, _ string) { must(s.Reject(t.Context(), decide(r), "no")) },
		db.RequestWithdrawn: func(_ db.Request, token string) { must(s.Withdraw(t.Context(), token)) },
		db.RequestExpired: func(db.Request, string) {
			s.server.Pass(61 * 24 * time.Hour)
			must(nil, s.Expire(t.Context()))
		},
	}
	allowed := map[string][]db.RequestState{
		"approve": {db.RequestVerified}, "reject": {db.RequestVerified}, "ask": {db.RequestVerified}, "withdraw": {db.RequestVerified},
		"retry": {db.RequestApproved}, "link": {db.RequestApproved, db.RequestProvisioned, db.RequestClaimed},
	}
	told := map[db.RequestState]string{
		db.RequestVerified: "changed a moment ago", db.RequestApproved: "bo@example.com approved", db.RequestProvisioned: "bo@example.com approved",
		db.RequestClaimed: "bo@example.com approved", db.RequestRejected: "bo@example.com rejected", db.RequestWithdrawn: "was withdrawn", db.RequestExpired: "expired",
	}
	states := db.RequestStates()[1:]
	slices.SortFunc(states, func(a, b db.RequestState) int { // what expires does so with all that still waits: last
		return strings.Compare(strconv.FormatBool(a == db.RequestExpired), strconv.FormatBool(b == db.RequestExpired))
	})
	for i, state := range states {
		who := "a" + strconv.Itoa(i) + "@example.com"
		s.post("", "/request", form(who))
		token := strings.TrimPrefix(s.link(who), "/verify/")
		must(s.Verify(t.Context(), token))
		s.server.Pass(time.Second) // so that the next mail is the last one
		ways[state](s.latest(who), token)
		before := s.latest(who)
		if before.State != state {
			t.Fatalf("the way to %s leads to %s", state, before.State)
		}
		v := url.Values{"version": {strconv.FormatInt(before.Version, 10)}, "tier": {"starter"}, "key_type": {"personal"}, "reason": {"no"}, "question": {"why?"}}
		for what, in := range allowed {
			if slices.Contains(in, state) {
				continue
			}
			path, said := "/admin/requests/"+before.ID+"/"+what, told[state]
			if what == "withdraw" {
				if path, said = "/verify/"+token+"/withdraw", "decided already"; state == db.RequestWithdrawn {
					continue // to withdraw it again changes nothing
				}
			}
			if a := s.post(approver, path, v); a.status != http.StatusConflict || !strings.Contains(a.body, said) {
				t.Errorf("%s of one that is %s: %d, %t", what, state, a.status, strings.Contains(a.body, said))
			}
		}
		must(nil, s.Resend(t.Context(), before.ID, "")) // says nothing
		must(s.Verify(t.Context(), token))
		if after := s.latest(who); after != before {
			t.Errorf("what was refused changed one that is %s:\n%+v\n%+v", state, before, after)
		}
	}
}

// Limits of time at their last moment and at the first one after it.
func TestLastMoments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.verified("ana@example.com")
	asked, err := s.Ask(t.Context(), approval(r, "bo@example.com"), "How many?")
	if err != nil {
		t.Fatal(err)
	}
	question := strings.TrimPrefix(s.link(r.Email), "/answer/")
	s.server.Pass(asked.AnswerUntil.Sub(s.server.Now()))
	if err := s.Answer(t.Context(), question, "Forty."); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("an answer after 14 days: %v", err)
	}
	if a := s.get("", "/answer/"+question); a.status != http.StatusNotFound || strings.Contains(a.body, "How many?") {
		t.Errorf("the question after 14 days: %d", a.status)
	}
	s.server.Pass(-time.Minute)
	if err := s.Answer(t.Context(), question, "Forty."); err != nil {
		t.Errorf("an answer in time: %v", err)
	}

	if _, err := s.Approve(t.Context(), approval(s.latest(r.Email), "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	claim := strings.TrimPrefix(s.link(r.Email), "/claim/")
	state := func() requests.ClaimState {
		t.Helper()
		_, _, state, err := s.Claim(t.Context(), claim)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	c, _, _, err := s.Claim(t.Context(), claim)
	if err != nil {
		t.Fatal(err)
	}
	s.server.Pass(c.Until.Sub(s.server.Now()) - time.Microsecond)
	if got := state(); got != requests.ClaimReady {
		t.Errorf("a link in its last moment is %s", got)
	}
	s.server.Pass(time.Microsecond)
	if got := state(); got != requests.ClaimExpired {
		t.Errorf("a link after seven days is %s", got)
	}
	if key, _, err := s.Reveal(t.Context(), claim); pierre.KindOf(err) != pierre.KindConflict || key.Reveal() != "" || len(s.keys(r.Email)) != 0 {
		t.Errorf("its button: %v, keys %+v", err, s.keys(r.Email))
	}

	s.post("", "/request", form("bo@example.com"))
	old := s.latest("bo@example.com")
	for _, tt := range []struct {
		after time.Duration
		want  db.RequestState
	}{{7 * 24 * time.Hour, db.RequestSubmitted}, {7*24*time.Hour + time.Microsecond, db.RequestExpired}} {
		s.server.Pass(old.Created.Add(tt.after).Sub(s.server.Now()))
		if err := s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.latest("bo@example.com").State; got != tt.want {
			t.Errorf("after %v it is %s, want %s", tt.after, got, tt.want)
		}
	}
}

// A key that cannot be made is tried again after longer and longer pauses, an hour at most, and at once if the staff say so.
func TestTriesAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), requests.Plan{Tier: "gold"}); err != nil {
		t.Fatal(err)
	}
	try := func() db.Request {
		t.Helper()
		if err := s.Provision(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.latest(r.Email)
	}
	for n, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		r = try()
		want := time.Duration(minutes) * time.Minute
		if pause := r.NextTry.Sub(s.server.Now()); r.Tries != int64(n+1) || pause != want || !strings.Contains(r.Failure, "The server refuses") {
			t.Errorf("after try %d, which is counted as %d, the next one comes in %v: %q", n+1, r.Tries, pause, r.Failure)
		}
		s.server.Pass(want - time.Microsecond)
		if early := try(); early != r {
			t.Errorf("try %d came too early", early.Tries)
		}
		s.server.Pass(time.Microsecond)
	}
	r = try()
	if a := s.post(approver, "/admin/requests/"+r.ID+"/retry", nil); a.status != http.StatusSeeOther {
		t.Errorf("another try: %d", a.status)
	}
	if again := try(); again.Tries != r.Tries+1 {
		t.Errorf("another try does not come at once: %d after %d", again.Tries, r.Tries)
	}
	if a := s.post("", s.link(r.Email), nil); a.status != http.StatusServiceUnavailable || keyText.MatchString(a.body) {
		t.Errorf("the button of the link: %d", a.status)
	}
}

// A mail that could not be sent is where the request is decided, with the reason and the way to send it again.
func TestAMailThatDidNotArriveIsOnTheRequestsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.verified("ana@example.com")
	s.gone = r.Email
	if _, err := s.Reject(t.Context(), approval(r, "bo@example.com"), "No."); err != nil {
		t.Fatal(err)
	}
	s.deliver(r.Email)
	a := s.get("vi@example.com viewer", "/admin/requests/"+r.ID)
	for _, text := range []string{">Not delivered<", "There is no such mailbox.", `href="/admin/alerts/mail"`} {
		if !strings.Contains(a.body, text) {
			t.Errorf("the request's page lacks %q: %s", text, a.body)
		}
	}
}

// What the staff type is held to its limits, and kept and mailed as text.
func TestTextsOfTheStaff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.verified("ana@example.com")
	page := "/admin/requests/" + r.ID
	for _, what := range [][2]string{{"ask", "question"}, {"reject", "reason"}} {
		for _, text := range []string{"", " \r\n\t ", strings.Repeat("é", 2001)} {
			a := s.post(approver, page+"/"+what[0], url.Values{"version": {strconv.FormatInt(r.Version, 10)}, what[1]: {text}})
			if a.status != http.StatusUnprocessableEntity || strings.Count(a.body, `aria-invalid="true"`) != 1 {
				t.Errorf("%s with %.10q: %d", what[0], text, a.status)
			}
		}
		for _, version := range []string{"", "x", "0", "-1", "99999999999999999999", strconv.FormatInt(r.Version+1, 10)} {
			if a := s.post(approver, page+"/"+what[0], url.Values{"version": {version}, what[1]: {"Why?"}}); a.status != http.StatusConflict {
				t.Errorf("%s of version %q: %d", what[0], version, a.status)
			}
		}
	}
	for field, values := range map[string][]string{
		"rate_limit_requests": {"0", "-1", "1.5", "1e3", "0x10", "9223372036854775808", "٣"}, "rate_limit_period": {"year", "Month"},
		"expires_in_days": {"0", "-1", "99999999999"}, "key_type": {"root"}, "tier": {""}, "allowed_tools": {"get_[", "get_*, get_["},
		"name": {strings.Repeat("é", 101), "a\nb"},
	} {
		for _, value := range values {
			v := url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "tier": {"starter"}, "key_type": {"personal"}, "rate_limit_requests": {"10"}, "rate_limit_period": {"day"}}
			v.Set(field, value)
			if a := s.post(approver, page+"/approve", v); a.status != http.StatusUnprocessableEntity {
				t.Errorf("an approval with %s %.20q: %d", field, value, a.status)
			}
		}
	}
	if now := s.latest(r.Email); now != r || len(s.deliver(r.Email)) != 2 {
		t.Errorf("what was refused changed the request, or was mailed: %+v, %d mails", now, len(s.mails))
	}
	const evil = "<script>alert(1)</script>\r\nBcc: x@example.com\r\n=cmd|calc"
	if a := s.post(approver, page+"/ask", url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "question": {evil}}); a.status != http.StatusSeeOther {
		t.Fatalf("%+v", a)
	}
	question := s.link(r.Email)
	if a := s.post("", question, url.Values{"answer": {strings.Repeat("é", 2001)}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "&lt;script&gt;") {
		t.Errorf("an answer that is too long: %d", a.status)
	}
	if a := s.get("", question); strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;script&gt;") {
		t.Errorf("the question's page: %s", a.body)
	}
	s.post("", question, url.Values{"answer": {evil + strings.Repeat("é", 1900)}})
	asked := s.latest(r.Email)
	if a := s.post(approver, page+"/reject", url.Values{"version": {strconv.FormatInt(asked.Version, 10)}, "reason": {evil}}); a.status != http.StatusSeeOther {
		t.Fatalf("%+v", a)
	}
	if a := s.get(approver, page); strings.Contains(a.body, "<script>alert") || strings.Count(a.body, "&lt;script&gt;") < 3 {
		t.Errorf("the request's page: %s", a.body)
	}
	for _, m := range s.deliver(r.Email) {
		if strings.ContainsAny(m.Subject, "\r\n<") || strings.Contains(m.HTML, "<script") || m.To != r.Email {
			t.Errorf("the mail %q to %s: %s", m.Subject, m.To, m.HTML)
		}
	}
}

// Every request is on one page of the list, once, while others come and go.
func TestPagesOfTheList(t *testing.T) {
	eachSite(t, func(s *site) {
		t := s.t
		const n = 107
		for i := range n {
			if i%3 == 0 { // several of one moment
				s.server.Pass(time.Second)
			}
			sub := requests.Submission{Email: fmt.Sprintf("p%d@example.com", i), Company: "100%_!" + strconv.Itoa(i), UseCase: "A sentence of text.", Tier: pierre.TierStarter}
			if _, err := s.Submit(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
		}
		next := "/admin/requests?state=submitted&q=" + url.QueryEscape("100%_!")
		seen := map[string]int{}
		for pages := 1; next != ""; pages++ {
			a := s.get(approver, next)
			if a.status != http.StatusOK || pages > 3 {
				t.Fatalf("page %d, %s: %d", pages, next, a.status)
			}
			for _, part := range strings.Split(a.body, `<a href="/admin/requests/`)[1:] {
				id, _, _ := strings.Cut(part, `"`)
				seen[id]++
			}
			next = ""
			if _, after, ok := strings.Cut(a.body, `cursor=`); ok {
				cursor, _, _ := strings.Cut(after, `"`)
				cursor, _, _ = strings.Cut(cursor, "&")
				next = "/admin/requests?state=submitted&q=" + url.QueryEscape("100%_!") + "&cursor=" + cursor
			}
			sub := requests.Submission{Email: "new@example.com", Company: "100%_!", UseCase: "A sentence of text.", Tier: pierre.TierStarter}
			if _, err := s.Submit(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != n {
			t.Errorf("%d requests on all pages, want %d", len(seen), n)
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("%s is on the pages %d times", id, times)
			}
		}
		for q, want := range map[string]int{"p1@": 1, "P106@EXAMPLE": 1, "100%_!106": 1, "100x": 0, "p_@": 0, "!": 50, "%": 50} {
			a := s.get(approver, "/admin/requests?state=all&q="+url.QueryEscape(q))
			if got := strings.Count(a.body, `<td><a href="/admin/requests/`); got != want {
				t.Errorf("%q finds %d, want %d", q, got, want)
			}
		}
	})
}

// Whatever stands in the address of a link or of the list, the answer is no failure of the site and holds no markup of it.
func TestWhateverStandsInAnAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, text := range []string{"1.a", "../../admin", "\x00", "\xff", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "9223372036854775807.z", "-1.", "//evil.example", `\evil`, "a;b=c", "{{.}}"} {
		for _, path := range []string{
			"/verify/" + url.PathEscape(text), "/answer/" + url.PathEscape(text), "/claim/" + url.PathEscape(text), "/request?tier=" + url.QueryEscape(text),
			"/admin/requests?cursor=" + url.QueryEscape(text), "/admin/requests?q=" + url.QueryEscape(text), "/admin/requests?state=" + url.QueryEscape(text),
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("X-Person", approver)
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError || w.Header().Get("Location") != "" {
				t.Errorf("GET %s: %d, leads to %q", path, w.Code, w.Header().Get("Location"))
			}
			if strings.Contains(w.Body.String(), "<script>alert") || strings.Contains(w.Body.String(), "<img src=x") {
				t.Errorf("GET %s shows markup: %s", path, w.Body)
			}
		}
	}
}
