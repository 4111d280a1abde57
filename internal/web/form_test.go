package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

func readForm(body string, limit int64) (url.Values, error) {
	r := httptest.NewRequest(http.MethodPost, "/?q=of+the+address", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return web.Form(httptest.NewRecorder(), r, limit)
}

func TestForm(t *testing.T) {
	for _, c := range []struct {
		body string
		want string // of the field a
		kind pierre.Kind
	}{
		{"a=b", "b", pierre.KindOf(nil)},
		{"a=1%0D%0A2%0A3%0D4", "1\n2\n3\r4", pierre.KindOf(nil)},
		{"a=x%00y%FFz", "x\x00y\xffz", pierre.KindOf(nil)},
		{"b=c", "", pierre.KindOf(nil)},
		{"a=" + strings.Repeat("x", 62), strings.Repeat("x", 62), pierre.KindOf(nil)},
		{"a=" + strings.Repeat("x", 63), "", pierre.KindTooLarge},
		{"a=%zz", "", pierre.KindMalformed},
	} {
		v, err := readForm(c.body, 64)
		if pierre.KindOf(err) != c.kind || v.Get("a") != c.want || v.Has("q") {
			t.Errorf("%q: %q, %v", c.body, v, err)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"a=b", "a=%00&a=%ff", "%", "a=%0d%0a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		v, err := readForm(body, 1000)
		if err != nil && pierre.KindOf(err) != pierre.KindMalformed && pierre.KindOf(err) != pierre.KindTooLarge {
			t.Errorf("%q: %v", body, err)
		}
		for _, values := range v {
			for _, s := range values {
				if strings.Contains(s, "\r\n") {
					t.Errorf("%q: %q", body, s)
				}
			}
		}
	})
}
