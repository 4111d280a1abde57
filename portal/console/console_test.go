package console_test

import (
	"encoding/csv"
	"html"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func TestKeysAreFoundSortedAndPaged(t *testing.T) {
	s, busy := filled(t)
	s.shows(s.get("/admin/keys"), "Club app", "ana@club.example", "Old watch", "Revoked", "5 keys on this page", "&lt;script&gt;")
	a := s.get("/admin/keys?q=CLUB.ex&state=active")
	s.shows(a, "Club app", "1 key on this page", `value="CLUB.ex"`)
	if strings.Contains(a.body, "Old watch") {
		t.Error("a revoked key is among the active ones")
	}
	s.shows(s.get("/admin/keys?q=nobody"), "No key matches")
	s.shows(s.get("/admin/keys?state=nonsense&sort=nonsense&tier=nonsense"), "No key matches")
	s.shows(s.get("/admin/keys?cursor=nonsense"), "start again without a cursor")
	a = s.get("/admin/keys?sort=-use")
	s.shows(a, `aria-sort="descending"`)
	if first := strings.Index(a.body, "/admin/keys/key_"); !strings.HasPrefix(a.body[first:], "/admin/keys/"+string(busy.APIKeyID)) {
		t.Error("by use the used key is not first")
	}
}

func TestFilesHoldNoFormulas(t *testing.T) {
	s, _ := filled(t)
	a := s.get("/admin/keys.csv?q=evil")
	s.shows(a)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 3 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d rows, %v, %v", len(rows), err, a.header)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

// TestFileOfWhatIsFound: the link to the file has the filter of the list, and is brought again with it.
func TestFileOfWhatIsFound(t *testing.T) {
	s, _ := filled(t)
	a := s.get("/admin/keys?q=x%40evil.example&state=active&sort=-name")
	s.shows(a, `hx-select-oob="#file"`)
	_, rest, _ := strings.Cut(a.body, `id="file" href="`)
	href, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("there is no link to a file")
	}
	file := s.get(html.UnescapeString(href))
	s.shows(file)
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][2] != "x@evil.example" || rows[2][1] != hostile {
		t.Errorf("the file %s has %q, %v", href, rows, err)
	}
}

func TestAKeysPageShowsWhatItDid(t *testing.T) {
	s, busy := filled(t)
	path := "/admin/keys/" + string(busy.APIKeyID)
	a := s.get(path)
	s.shows(a, "Club app", "of 3,000 a month", "analyze_training_load", `#CH"`, "unknown", "key.provision", "30 refused", "Response times", "Figures as a table")
	for _, part := range []string{"popovertarget", "Rotate…", "/limits"} {
		if strings.Contains(a.body, part) {
			t.Errorf("a viewer is offered %q", part)
		}
	}
	s.shows(s.get(path+"?days=1"), `aria-current="true">Day`)
	s.shows(s.get(path+"?days=365"), `aria-current="true">Year`)
	if a := s.get("/admin/keys/key_none"); a.status != http.StatusNotFound {
		t.Errorf("a key that does not exist: %d", a.status)
	}
}

func TestLimitsAreChanged(t *testing.T) {
	s, busy := filled(t)
	path := "/admin/keys/" + string(busy.APIKeyID)
	values := url.Values{"name": {"New name"}, "tier": {"professional"}, "rate_limit_requests": {"5,000"}, "rate_limit_period": {"day"}, "expires_at": {"2027-01-31"}}
	if a := s.post(path+"/limits", values); a.status != http.StatusSeeOther || a.header.Get("Location") != path {
		t.Fatalf("%d %s", a.status, a.body)
	}
	k, err := s.server.Client.Key(t.Context(), busy.APIKeyID)
	if err != nil || k.Name != "New name" || k.Tier != pierre.TierProfessional || k.RateLimit.Requests != 5000 || k.RateLimit.Period != pierre.PeriodDay || k.ExpiresAt.Format("2006-01-02") != "2027-01-31" {
		t.Fatalf("%+v, %v", k, err)
	}
	for field, bad := range map[string]string{"rate_limit_requests": "many", "expires_at": "soon", "tier": "nonsense"} {
		wrong := url.Values{"name": {hostile}, "tier": {"professional"}, field: {bad}}
		if a := s.post(path+"/limits", wrong); a.status != http.StatusUnprocessableEntity && a.status != http.StatusNotFound || strings.Contains(a.body, hostile) {
			t.Errorf("%s=%s: %d", field, bad, a.status)
		}
	}
	s.post(path+"/limits", url.Values{"name": {""}, "tier": {"starter"}})
	if k, err := s.server.Client.Key(t.Context(), busy.APIKeyID); err != nil || len(k.OwnRules) != 0 || k.ExpiresAt != nil {
		t.Errorf("with an empty form: %+v, %v", k, err)
	}
	log, err := s.server.Client.Audit(t.Context(), adminapi.AuditFilter{Target: string(busy.APIKeyID), Limit: 1})
	if err != nil || log.Entries[0].Person == nil || *log.Entries[0].Person != "eva@staff.test" {
		t.Errorf("the audit log does not name who changed it: %+v, %v", log, err)
	}
}

func TestRotationShowsTheKeyOnce(t *testing.T) {
	s, busy := filled(t)
	path := "/admin/keys/" + string(busy.APIKeyID)
	a := s.post(path+"/rotate", url.Values{"grace": {"86400"}})
	s.shows(a, "pk_live_", "The old key works until")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page with the key may be kept: %v", a.header)
	}
	s.shows(s.get(path), "Being replaced", "See its successor")
	if a := s.post(path+"/rotate", url.Values{"grace": {"0"}}); a.status != http.StatusConflict {
		t.Errorf("rotating again: %d", a.status)
	}
	if a := s.post(path+"/rotate", url.Values{"grace": {"x"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a grace: %d", a.status)
	}
}

func TestRevocationNeedsItsWord(t *testing.T) {
	s, busy := filled(t)
	path := "/admin/keys/" + string(busy.APIKeyID)
	for _, word := range []string{"", "revoke", "REVOKED"} {
		if a := s.post(path+"/revoke", url.Values{"word": {word}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", word, a.status)
		}
	}
	if a := s.post(path+"/revoke", url.Values{"word": {"REVOKE"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.shows(s.get(path), "Revoked")
}

func TestCustomersAreShownAndChanged(t *testing.T) {
	s, busy := filled(t)
	s.shows(s.get("/admin/customers"), "&lt;script&gt;", "ana@club.example", "4 customers on this page")
	s.shows(s.get("/admin/customers?q=bob"), "bob@club.example")
	s.shows(s.get("/admin/customers?q=nobody"), "No customer matches")
	path := "/admin/customers/" + string(busy.UserID)
	s.shows(s.get(path), "Club app", "41 44 000 00 00", `href="/admin/billing/customers/`+string(busy.UserID)+`"`)
	if a := s.post(path, url.Values{"company": {"Alpine Club"}, "contacts": {"Bea\r\nCarl"}, "notes": {"pays late"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.shows(s.get(path), "Alpine Club", "Bea\nCarl", "pays late")
	if a := s.post(path, url.Values{"company": {strings.Repeat("a", 201)}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "At most 200 characters") {
		t.Errorf("%d", a.status)
	}
	if a := s.get("/admin/customers/user_none"); a.status != http.StatusNotFound {
		t.Errorf("a customer that does not exist: %d", a.status)
	}
}

func TestAChangeOfTierIsShownBeforeItHappens(t *testing.T) {
	s, busy := filled(t)
	s.key("ana@club.example", "Second", pierre.TierStarter)
	path := "/admin/customers/" + string(busy.UserID)
	s.shows(s.do("admin", http.MethodGet, path, nil), `<option value="starter" selected>`) // the newest key's
	a := s.do("admin", http.MethodGet, path+"/tier?tier=trial", nil)
	s.shows(a, "keeps its own limit", "10,000 a month", "1,000 a month", "Change 2 keys", "9 Dec 2026")
	if a := s.do("admin", http.MethodGet, path+"/tier?tier=none", nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a tier that does not exist: %d", a.status)
	}
	if a := s.post(path+"/tier", url.Values{"tier": {"trial"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	keys, err := s.server.Client.Keys(t.Context(), adminapi.KeyFilter{User: busy.UserID})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys.APIKeys {
		if k.Tier != pierre.TierTrial || k.ExpiresAt == nil || k.ExpiresAt.Format("2 Jan 2006") != "9 Dec 2026" {
			t.Errorf("%s is %s until %v, which was not shown", k.Name, k.Tier, k.ExpiresAt)
		}
	}
}

func TestTiersAreChanged(t *testing.T) {
	s := start(t)
	before, err := s.server.Client.Tier(t.Context(), pierre.TierTrial)
	if err != nil {
		t.Fatal(err)
	}
	s.shows(s.do("admin", http.MethodGet, "/admin/tiers/trial", nil), `value="1000"`, `value="14"`)
	values := url.Values{"rate_limit_requests": {"2000"}, "rate_limit_period": {"week"}, "lifetime_days": {""}, "base": {"19.50"}, "currency": {"eur"}, "included": {"2,000"}, "overage": {"0.10"}, "overage_calls": {"100"}, "public": {"yes"}}
	if a := s.post("/admin/tiers/trial", values); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.shows(s.get("/admin/tiers"), "2,000 a week", "19.50 EUR", "0.10 EUR", "Public", "for ever")
	after, err := s.server.Client.Tier(t.Context(), pierre.TierTrial)
	if err != nil || after.Mode != before.Mode || after.LimitScope != before.LimitScope || after.RateLimit.Requests != 2000 {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
	limit := url.Values{"rate_limit_requests": {"7"}, "rate_limit_period": {"day"}, "base": {""}, "currency": {"EUR"}, "included": {""}, "overage": {""}, "overage_calls": {"1000"}}
	if a := s.post("/admin/tiers/starter", limit); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if list, err := s.opts.Prices.Prices(t.Context()); err != nil || len(list) != 1 || list[0].Tier != "trial" {
		t.Errorf("a limit that was saved made a price: %+v, %v", list, err)
	}
	for field, bad := range map[string]string{"rate_limit_requests": "-1", "lifetime_days": "x", "base": "1.234", "currency": "EURO", "overage_calls": "0"} {
		wrong := maps.Clone(values)
		wrong.Set(field, bad)
		if a := s.post("/admin/tiers/trial", wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `class="field wrong"`) {
			t.Errorf("%s=%s: %d", field, bad, a.status)
		}
	}
	for _, field := range []string{"base", "included", "overage", "public"} {
		values.Del(field)
	}
	if a := s.post("/admin/tiers/trial", values); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if list, err := s.opts.Prices.Prices(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("a price that was taken away is kept: %+v, %v", list, err)
	}
}

func TestOverview(t *testing.T) {
	empty := start(t)
	empty.shows(empty.get("/admin"), "Nothing waits for a decision", "Nothing to watch", "nothing to compare with yet")
	s, busy := filled(t)
	s.shows(s.get("/admin"), "usual by now: ", "% failed", "/admin/keys/"+string(busy.APIKeyID), "Expires in 14 days", "p95")
}

// TestWithoutAServer: a server that does not answer, and one that does not accept the token, are told apart.
func TestWithoutAServer(t *testing.T) {
	s := start(t)
	refused, err := adminapi.NewClient(s.server.URL, secret.New("none"), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(refused)
	for _, path := range []string{"/admin", "/admin/keys", "/admin/keys/key_a", "/admin/customers", "/admin/customers/user_a", "/admin/tiers", "/admin/live/events", "/admin/keys.csv"} {
		if a := s.get(path); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "doctor") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestOnlyWhoMayChangesThings(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/admin/keys/key_a/limits", "/admin/keys/key_a/rotate", "/admin/keys/key_a/revoke", "/admin/customers/user_a", "/admin/customers/user_a/tier", "/admin/tiers/trial"} {
		for _, role := range []string{"viewer", "approver"} {
			if a := s.do(role, http.MethodPost, path, url.Values{"word": {"REVOKE"}}); a.status != http.StatusForbidden {
				t.Errorf("%s at %s: %d", role, path, a.status)
			}
		}
	}
	if a := s.do("admin", http.MethodPost, "/admin/tiers/trial", url.Values{"base": {strings.Repeat("1", 70_000)}}); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d", a.status)
	}
}
