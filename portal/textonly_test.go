package portal

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
)

// What is no text is refused in any route's path and parameters. In a form it may be taken, cleaned, and is never a fault of
// the program.
func TestNoRouteTakesWhatIsNoText(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newTestPartsOn(t, d, Options{})
		routes := p.routes()
		h := p.serve(routes)
		ask := func(method, path string, form url.Values, who route.Role) int {
			t.Helper()
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, as(r, who)); w.Code >= http.StatusInternalServerError {
				t.Errorf("%s %s as %s: %d %.500s", method, path, who, w.Code, w.Body)
			}
			return w.Code
		}
		n := 0
		for _, rt := range routes {
			method, pattern, _ := strings.Cut(rt.Pattern, " ")
			pattern = strings.ReplaceAll(pattern, "{$}", "")
			if strings.Contains(pattern, "/live") || strings.Contains(pattern, "events") {
				continue // a stream, which ends with its reader
			}
			for _, bad := range []string{"a%00b", "%FF", "%C3%28"} {
				if strings.Contains(pattern, "{") {
					n++
					if got := ask(method, wildcard.ReplaceAllString(pattern, bad), nil, rt.Role); got != http.StatusNotFound {
						t.Errorf("%s with %s in its path: %d", rt.Pattern, bad, got)
					}
				}
				path := wildcard.ReplaceAllString(pattern, "none")
				if got := ask(method, path+"?id="+bad+"&q="+bad, nil, rt.Role); got != http.StatusUnprocessableEntity {
					t.Errorf("%s with the parameter %s: %d", rt.Pattern, bad, got)
				}
				if method == http.MethodPost {
					text, err := url.QueryUnescape(bad)
					if err != nil {
						t.Fatal(err)
					}
					ask(method, path, filled(text), rt.Role)
				}
			}
		}
		if n < 60 {
			t.Errorf("only %d paths have a part that may be any text", n)
		}
	})
}

// filled is a form that has the text in each field that some page of the site has.
func filled(text string) url.Values {
	form := url.Values{}
	for _, name := range []string{
		"id", "name", "email", "company", "use_case", "tier", "answer", "reason", "question", "target", "kind", "scope", "condition", "channel",
		"delivery", "rule", "confirm", "once", "why", "next", "note", "contacts", "password", "code", "address", "tax_id", "stripe", "month", "q",
	} {
		form.Set(name, text)
	}
	return form
}
