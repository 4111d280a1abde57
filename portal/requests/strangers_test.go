package requests_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/requests"
)

// Whoever presses "send again" too often gets no mail, and the link that arrived goes on working.
func TestAskingAgainTooOftenEndsNoLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sent := s.post("", "/request", form("ana@example.com")).at
	for range 6 {
		if a := s.post("", sent, nil); a.status != http.StatusSeeOther || a.at != sent {
			t.Fatalf("%+v", a)
		}
	}
	if n := len(s.deliver("ana@example.com")); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
	s.post("", s.link("ana@example.com"), nil)
	if r := s.latest("ana@example.com"); r.State != db.RequestVerified {
		t.Errorf("the link in the last mail does nothing: %s", r.State)
	}
}

// What stands in an address leads to no other site, and to no other page than it says.
func TestAnswersStayOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{`..%2F..%2F%5Cevil.example`, `..%2F..%2F%2Fevil.example`, `%5C%5Cevil.example`, "..%2F..%2Fadmin", "a%0d%0aSet-Cookie:x=y", "a%3Fb%23c"} {
		for _, path := range []string{"/request/sent/", "/verify/", "/answer/"} {
			a := s.post("", path+id, url.Values{"answer": {"About forty."}})
			if at, err := url.Parse(a.at); a.status != http.StatusSeeOther || err != nil || at.Host != "" || at.RawQuery != "" || !strings.HasPrefix(a.at, path) ||
				strings.ContainsAny(a.at, "\\\r\n") || strings.Contains(a.at, "/../") {
				t.Errorf("POST %s%s leads to %d %q", path, id, a.status, a.at)
			}
		}
		if a := s.post("", "/claim/"+id, nil); a.status != http.StatusNotFound {
			t.Errorf("POST /claim/%s: %d", id, a.status)
		}
	}
}

// A link's token is good for its own page only, and a wrong one is no failure of the site, on no kind of database.
func TestWrongTokensAndIDs(t *testing.T) {
	eachSite(t, func(s *site) {
		t := s.t
		s.post("", "/request", form("ana@example.com"))
		verify := strings.TrimPrefix(s.link("ana@example.com"), "/verify/")
		s.post("", "/verify/"+verify, nil)
		tokens := []string{verify, strings.ToLower(verify), verify[:len(verify)-1], strings.Repeat("A", 3000), "%00", "%ff%fe", "%27%20OR%201=1", db.HashToken(verify)}
		for _, token := range tokens {
			for path, want := range map[string]int{"/answer/" + token: 404, "/claim/" + token: 404, "/admin/requests/" + token: 404} {
				if a := s.get(approver, path); a.status != want {
					t.Errorf("GET %s: %d, want %d", path, a.status, want)
				}
			}
			for _, path := range []string{"/claim/" + token, "/claim/" + token + "/again"} {
				if a := s.post("", path, nil); a.status != 404 || strings.Contains(a.body, "ana@") {
					t.Errorf("POST %s: %d", path, a.status)
				}
			}
			if token == verify {
				continue
			}
			for _, what := range []string{"/resend", "/withdraw"} {
				if a := s.post("", "/verify/"+token+what, nil); a.status != 404 || strings.Contains(a.body, "ana@") {
					t.Errorf("POST /verify/%s%s: %d", token, what, a.status)
				}
			}
			for _, what := range []string{"approve", "reject", "ask", "retry", "link"} {
				v := url.Values{"version": {"1"}, "tier": {"starter"}, "key_type": {"personal"}, "reason": {"no"}, "question": {"why?"}}
				if a := s.post(approver, "/admin/requests/"+token+"/"+what, v); a.status != 404 {
					t.Errorf("%s of %s: %d", what, token, a.status)
				}
			}
		}
		for _, query := range []string{"state=gold", "q=%25", "q=_", "q=%27"} {
			if a := s.get(approver, "/admin/requests?"+query); a.status != http.StatusOK || !strings.Contains(a.body, "Nothing found") {
				t.Errorf("the list with %s: %d", query, a.status)
			}
		}
		for _, cursor := range []string{"x", "&q=%00", ".", "1", "1.%00", "99999999999999999999.a", "-1.%ff", "1.a.b", "0x1.a"} {
			if a := s.get(approver, "/admin/requests?cursor="+cursor); a.status != http.StatusOK && a.status != http.StatusUnprocessableEntity {
				t.Errorf("the list from %s on: %d", cursor, a.status)
			}
		}
		if r := s.latest("ana@example.com"); r.State != db.RequestVerified || r.Version != 2 {
			t.Errorf("something changed the request: %s, version %d", r.State, r.Version)
		}
	})
}

// Every field of the form at its edge.
func TestFieldsOfTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const fine, wrong = http.StatusSeeOther, http.StatusUnprocessableEntity
	for _, tt := range []struct {
		field, value string
		want         int
	}{
		{"email", "", wrong},
		{"email", "  ana@example.com  ", fine},
		{"email", "Ana <ana@example.com>", wrong},
		{"email", "ana@example.com, bo@example.com", wrong},
		{"email", "ana@example.com\r\nBcc: bo@example.com", wrong},
		{"email", "ana@example.com\x00", wrong},
		{"email", "ana@exämple.com", wrong},
		{"email", strings.Repeat("a", 64) + "@example.com", fine},
		{"email", strings.Repeat("a", 65) + "@example.com", wrong},
		{"company", "", fine},
		{"company", strings.Repeat("é", 100), fine},
		{"company", strings.Repeat("é", 101), wrong},
		{"company", "A\nBcc: bo@example.com", wrong},
		{"company", "A\u2028B", wrong},
		{"company", "A\u202eB", wrong},
		{"company", "A\x1b[2J", wrong},
		{"company", "=cmd|' /C calc'!A0", fine},
		{"use_case", strings.Repeat("é", 19), wrong},
		{"use_case", strings.Repeat("é", 20), fine},
		{"use_case", strings.Repeat("é", 19) + strings.Repeat(" \n", 50), wrong},
		{"use_case", strings.Repeat("a\r\n", 500) + "b", wrong}, // 1001 characters
		{"use_case", strings.Repeat("a\r\n", 499) + "ab", fine}, // 1000
		{"use_case", "binary \x00\xff in a sentence of text", fine},
		{"tier", "", wrong},
		{"tier", "Starter", wrong},
		{"tier", "starter ", wrong},
		{"tier", "professional", fine},
	} {
		f := form("of" + strconv.Itoa(len(tt.value)) + "@example.com")
		f.Set(tt.field, tt.value)
		a := s.post("", "/request", f)
		if a.status != tt.want || tt.want == wrong && strings.Count(a.body, `aria-invalid="true"`) != 1 {
			t.Errorf("%s %q: %d with %d fields marked, want %d", tt.field, tt.value, a.status, strings.Count(a.body, `aria-invalid="true"`), tt.want)
		}
	}
	list, err := s.db.Requests(t.Context(), db.RequestFilter{Text: "of", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Requests {
		if strings.ContainsAny(r.UseCase+r.Company+r.Email, "\x00\r") || strings.HasPrefix(r.Email, " ") {
			t.Errorf("kept %q, %q, %q", r.Email, r.Company, r.UseCase)
		}
	}
}

// Fields that come twice, in the address, or in another encoding do not get around the checks.
func TestFormsOfOtherShapes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	twice := form("ana@example.com")
	twice.Add("email", "bo@example.com")
	s.post("", "/request?email=cleo@example.com&tier=enterprise", twice)
	if r := s.latest("ana@example.com"); r.Tier != pierre.TierStarter || len(s.deliver("ana@example.com")) != 1 {
		t.Errorf("kept %+v", r)
	}
	for _, who := range []string{"bo@example.com", "cleo@example.com"} {
		if n := len(s.deliver(who)); n != 0 {
			t.Errorf("%d mails to %s", n, who)
		}
	}
	if a := s.post("", "/request?"+form("dora@example.com").Encode(), nil); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "dora@") {
		t.Errorf("a form in the address: %d", a.status)
	}
	for _, body := range []string{"email=%zz", "a;b=c", "%=&=&=%"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/request", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if s.handler.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
	if a := s.get("", "/request?tier=%22%3E%3Cscript%3E"); a.status != http.StatusOK || strings.Contains(a.body, "<script>") {
		t.Errorf("a plan in the address is markup: %d", a.status)
	}
}

// A network may send thirty requests in a day, however they are spread over its hours.
func TestNetworksAreLimitedByTheDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	submit := func(network string) error {
		_, err := s.Submit(t.Context(), requests.Submission{Email: "ana@example.com", UseCase: "A sentence of text.", Tier: pierre.TierStarter, Network: network})
		return err
	}
	s.server.Pass(50 * time.Minute) // that the clock strikes in between changes nothing
	for hour := range 3 {
		for range 10 {
			if err := submit("192.0.2.0/24"); err != nil {
				t.Fatalf("in hour %d: %v", hour, err)
			}
		}
		if err := submit("192.0.2.0/24"); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("the eleventh in hour %d: %v", hour, err)
		}
		s.server.Pass(15 * time.Minute)
		if err := submit("192.0.2.0/24"); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("a quarter of an hour after the tenth in hour %d: %v", hour, err)
		}
		s.server.Pass(105 * time.Minute)
	}
	if err := submit("192.0.2.0/24"); pierre.KindOf(err) != pierre.KindRateLimited || pierre.RetryAfterOf(err, 0) <= 0 {
		t.Errorf("the 31st in a day: %v", err)
	}
	if err := submit("198.51.100.0/24"); err != nil {
		t.Errorf("another network: %v", err)
	}
	s.server.Pass(22 * time.Hour)
	if err := submit("192.0.2.0/24"); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// Of two who confirm, withdraw, approve or answer at once, one does, and each mail leaves once.
func TestTwoAtOnce(t *testing.T) {
	eachSite(t, func(s *site) {
		t := s.t
		atOnce := func(do ...func() error) (won int) {
			t.Helper()
			var wg sync.WaitGroup
			errs := make([]error, len(do))
			for i, f := range do {
				wg.Go(func() { errs[i] = f() })
			}
			wg.Wait()
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case pierre.KindOf(err) != pierre.KindConflict && pierre.KindOf(err) != pierre.KindNotFound:
					t.Error(err)
				}
			}
			return won
		}
		s.post("", "/request", form("ana@example.com"))
		token := strings.TrimPrefix(s.link("ana@example.com"), "/verify/")
		verify := func() error { _, err := s.Verify(t.Context(), token); return err }
		atOnce(verify, verify, verify, verify)
		if r := s.latest("ana@example.com"); r.State != db.RequestVerified || r.Version != 2 || len(s.deliver("ana@example.com")) != 2 {
			t.Errorf("confirmed at once: %s, version %d, %d mails", r.State, r.Version, len(s.mails))
		}
		s.server.Pass(time.Second) // so that the next mail is the last one
		asked, err := s.Ask(t.Context(), approval(s.latest("ana@example.com"), "bo@example.com"), "How many?")
		if err != nil {
			t.Fatal(err)
		}
		question := strings.TrimPrefix(s.link("ana@example.com"), "/answer/")
		reply := func() error { return s.Answer(t.Context(), question, "Forty.") }
		if won := atOnce(reply, reply, reply); won != 1 {
			t.Errorf("%d answers were kept", won)
		}
		asked = s.latest(asked.Email)
		won := atOnce(
			func() error { _, err := s.Withdraw(t.Context(), token); return err },
			func() error { _, err := s.Approve(t.Context(), approval(asked, "bo@example.com"), starter); return err },
			func() error { _, err := s.Reject(t.Context(), approval(asked, "cleo@example.com"), "no"); return err },
		)
		if r := s.latest("ana@example.com"); won != 1 || r.Version != asked.Version+1 {
			t.Errorf("%d of three changes were made, version %d after %d", won, r.Version, asked.Version)
		}
	})
}

// Of several presses of a link's button one shows the key, and that key is the one in use.
func TestTheButtonIsPressedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(s.link("ana@example.com"), "/claim/")
	shown := make([]string, 6)
	errs := make([]error, len(shown))
	var wg sync.WaitGroup
	for i := range shown {
		wg.Go(func() {
			var key interface{ Reveal() string }
			key, _, errs[i] = s.Reveal(t.Context(), token)
			shown[i] = key.Reveal()
		})
	}
	wg.Wait()
	keys := s.keys("ana@example.com")
	n := 0
	for i, text := range shown {
		if text != "" {
			n++
			if len(keys) != 1 || !strings.HasPrefix(text, keys[0].KeyPrefix) {
				t.Errorf("shown %.12s…, in use %+v", text, keys)
			}
		} else if pierre.KindOf(errs[i]) != pierre.KindConflict {
			t.Errorf("a press that came late: %v", errs[i])
		}
	}
	if n != 1 {
		t.Errorf("%d presses showed the key: %v", n, errors.Join(errs...))
	}
}
