package ui_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const hostile = `"><script>alert(1)</script>`

func renderer(t *testing.T, brand ui.Brand, pages fstest.MapFS) *ui.Renderer {
	t.Helper()
	u, err := ui.New(func(context.Context) ui.Brand { return brand }, map[string]fs.FS{"test": pages}, ui.Options{
		Development: true,
		Now:         func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func textFile(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// pages are one page in each layout, with a part that they share.
func pages() fstest.MapFS {
	page := `{{define "title"}}A page{{end}}{{define "content"}}<h1>{{template "hello" .}}</h1>{{end}}`
	return fstest.MapFS{
		"parts/hello.html": textFile(`{{define "hello"}}Hello {{.}}{{end}}`),
		"public/open.html": textFile(page), "customer/own.html": textFile(page), "staff/inside.html": textFile(page),
		"public/broken.html": textFile(`{{define "title"}}x{{end}}{{define "content"}}some text {{.Missing}}{{end}}`),
	}
}

func get(t *testing.T, h func(http.ResponseWriter, *http.Request) error, path string, change ...func(*http.Request) *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for _, c := range change {
		r = c(r)
	}
	w := httptest.NewRecorder()
	if err := h(w, r); err != nil {
		t.Fatal(err)
	}
	return w
}

func asStaff(role route.Role) func(*http.Request) *http.Request {
	return func(r *http.Request) *http.Request {
		return r.WithContext(route.WithPerson(r.Context(), route.Person{Email: "s@x.test", Name: hostile, Role: role}))
	}
}

func TestLayouts(t *testing.T) {
	u := renderer(t, ui.Brand{Name: hostile, Support: "help@x.test", Legal: []ui.Link{{"Imprint", "/imprint"}, {"Bad", "javascript:alert(1)"}}}, pages())
	for name, want := range map[string][]string{
		"test/open":   {"Sign in", "Request a key", "mailto:help@x.test", `href="/imprint"`},
		"test/own":    {"mailto:help@x.test"},
		"test/inside": {`href="/admin/keys" aria-current="page"`, "viewer", "Sign out"},
	} {
		w := get(t, func(w http.ResponseWriter, r *http.Request) error {
			return u.Page(w, r, http.StatusTeapot, name, "<b>you</b>")
		}, "/admin/keys", asStaff(route.Viewer))
		body := w.Body.String()
		for _, part := range append(want, "<h1>Hello &lt;b&gt;you&lt;/b&gt;</h1>", "Development mode", "A page · &#34;&gt;&lt;script&gt;") {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %q:\n%s", name, part, body)
			}
		}
		if strings.Contains(body, hostile) || strings.Contains(body, "javascript:") || strings.Contains(body, "/admin/settings") {
			t.Errorf("%s shows what it must not:\n%s", name, body)
		}
		if h := w.Header(); w.Code != http.StatusTeapot || h.Get("Content-Security-Policy") != ui.Policy || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, w.Code, h)
		}
		for _, bad := range []string{" style=", "<style", " onclick=", "http://", "https://"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q, which the policy forbids", name, bad)
			}
		}
	}
}

func TestPageWritesNothingIfItFails(t *testing.T) {
	u := renderer(t, ui.Brand{}, pages())
	for _, name := range []string{"test/broken", "test/none"} {
		w := httptest.NewRecorder()
		if err := u.Page(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), http.StatusOK, name, struct{}{}); err == nil || w.Body.Len() > 0 {
			t.Errorf("%s: %v, body %q", name, err, w.Body)
		}
	}
}

func TestNewRefusesBrokenTemplates(t *testing.T) {
	for name, set := range map[string]fstest.MapFS{
		"syntax":      {"public/a.html": textFile(`{{define "title"}}`)},
		"two layouts": {"public/a.html": textFile("x"), "staff/a.html": textFile("x")},
		"parts":       {"parts/a.html": textFile(`{{nonsense}}`)},
	} {
		if _, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"test": set}, ui.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFailShowsOnlyWhatAPersonMayRead(t *testing.T) {
	u := renderer(t, ui.Brand{}, pages())
	fail := func(err error) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error { u.Fail(w, r, err); return nil }
	}
	w := get(t, fail(errors.New("pq: relation does not exist")), "/request")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "relation") || !strings.Contains(w.Body.String(), "It was logged") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = get(t, fail(&pierre.Error{Kind: pierre.KindConflict, Msg: "Ana was first.", Err: errors.New("version 3")}), "/admin/requests", asStaff(route.Owner))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Ana was first.") || strings.Contains(w.Body.String(), "version 3") || !strings.Contains(w.Body.String(), "/admin/settings") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = get(t, fail(&pierre.Error{Kind: pierre.KindRateLimited, Msg: "Later.", RetryAfter: time.Minute}), "/")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w = get(t, fail(pierre.NotFound("This page")), "/admin/x"); strings.Contains(w.Body.String(), "/admin/keys") {
		t.Errorf("a stranger sees the staff's sections: %s", w.Body)
	}
}

func TestStaticFilesAreKeptForAYear(t *testing.T) {
	u := renderer(t, ui.Brand{Accent: "#FFDD00"}, pages())
	page := get(t, u.Routes()[1].Handler, "/components").Body.String()
	found := regexp.MustCompile(`/static/[^"#]+`).FindAllString(page, -1)
	if len(found) < 5 || !strings.Contains(page, "/static/theme.ffdd00.css") {
		t.Fatalf("the page has the files %v", found)
	}
	for _, path := range found {
		w := get(t, u.Static, path, func(r *http.Request) *http.Request { r.Header.Set("Accept-Encoding", "br, gzip"); return r })
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %v", path, w.Header())
		}
		plain := get(t, u.Static, path).Body.String()
		if w.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err := io.ReadAll(z); err != nil || string(unpacked) != plain {
				t.Errorf("%s is another when packed: %v", path, err)
			}
		}
	}
	for _, path := range []string{"/static/app.css", "/static/../ui.go", "/static/vendor/SOURCES.txt", "/static/theme.zzzzzz.css", "/static/theme.fff.css"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL.Path = path
		if err := u.Static(httptest.NewRecorder(), r); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestGzipOnlyForWhoTakesIt(t *testing.T) {
	u := renderer(t, ui.Brand{}, pages())
	for accepts, want := range map[string]string{"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "": "", "br": "", "gzip;q=0": "", "x-gzip": ""} {
		w := get(t, u.Routes()[1].Handler, "/components", func(r *http.Request) *http.Request { r.Header.Set("Accept-Encoding", accepts); return r })
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", accepts, got, want)
		}
	}
}

func TestComponentPageOnlyInDevelopment(t *testing.T) {
	u, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, nil, ui.Options{})
	if err != nil || len(u.Routes()) != 1 {
		t.Errorf("%v, %d routes", err, len(u.Routes()))
	}
}

// TestAccentCanBeRead: whatever colour an operator chooses, text of it and on it can be read in both schemes.
func TestAccentCanBeRead(t *testing.T) {
	surfaces := [2][]string{{"#ffffff", "#fafafb", "#f4f4f7"}, {"#101114", "#17181c", "#1e1f25"}}
	for _, accent := range []string{"3b5bdb", "ffdd00", "000000", "ffffff", "ff0000", "00ff00", "0000ff", "808080", "767676", "8a2be2"} {
		u := renderer(t, ui.Brand{}, pages())
		sheet := get(t, u.Static, "/static/theme."+accent+".css").Body.String()
		schemes := strings.Split(sheet, "@media")
		for i, scheme := range schemes {
			value := func(name string) ui.Colour {
				m := regexp.MustCompile(`--` + name + `:(#[0-9a-f]{6});`).FindStringSubmatch(scheme)
				if m == nil {
					t.Fatalf("%s lacks %s: %s", accent, name, sheet)
				}
				c, _ := ui.ParseColour(m[1])
				return c
			}
			if c := ui.Contrast(value("accent"), value("on-accent")); c < 4.5 {
				t.Errorf("#%s: text on %v has contrast %.2f", accent, value("accent"), c)
			}
			if c := ui.Contrast(value("accent-text"), value("accent-soft")); c < 4.5 {
				t.Errorf("#%s: text on the soft colour of scheme %d has contrast %.2f", accent, i, c)
			}
			for _, s := range surfaces[i] {
				surface, _ := ui.ParseColour(s)
				if c := ui.Contrast(value("accent-text"), surface); c < 4.5 {
					t.Errorf("#%s: text on %s has contrast %.2f", accent, s, c)
				}
			}
		}
	}
}

func TestNotesAreShownOnce(t *testing.T) {
	u := renderer(t, ui.Brand{}, pages())
	w := httptest.NewRecorder()
	ui.Leave(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), ui.Note{Text: "Saved “" + hostile, Bad: true})
	cookie := w.Result().Cookies()[0]
	show := func(c *http.Cookie) *httptest.ResponseRecorder {
		return get(t, func(w http.ResponseWriter, r *http.Request) error {
			return u.Page(w, r, http.StatusOK, "test/open", "you")
		}, "/", func(r *http.Request) *http.Request { r.AddCookie(c); return r })
	}
	w = show(cookie)
	if body := w.Body.String(); !strings.Contains(body, `toast bad`) || !strings.Contains(body, "Saved “&#34;&gt;") || strings.Contains(body, hostile) {
		t.Errorf("the note is not shown:\n%s", body)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the note stays: %v", c)
	}
	for _, value := range []string{"", "%", "%ff%ff%ff", strings.Repeat("a", 4000)} {
		if w := show(&http.Cookie{Name: cookie.Name, Value: value}); strings.Contains(w.Body.String(), "toast") {
			t.Errorf("%.20q is shown", value)
		}
	}
}
