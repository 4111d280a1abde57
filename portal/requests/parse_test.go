package requests

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

// Whatever is sent as a form, what is taken of it is text within its limits, in one line where it must be.
func FuzzForm(f *testing.F) {
	for _, body := range []string{
		"", "email=ana%40example.com&company=A&use_case=Our+coaches+look+at+each+week.&tier=starter", "email=%00&company=%0a&use_case=%ff&tier=%",
		"tier=starter&version=1&rate_limit_requests=1,000&rate_limit_period=day&expires_in_days=9&allowed_tools=get_*,a b", "a;b", "name=%E2%80%AE&email=a%40b&email=c%40d",
	} {
		f.Add(body)
	}
	tiers := []TierInfo{{Name: pierre.TierStarter}}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/request?email=address%40example.com", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		v, err := parseForm(httptest.NewRecorder(), r)
		if err != nil {
			if kind := pierre.KindOf(err); kind != pierre.KindMalformed && kind != pierre.KindTooLarge {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		for name, values := range v {
			for _, text := range values {
				if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
					t.Errorf("%s is %q", name, text)
				}
			}
		}
		sub, wrong := Submission{Email: v.Get("email"), Company: v.Get("company"), UseCase: v.Get("use_case"), Tier: pierre.Tier(v.Get("tier"))}.check(tiers)
		if len(wrong) == 0 {
			again, wrong := sub.check(tiers)
			if again != sub || len(wrong) > 0 || strings.ContainsAny(sub.Email+sub.Company, "\r\n ") && !strings.Contains(sub.Company, " ") ||
				utf8.RuneCountInString(sub.Company) > maxCompany || utf8.RuneCountInString(sub.UseCase) > maxUseCase || sub.Email == "address@example.com" && !strings.Contains(body, "address") {
				t.Errorf("taken as %+v, then as %+v, %v", sub, again, wrong)
			}
		}
		checkPlan(t, v)
	})
}

// checkPlan looks at what is made of a form of approval: it is the same after it was kept, shown and sent once more.
func checkPlan(t *testing.T, v url.Values) {
	t.Helper()
	p, err := planOf(v)
	if err != nil {
		if pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%v", err)
		}
		return
	}
	if p.Tier == "" || p.request("x@example.com", "").Validate() != nil {
		return
	}
	if p.Requests < 0 || p.ExpiresDays < 0 || p.String() == "" {
		t.Errorf("%+v", p)
	}
	again, err := planOf(prefilled(db.Request{Plan: mustJSON(t, p)}))
	if err != nil || mustJSON(t, again) != mustJSON(t, p) {
		t.Errorf("%+v becomes %+v, %v", p, again, err)
	}
}

func mustJSON(t *testing.T, p Plan) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Of an address enough is left for its owner to know it, and no more.
func TestHideAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"ana@example.com": "a…@example.com", "a@example.com": "a…@example.com", "@example.com": "…@example.com", "": "…@"} {
		if got := hideAddress(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

// Whatever the token of a link is, its answers lead to a page of this site.
func FuzzLinks(f *testing.F) {
	for _, token := range []string{"", "A", "..", "../..", `../../\evil.example`, "//evil.example", "a?b#c", "\r\nX-Evil: 1", "\x00", "\xff", "%2f%2fevil.example", "javascript:x"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/verify/x", nil)
		w := httptest.NewRecorder()
		if err := seeOther(w, r, "/verify/"+url.PathEscape(token)); err != nil {
			t.Fatal(err)
		}
		at := w.Header().Get("Location")
		if u, err := url.Parse(at); err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" || !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.ContainsFunc(at, func(c rune) bool { return c <= ' ' || c == '\\' || c > '~' }) {
			t.Errorf("%q leads to %q", token, at)
		}
	})
}
