package portal

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// Whoever visits the site at the same time as others sees whole pages, with links that lead to pages and forms that lead to routes.
func TestManyVisitAtOnce(t *testing.T) {
	t.Parallel()
	s := &filledSample{sample: newSample(t, sampleNow(), Options{})}
	s.join("Marc Favre", "marc@alpine-data.example", "approver")
	s.signIn("approver", "Firefox", "192.0.2.20/32")
	key := s.key("ana@alpine-club.example", "Club app", pierre.TierStarter, 0)
	s.server.Record(t, adminapitest.Calls{Key: key.APIKeyID, At: sampleNow().Add(-time.Hour), N: 20, Status: pierre.CallSucceeded})
	s.signInCustomer("ana", "ana@alpine-club.example")
	s.request("kai@hyrox.example", "Hyrox Gym Kiel", "Plans for twelve members.", pierre.TierStarter, true)
	s.everyLink(t, map[string]string{"": "/", "ana": "/account", "approver": "/admin", "owner": "/admin"})
}

// everyLink follows all links from the pages at which people begin, all at once.
func (s *filledSample) everyLink(t *testing.T, begin map[string]string) {
	t.Helper()
	mux := http.NewServeMux()
	known := map[string]bool{}
	for _, rt := range s.p.routes() {
		if !known[rt.Pattern] {
			mux.Handle(rt.Pattern, http.NotFoundHandler())
		}
		known[rt.Pattern] = true
	}
	for who, page := range begin {
		t.Run("as "+who, func(t *testing.T) {
			t.Parallel()
			s.crawl(t, who, page, mux)
		})
	}
}

var (
	linkOf = regexp.MustCompile(`\shref="([^"]*)"`)
	formOf = regexp.MustCompile(`<form[^>]*>`)
	attrOf = regexp.MustCompile(`\s(method|action)="([^"]*)"`)
)

// alike reports whether a page differs from others that are looked at in its numbers only: that of one more customer who has
// nothing of their own, or another period of a key, of which the busiest has all.
func (s *filledSample) alike(page *url.URL) bool {
	for id := range strings.SplitSeq(page.Path, "/") {
		if s.more[id] || page.Query().Has("days") && strings.HasPrefix(id, "key_") && id != string(s.busy.APIKeyID) {
			return true
		}
	}
	return false
}

// crawl follows links from a page on.
func (s *filledSample) crawl(t *testing.T, who, begin string, mux *http.ServeMux) {
	t.Helper()
	from := map[string]string{begin: "nowhere"}
	for queue := []string{begin}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		w := s.do(who, http.MethodGet, at, nil)
		if w.Code >= http.StatusBadRequest {
			t.Errorf("%s leads to %s, which answers %d: %s", from[at], at, w.Code, errorText.FindAllString(w.Body.String(), -1))
			continue
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		base, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		body := w.Body.String()
		for _, m := range linkOf.FindAllStringSubmatch(body, -1) {
			to, err := base.Parse(html.UnescapeString(m[1]))
			if err != nil {
				t.Errorf("%s leads to %q: %v", at, m[1], err)
				continue
			}
			if to.Fragment = ""; to.Host != "" || to.Scheme != "" {
				continue
			}
			if next := to.String(); from[next] == "" && !s.alike(to) {
				from[next] = at
				queue = append(queue, next)
			}
		}
		for _, form := range formOf.FindAllString(body, -1) {
			checkForm(t, mux, base, form)
		}
	}
	if len(from) < 3 {
		t.Errorf("only %d pages", len(from))
	}
}

// checkForm demands that there is a route for a form, with no more in its path than ids have.
func checkForm(t *testing.T, mux *http.ServeMux, page *url.URL, form string) {
	t.Helper()
	method, action := http.MethodGet, page.String()
	for _, m := range attrOf.FindAllStringSubmatch(form, -1) {
		if m[1] == "method" {
			method = strings.ToUpper(m[2])
		} else if m[2] != "" {
			action = html.UnescapeString(m[2])
		}
	}
	to, err := page.Parse(action)
	if err != nil || strings.Contains(to.EscapedPath(), "%") {
		t.Errorf("%s sends a form to %q: %v", page, action, err)
		return
	}
	if _, pattern := mux.Handler(httptest.NewRequestWithContext(t.Context(), method, to.String(), nil)); pattern == "" {
		t.Errorf("%s sends a form to %s %s", page, method, to)
	}
}
