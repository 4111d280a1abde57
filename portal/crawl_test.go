package portal

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// On a site where everything has happened, every link of every page leads to a page, and every form to a route, for whoever
// sees it.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := fillSample(t)
	mux := http.NewServeMux()
	known := map[string]bool{}
	for _, rt := range s.p.routes() {
		if !known[rt.Pattern] {
			mux.Handle(rt.Pattern, http.NotFoundHandler())
		}
		known[rt.Pattern] = true
	}
	for who, begin := range map[string]string{"": "/", "ana": "/account", "viewer": "/admin", "approver": "/admin", "owner": "/admin"} {
		t.Run("as "+who, func(t *testing.T) { s.crawl(t, who, begin, mux) })
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
