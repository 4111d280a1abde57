package requests_test

import (
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/requests"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

type fsFS = fs.FS

var discard = slog.New(slog.DiscardHandler)

const approver = "bo@example.com approver"

var keyText = regexp.MustCompile(`pk_live_[A-Za-z0-9]+`)

// From the form to the key, as people go.
func TestFromTheFormToTheKey(t *testing.T) {
	eachSite(t, func(s *site) {
		const who = "ana@example.com"
		if a := s.get("", "/request?tier=starter"); a.status != http.StatusOK || !strings.Contains(a.body, `value="starter" required checked>`) {
			t.Fatalf("the form: %d %s", a.status, a.body)
		}
		sent := s.post("", "/request", form(who))
		if sent.status != http.StatusSeeOther || !strings.HasPrefix(sent.at, "/request/sent/req_") {
			t.Fatalf("the sent form: %+v", sent)
		}
		verify := s.link(who)
		if a := s.get("", verify); a.status != http.StatusOK || !strings.Contains(a.body, "Confirm my address") {
			t.Fatalf("the page of the link: %+v", a)
		}
		if r := s.latest(who); r.State != db.RequestSubmitted {
			t.Fatalf("a program that opens links confirmed the address: %s", r.State)
		}
		s.post("", verify, nil)
		r := s.latest(who)
		if r.State != db.RequestVerified {
			t.Fatalf("after the button: %s", r.State)
		}
		if a := s.get("", verify); !strings.Contains(a.body, "Your request is with us") || !strings.Contains(a.body, "one working day") {
			t.Errorf("the page afterwards does not say what happens: %s", a.body)
		}
		if a := s.get(approver, "/admin/requests"); !strings.Contains(a.body, "Alpine Club") || !strings.Contains(a.body, "1 waits") || !strings.Contains(a.body, ">To decide<") {
			t.Errorf("the queue: %s", a.body)
		}
		page := s.get(approver, "/admin/requests/"+r.ID)
		if page.status != http.StatusOK || !strings.Contains(page.body, "Our coaches look at") {
			t.Fatalf("the request's page: %+v", page)
		}
		approved := s.post(approver, "/admin/requests/"+r.ID+"/approve", url.Values{
			"version": {strconv.FormatInt(r.Version, 10)}, "tier": {"starter"}, "key_type": {"personal"}, "name": {"Alpine"}, "rate_limit_requests": {"1,234"}, "rate_limit_period": {"day"}, "expires_in_days": {"90"},
		})
		if approved.status != http.StatusSeeOther {
			t.Fatalf("the approval: %+v", approved)
		}
		if err := s.Provision(t.Context()); err != nil {
			t.Fatal(err)
		}
		keys := s.keys(who)
		if len(keys) != 1 || keys[0].Name != "Alpine" || keys[0].RateLimit.Requests != 1234 || keys[0].RateLimit.Period != pierre.PeriodDay || keys[0].ExpiresAt == nil {
			t.Fatalf("keys at the server: %+v", keys)
		}
		claim := s.link(who)
		if a := s.get("", claim); a.status != http.StatusOK || keyText.MatchString(a.body) || !strings.Contains(a.body, "Show my key") {
			t.Fatalf("the page of the key: %+v", a)
		}
		shown := s.post("", claim, nil)
		key := keyText.FindString(shown.body)
		if key == "" || !strings.Contains(shown.body, "https://mcp.example.com/install.sh | PIERRE_AUTH_KEY="+key) ||
			!strings.Contains(html.UnescapeString(shown.body), "$env:PIERRE_AUTH_KEY = '"+key+"'; irm https://mcp.example.com/install.ps1 | iex") {
			t.Fatalf("the key is not shown: %+v", shown)
		}
		if r := s.latest(who); r.State != db.RequestClaimed {
			t.Errorf("after the key was shown: %s", r.State)
		}
		keys = s.keys(who)
		if len(keys) != 1 || !strings.HasPrefix(key, keys[0].KeyPrefix) {
			t.Errorf("the key that was shown is not the one in use: %+v", keys)
		}
		if a := s.post("", claim, nil); a.status != http.StatusSeeOther || keyText.MatchString(a.body) {
			t.Errorf("a second press: %+v", a)
		}
		if a := s.get("", claim); !strings.Contains(a.body, "The key was shown on") {
			t.Errorf("a second visit: %s", a.body)
		}
		s.noSecrets(key, verify, claim)
	})
}

// noSecrets looks for the texts in the site's database.
func (s *site) noSecrets(key string, paths ...string) {
	s.t.Helper()
	secrets := []string{key}
	for _, p := range paths {
		secrets = append(secrets, p[strings.LastIndexByte(p, '/')+1:])
	}
	for _, table := range []string{"portal_requests", "portal_request_events", "portal_claims", "portal_mails", "portal_audit", "portal_counts"} {
		rows, err := s.db.Query(s.t.Context(), `SELECT * FROM `+table) //nolint:unqueryvet // whatever is in it
		if err != nil {
			s.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			s.t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				s.t.Fatal(err)
			}
			for i, v := range values {
				text := ""
				switch v := (*v.(*any)).(type) {
				case string:
					text = v
				case []byte:
					text = string(v)
				}
				for _, secret := range secrets {
					if strings.Contains(text, secret) {
						s.t.Errorf("%s.%s holds %s", table, columns[i], secret)
					}
				}
			}
		}
		if err := rows.Err(); err != nil {
			s.t.Fatal(err)
		}
		rows.Close()
	}
}

// Of several approvals, and of approvals and rejections, one wins; the others are told who it was.
func TestOneDecisionWins(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		server, ring := adminapitest.Start(t, start), newRing(t)
		sites := []*site{openWith(t, replicas[0], server, ring), openWith(t, replicas[1], server, ring)}
		r := sites[0].verified("ana@example.com")
		const n = 6
		var wg sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			wg.Go(func() {
				d := approval(r, "staff"+strconv.Itoa(i)+"@example.com")
				if i%2 == 0 {
					_, errs[i] = sites[i%2].Approve(t.Context(), d, starter)
				} else {
					_, errs[i] = sites[i%2].Reject(t.Context(), d, "no")
				}
			})
		}
		wg.Wait()
		r = sites[0].latest("ana@example.com")
		won := 0
		for i, err := range errs {
			if err == nil {
				if won++; r.DecidedBy != "staff"+strconv.Itoa(i)+"@example.com" {
					t.Errorf("staff%d won, and the request says %s", i, r.DecidedBy)
				}
				continue
			}
			if pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), r.DecidedBy) {
				t.Errorf("staff%d: %v; want to be told of %s", i, err, r.DecidedBy)
			}
		}
		if won != 1 || len(sites[0].deliver("ana@example.com")) != 3 {
			t.Errorf("%d decisions won, mails %d; want 1 and 3 (verify, received, decision)", won, len(sites[0].mails))
		}
	})
}

// Whoever is late sees on the page who was first.
func TestTheLateOneIsTold(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "cleo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	a := s.post(approver, "/admin/requests/"+r.ID+"/reject", url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "reason": {"no"}})
	if a.status != http.StatusConflict || !strings.Contains(a.body, "cleo@example.com approved this request") {
		t.Errorf("%d %s", a.status, a.body)
	}
	// Somebody who looks at an old version does not decide about a new one.
	r = s.verified("dora@example.com")
	if _, err := s.Ask(t.Context(), approval(r, "cleo@example.com"), "How many?"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("a decision about an old version: %v", err)
	}
}

func TestTwoPersons(t *testing.T) {
	s := newSite(t)
	s.settings.TwoPersons = true
	r := s.verified("ana@example.com")
	first, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter)
	if err != nil || first.State != db.RequestVerified || first.FirstBy != "bo@example.com" {
		t.Fatalf("the first approval: %+v, %v", first, err)
	}
	if _, err := s.Approve(t.Context(), approval(first, "bo@example.com"), starter); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("the same person again: %v", err)
	}
	if n := len(s.deliver("ana@example.com")); n != 2 {
		t.Errorf("%d mails after one approval, want 2", n)
	}
	other := starter
	other.Requests, other.Period = 5, pierre.PeriodMinute
	first, err = s.Approve(t.Context(), approval(first, "dan@example.com"), other)
	if err != nil || first.State != db.RequestVerified || first.FirstBy != "dan@example.com" {
		t.Errorf("a second person who approves another plan: %+v, %v", first, err)
	}
	if first, err = s.Approve(t.Context(), approval(first, "dan@example.com"), starter); err != nil || first.State != db.RequestVerified {
		t.Errorf("the first person, with another plan: %+v, %v", first, err)
	}
	second, err := s.Approve(t.Context(), approval(first, "cleo@example.com"), starter)
	if err != nil || second.State != db.RequestApproved || second.DecidedBy != "cleo@example.com" {
		t.Errorf("the second approval: %+v, %v", second, err)
	}
}

// Links that confirm an address work for a day, once, and can be had again.
func TestLinksToConfirm(t *testing.T) {
	s := newSite(t)
	sent := s.post("", "/request", form("ana@example.com"))
	old := s.link("ana@example.com")
	s.server.Pass(24 * time.Hour)
	if a := s.get("", old); !strings.Contains(a.body, "This link has expired") {
		t.Errorf("after a day: %s", a.body)
	}
	s.post("", old, nil)
	if r := s.latest("ana@example.com"); r.State != db.RequestSubmitted {
		t.Fatalf("an old link confirmed the address: %s", r.State)
	}
	if a := s.post("", old+"/resend", nil); a.at != sent.at {
		t.Errorf("a new link: %+v", a)
	}
	fresh := s.link("ana@example.com")
	if a := s.get("", old); fresh == old || a.status != http.StatusNotFound {
		t.Errorf("the old link after there is a new one: %d", a.status)
	}
	s.post("", fresh, nil)
	if r := s.latest("ana@example.com"); r.State != db.RequestVerified {
		t.Errorf("the new link: %s", r.State)
	}
	version := s.latest("ana@example.com").Version
	s.post("", fresh, nil)
	if s.latest("ana@example.com").Version != version {
		t.Error("a second press changed the request")
	}
}

// The answer is the same for every address, and nobody gets more than three mails a day.
func TestTheSameAnswerForAll(t *testing.T) {
	s := newSite(t)
	s.server.Provision(t, "customer@example.com", pierre.TierStarter)
	shape := func(a answer) string {
		return strconv.Itoa(a.status) + regexp.MustCompile(`req_[A-Z0-9]+`).ReplaceAllString(a.at, "ID") + a.body
	}
	var shapes []string
	for _, who := range []string{"customer@example.com", "stranger@example.com", "stranger@example.com", "stranger@example.com", "stranger@example.com", "stranger@example.com"} {
		shapes = append(shapes, shape(s.post("", "/request", form(who))))
	}
	bot := form("bot@example.com")
	bot.Set("website", "https://spam.example")
	shapes = append(shapes, shape(s.post("", "/request", bot)))
	for i, got := range shapes {
		if got != shapes[0] {
			t.Errorf("answer %d is %q, the first %q", i, got, shapes[0])
		}
	}
	if n := len(s.deliver("stranger@example.com")); n != 3 {
		t.Errorf("%d mails for one address in a day, want 3", n)
	}
	if n := len(s.deliver("bot@example.com")); n != 0 {
		t.Errorf("a filled trap got %d mails", n)
	}
	known, unknown := s.latest("stranger@example.com").ID, "req_"+strings.Repeat("A", 26)
	if a, b := s.post("", "/request/sent/"+known, nil), s.post("", "/request/sent/"+unknown, nil); a.status != b.status {
		t.Errorf("asking again for a request that exists: %d, for another: %d", a.status, b.status)
	}
	s.server.Pass(25 * time.Hour)
	s.post("", "/request", form("stranger@example.com"))
	if n := len(s.deliver("stranger@example.com")); n != 4 {
		t.Errorf("%d mails after a day, want 4", n)
	}
}

func TestNetworksAreLimited(t *testing.T) {
	s := newSite(t)
	s.network = "192.0.2.0/24"
	for i := range 11 {
		a := s.post("", "/request", form("a"+strconv.Itoa(i)+"@example.com"))
		if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusTooManyRequests}[i < 10]; a.status != want {
			t.Errorf("request %d from one network: %d, want %d", i+1, a.status, want)
		}
	}
	s.network = "198.51.100.0/24"
	sent := s.post("", "/request", form("other@example.com"))
	if sent.status != http.StatusSeeOther {
		t.Errorf("another network: %d", sent.status)
	}
	for i := range 11 { // of the links that are mailed again two leave, and what is asked for in vain is not kept
		if a, want := s.post("", sent.at, nil), map[bool]int{true: http.StatusSeeOther, false: http.StatusTooManyRequests}[i < 10]; a.status != want {
			t.Errorf("link %d for one network: %d, want %d", i+1, a.status, want)
		}
	}
	if events, err := s.db.RequestEvents(t.Context(), s.latest("other@example.com").ID); err != nil || len(events) != 3 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

func TestFormSaysWhatIsWrong(t *testing.T) {
	s := newSite(t)
	wrong := url.Values{"email": {"nobody"}, "company": {strings.Repeat("x", 101)}, "use_case": {"short"}, "tier": {"gold"}}
	a := s.post("", "/request", wrong)
	if a.status != http.StatusUnprocessableEntity || strings.Count(a.body, `aria-invalid="true"`) != 4 || !strings.Contains(a.body, `value="nobody"`) {
		t.Errorf("%d, %d fields: %s", a.status, strings.Count(a.body, `aria-invalid="true"`), a.body)
	}
	long := form("ana@example.com")
	long.Set("use_case", strings.Repeat("é", 1000))
	if a := s.post("", "/request", long); a.status != http.StatusSeeOther {
		t.Errorf("1000 characters: %d", a.status)
	}
	long.Set("use_case", strings.Repeat("é", 1001))
	if a := s.post("", "/request", long); a.status != http.StatusUnprocessableEntity {
		t.Errorf("1001 characters: %d", a.status)
	}
	huge := form("ana@example.com")
	huge.Set("use_case", strings.Repeat("x", 65<<10))
	if a := s.post("", "/request", huge); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 65 KB: %d", a.status)
	}
}

// What visitors type is text wherever it is shown.
func TestTypedTextIsText(t *testing.T) {
	s := newSite(t)
	f := form("ana@example.com")
	f.Set("company", `<script>alert(1)</script>`)
	f.Set("use_case", "<img src=x onerror=alert(2)> and a second line that is long enough")
	s.post("", "/request", f)
	s.post("", s.link("ana@example.com"), nil)
	r := s.latest("ana@example.com")
	for _, path := range []string{"/admin/requests", "/admin/requests/" + r.ID} {
		if a := s.get(approver, path); a.status != http.StatusOK || strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") || !strings.Contains(a.body, "&lt;script&gt;") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestQuestionAndAnswer(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if a := s.post(approver, "/admin/requests/"+r.ID+"/ask", url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "question": {"How many athletes?"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%+v", a)
	}
	path := s.link("ana@example.com")
	if a := s.get("", path); a.status != http.StatusOK || !strings.Contains(a.body, "How many athletes?") {
		t.Fatalf("the question's page: %+v", a)
	}
	if a := s.post("", path, url.Values{"answer": {"  "}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer: %d", a.status)
	}
	s.post("", path, url.Values{"answer": {"About forty."}})
	if a := s.get("", path); a.status != http.StatusNotFound {
		t.Errorf("the page after the answer: %d", a.status)
	}
	if a := s.get(approver, "/admin/requests/"+r.ID); !strings.Contains(a.body, "About forty.") {
		t.Errorf("the staff do not see the answer: %s", a.body)
	}
	if r := s.latest("ana@example.com"); r.State != db.RequestVerified {
		t.Errorf("the request does not wait any more: %s", r.State)
	}
}

func TestWithdrawAndExpire(t *testing.T) {
	s := newSite(t)
	s.post("", "/request", form("ana@example.com"))
	path := s.link("ana@example.com")
	s.post("", path, nil)
	if a := s.post("", path+"/withdraw", nil); a.status != http.StatusSeeOther || s.latest("ana@example.com").State != db.RequestWithdrawn {
		t.Errorf("%+v, %s", a, s.latest("ana@example.com").State)
	}
	if _, err := s.Approve(t.Context(), approval(s.latest("ana@example.com"), "bo@example.com"), starter); pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), "withdrawn") {
		t.Errorf("approving what was withdrawn: %v", err)
	}
	s.post("", "/request", form("never@example.com"))
	s.verified("old@example.com")
	expire := func(after time.Duration) {
		t.Helper()
		s.server.Pass(after)
		if err := s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	expire(8 * 24 * time.Hour)
	if a, b := s.latest("never@example.com").State, s.latest("old@example.com").State; a != db.RequestExpired || b != db.RequestVerified {
		t.Errorf("after 8 days: %s, %s", a, b)
	}
	expire(53 * 24 * time.Hour)
	if b := s.latest("old@example.com").State; b != db.RequestExpired {
		t.Errorf("after 61 days: %s", b)
	}
	page, err := s.db.Requests(t.Context(), db.RequestFilter{Text: "never@", Limit: 1})
	if err != nil || len(page.Requests) != 0 {
		t.Errorf("what nobody confirmed is still there: %+v, %v", page, err)
	}
}

// A lost key is replaced by another, and the lost one ends.
func TestANewLinkGivesAnotherKey(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	first := s.link("ana@example.com") // the button makes the key, if the worker did not come to it
	one := keyText.FindString(s.post("", first, nil).body)
	if a := s.post("", first+"/again", nil); a.status != http.StatusSeeOther {
		t.Fatalf("%+v", a)
	}
	second := s.link("ana@example.com")
	if a := s.get("", first); second == first || !strings.Contains(a.body, "The key was shown on") {
		t.Errorf("the first link: %s", a.body)
	}
	before := s.keys("ana@example.com")
	two := keyText.FindString(s.post("", second, nil).body)
	after := s.keys("ana@example.com")
	if one == "" || two == "" || one == two || len(before) != 1 || len(after) != 1 || after[0].APIKeyID == before[0].APIKeyID {
		t.Errorf("keys %q and %q; in use before %+v, after %+v", one, two, before, after)
	}
	s.server.Pass(8 * 24 * time.Hour)
	for range 6 {
		s.post("", second+"/again", nil)
	}
	if n := len(s.deliver("ana@example.com")); n > 9 {
		t.Errorf("%d mails: links are not limited", n)
	}
	s.server.Pass(8 * 24 * time.Hour)
	if a := s.get("", s.link("ana@example.com")); !strings.Contains(a.body, "This link has expired") {
		t.Errorf("a link after eight days: %s", a.body)
	}
}

// A holder may have rotated the key since; the link gives a successor of the one in use.
func TestALinkAfterARotation(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.server.Client.Rotate(t.Context(), s.keys("ana@example.com")[0].APIKeyID, adminapi.RotateRequest{GraceSeconds: new(int64)}, ""); err != nil {
		t.Fatal(err)
	}
	key := keyText.FindString(s.post("", s.link("ana@example.com"), nil).body)
	if keys := s.keys("ana@example.com"); len(keys) != 1 || key == "" || !strings.HasPrefix(key, keys[0].KeyPrefix) {
		t.Errorf("shown %q, in use %+v", key, keys)
	}
	if _, err := s.server.Client.Revoke(t.Context(), s.keys("ana@example.com")[0].APIKeyID); err != nil {
		t.Fatal(err)
	}
	if err := s.NewClaim(t.Context(), r.ID, "bo@example.com"); err != nil {
		t.Fatal(err)
	}
	if a := s.post("", s.link("ana@example.com"), nil); a.status != http.StatusForbidden || !strings.Contains(a.body, "This key has ended") || keyText.MatchString(a.body) {
		t.Errorf("a link to a revoked key: %+v", a)
	}
}

func TestTheKeyItselfIsMailedIfTheOperatorSaysSo(t *testing.T) {
	s := newSite(t)
	s.settings.MailKey = true
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := s.deliver("ana@example.com")
	last := mails[len(mails)-1]
	key := keyText.FindString(last.Text)
	if last.Kind != mail.KindApproved || key == "" || s.latest("ana@example.com").State != db.RequestClaimed {
		t.Fatalf("the mail: %s", last.Text)
	}
	s.noSecrets(key)
}

// Mails name the plan that was granted, not the one that was asked for, whether or not it is offered to everybody.
func TestMailsNameTheGrantedPlan(t *testing.T) {
	for _, mailKey := range []bool{false, true} {
		s := newSite(t)
		s.settings.MailKey = mailKey
		if err := s.db.SetPrice(t.Context(), db.Act{Person: "olivia@example.com", At: start}, db.Price{Tier: pierre.TierStarter, Currency: "EUR", OverageCalls: 1, Public: true}); err != nil {
			t.Fatal(err)
		}
		r := s.verified("ana@example.com")
		if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), requests.Plan{Tier: pierre.TierProfessional, Requests: 77, Period: pierre.PeriodHour}); err != nil {
			t.Fatal(err)
		}
		if err := s.Provision(t.Context()); err != nil {
			t.Fatal(err)
		}
		check := func(what string) {
			t.Helper()
			mails := s.deliver("ana@example.com")
			if text := mails[len(mails)-1].Text; mails[len(mails)-1].Kind != mail.KindApproved || !strings.Contains(text, "Professional") || !strings.Contains(text, "77 calls per hour") || strings.Contains(text, "Starter") {
				t.Errorf("%s, with the key %t: %s", what, mailKey, text)
			}
		}
		check("approved")
		s.server.Pass(time.Minute)
		if err := s.NewClaim(t.Context(), r.ID, ""); err != nil {
			t.Fatal(err)
		}
		check("a new link")
	}
}

// A plan that the server does not take is found when it is approved, or shown to the staff.
func TestPlansThatAreWrong(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	v := url.Values{"version": {strconv.FormatInt(r.Version, 10)}, "tier": {"starter"}, "key_type": {"personal"}, "rate_limit_requests": {"many"}}
	if a := s.post(approver, "/admin/requests/"+r.ID+"/approve", v); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Enter a number from 1 up") || !strings.Contains(a.body, `value="many"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	v.Set("rate_limit_requests", "")
	v.Set("allowed_tools", "get_[")
	if a := s.post(approver, "/admin/requests/"+r.ID+"/approve", v); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `aria-invalid="true"`) {
		t.Errorf("a wrong pattern: %d", a.status)
	}
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), requests.Plan{Tier: "gold"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := s.latest("ana@example.com"); r.State != db.RequestApproved || !strings.Contains(r.Failure, "The server refuses") || !r.NextTry.After(s.server.Now()) {
		t.Errorf("a plan that the server does not know: %+v", r)
	}
	if a := s.get(approver, "/admin/requests/"+r.ID); !strings.Contains(a.body, "The key could not be made yet") {
		t.Errorf("the page does not say so: %s", a.body)
	}
}

func TestWhoMay(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if a := s.get("vi@example.com viewer", "/admin/requests/"+r.ID); a.status != http.StatusOK || strings.Contains(a.body, ">Approve<") || !strings.Contains(a.body, "your role is viewer") {
		t.Errorf("a viewer sees %d %s", a.status, a.body)
	}
	for _, what := range []string{"approve", "reject", "ask", "retry", "link"} {
		if a := s.post("vi@example.com viewer", "/admin/requests/"+r.ID+"/"+what, url.Values{}); a.status != http.StatusForbidden {
			t.Errorf("a viewer may %s: %d", what, a.status)
		}
		if a := s.post("", "/admin/requests/"+r.ID+"/"+what, url.Values{}); a.status != http.StatusUnauthorized {
			t.Errorf("a visitor may %s: %d", what, a.status)
		}
	}
}

// Workers of several replicas make one key, though each sees the request as due.
func TestReplicasMakeOneKey(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		server, ring := adminapitest.Start(t, start), newRing(t)
		sites := []*site{openWith(t, replicas[0], server, ring), openWith(t, replicas[1], server, ring)}
		for n := range 5 {
			r := sites[0].verified("p" + strconv.Itoa(n) + "@example.com")
			if _, err := sites[0].Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for _, s := range append(sites, sites...) {
			wg.Go(func() {
				if err := s.Provision(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for n := range 5 {
			who := "p" + strconv.Itoa(n) + "@example.com"
			all, err := server.Client.Keys(t.Context(), adminapi.KeyFilter{UserEmail: who})
			if r := sites[1].latest(who); err != nil || len(all.APIKeys) != 1 || r.State != db.RequestProvisioned || r.KeyID != all.APIKeys[0].APIKeyID {
				t.Errorf("%s: state %s, key %q, keys at the server %+v, %v", who, r.State, r.KeyID, all.APIKeys, err)
			}
		}
	})
}

// A key whose making was not noted is found again, even when the server has forgotten the request's id.
func TestAKeyThatWasMadeIsFound(t *testing.T) {
	s := newSite(t)
	r := s.verified("ana@example.com")
	if _, err := s.Approve(t.Context(), approval(r, "bo@example.com"), starter); err != nil {
		t.Fatal(err)
	}
	// What a try leaves that ended after the server's answer.
	mark := "Made for request " + r.ID + "."
	made, err := s.server.Client.Provision(t.Context(), adminapi.ProvisionRequest{UserEmail: r.Email, Tier: pierre.TierStarter, Settings: adminapi.Settings{Description: &mark}}, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Writer().ExecContext(t.Context(), `UPDATE portal_requests SET tries = 1`); err != nil {
		t.Fatal(err)
	}
	s.server.Pass(25 * time.Hour)
	if err := s.server.Store.ForgetAnswers(t.Context(), s.server.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := s.latest("ana@example.com"); r.KeyID != made.APIKeyID || len(s.keys(r.Email)) != 1 {
		t.Errorf("the request has %s, the server %+v; want the one of the first try, %s", r.KeyID, s.keys(r.Email), made.APIKeyID)
	}
}

// A customer's wish for another plan waits for a decision at once; an erased customer leaves no request.
func TestCustomersAskForAnotherPlan(t *testing.T) {
	s := newSite(t)
	const who = "ana@example.com"
	if err := s.Upgrade(t.Context(), who, pierre.TierProfessional, "Our club has grown to two hundred athletes."); err != nil {
		t.Fatal(err)
	}
	r := s.latest(who)
	if r.State != db.RequestVerified || r.Tier != pierre.TierProfessional || len(s.deliver(who)) != 1 {
		t.Errorf("%+v, mails %d", r, len(s.mails))
	}
	if err := s.Upgrade(t.Context(), who, "gold", "Our club has grown to two hundred athletes."); pierre.KindOf(err) != pierre.KindInvalid {
		t.Errorf("a plan that does not exist: %v", err)
	}
	if list, err := s.Export(t.Context(), who); err != nil || len(list) != 1 || list[0].State != db.RequestVerified {
		t.Errorf("Export = %+v, %v", list, err)
	}
	other := s.verified("bob@example.com")
	if list, err := s.Waiting(t.Context(), who); err != nil || len(list) != 1 || list[0].ID != r.ID || list[0].Plan != "Professional" || list[0].Question {
		t.Errorf("Waiting = %+v, %v", list, err)
	}
	if _, err := s.Ask(t.Context(), approval(r, "bo@example.com"), "How many?"); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Waiting(t.Context(), who); err != nil || len(list) != 1 || !list[0].Question {
		t.Errorf("with a question: %+v, %v", list, err)
	}
	for id, want := range map[string]pierre.Kind{other.ID: pierre.KindNotFound, "req_none": pierre.KindNotFound, "": pierre.KindNotFound} {
		if err := s.WithdrawOwn(t.Context(), who, id); pierre.KindOf(err) != want {
			t.Errorf("withdrawing %q: %v", id, err)
		}
	}
	if err := s.WithdrawOwn(t.Context(), who, r.ID); err != nil || s.latest(who).State != db.RequestWithdrawn || s.latest(other.Email).State != db.RequestVerified {
		t.Errorf("withdrawing the own one: %v, %s", err, s.latest(who).State)
	}
	if list, err := s.Waiting(t.Context(), who); err != nil || len(list) != 0 {
		t.Errorf("withdrawn, and still waiting: %+v, %v", list, err)
	}
	if err := s.WithdrawOwn(t.Context(), who, r.ID); err != nil {
		t.Errorf("withdrawing it twice: %v", err)
	}
	if err := s.Erase(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Export(t.Context(), who); err != nil || len(list) != 0 {
		t.Errorf("after Erase: %+v, %v", list, err)
	}
}
