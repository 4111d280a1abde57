package ui_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// shown returns the body of a page whose content is a template, filled with data.
func shown(t *testing.T, brand ui.Brand, content string, data any) string {
	t.Helper()
	u := renderer(t, brand, fstest.MapFS{"public/one.html": textFile(`{{define "title"}}One{{end}}{{define "content"}}` + content + `{{end}}`)})
	return get(t, func(w http.ResponseWriter, r *http.Request) error {
		return u.Page(w, r, http.StatusOK, "test/one", data)
	}, "/").Body.String()
}

// TestFieldsHoldAnyText: whatever stands in the parts of a field, it is text.
func TestFieldsHoldAnyText(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"text", "email", "textarea", "select"} {
		f := ui.Form{Values: url.Values{"a": {hostile}}, Errors: map[string]string{"a": hostile}}.Field("a", hostile).As(kind).Help(hostile).Like(hostile).Auto(hostile).UpTo(9).Must()
		f.Choices = []ui.Choice{{Value: hostile, Text: hostile}}
		body := shown(t, ui.Brand{}, `{{template "field" .}}`, f)
		if strings.Contains(body, hostile) || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: the page has a script of the field", kind)
		}
		for _, part := range []string{`class="field wrong"`, `aria-describedby="f-a-hint f-a-error"`, `aria-invalid="true"`, `id="f-a-error"`, "required"} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: lacks %s:\n%s", kind, part, body)
			}
		}
	}
	if d := (ui.Form{}).Field("a", "A").Described(); d != "" {
		t.Errorf("a field without hint and error is described by %q", d)
	}
}

// TestChartsHoldAnyText: names in a chart's data end no element.
func TestChartsHoldAnyText(t *testing.T) {
	t.Parallel()
	one, none := 1.5, 0.0
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	c := ui.Chart{
		ID: "x", Title: "</script>" + hostile, Kind: "bars", Unit: "</script>" + hostile, At: []time.Time{at, at.Add(time.Hour), at.Add(2 * time.Hour)},
		Lines: []ui.Line{{Name: "</script>" + hostile, Tone: "bad", Values: []*float64{&one, &none, nil}}},
	}
	body := shown(t, ui.Brand{}, `{{template "chart" .}}`, c)
	if strings.Contains(body, "<script>alert") || strings.Contains(body, `</script>"`) {
		t.Errorf("the page has a script of the chart:\n%s", body)
	}
	if rows := c.Rows(); len(rows) != 1 || !rows[0].At.Equal(at) {
		t.Errorf("rows without figures are not left out: %+v", rows)
	}
	if rows := (ui.Chart{}).Rows(); len(rows) > 0 {
		t.Errorf("a chart of nothing has rows: %+v", rows)
	}
}

// TestConfirmationPatterns: they match one word only, and escape nothing that a pattern with the flag v may not.
func TestConfirmationPatterns(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"REVOKE", "2026-10", "-_a9", "ana.b+c@my-club.example", `\^$.*+?()[]{}|/`} {
		pattern := ui.Field{}.Type(word).Pattern
		exact, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		for _, other := range []string{"", word + "x", "x" + word, strings.ToLower(word) + " ", strings.ReplaceAll(word, ".", "x") + "y"} {
			if exact.MatchString(other) {
				t.Errorf("%q confirms %q", other, word)
			}
		}
		if !exact.MatchString(word) {
			t.Errorf("%q does not confirm itself", word)
		}
		for n := 0; n < len(pattern); n++ {
			if pattern[n] == '\\' {
				if n++; !strings.ContainsRune(`\^$.*+?()[]{}|/`, rune(pattern[n])) {
					t.Errorf("the pattern of %q escapes %q, which is an error in browsers", word, pattern[n])
				}
			}
		}
	}
}

// TestBrandsLeadNowhereElse: a logo is of this site, and links are pages or have a scheme that opens one.
func TestBrandsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	var now ui.Brand
	u, err := ui.New(func(context.Context) ui.Brand { return now }, nil, ui.Options{})
	if err != nil {
		t.Fatal(err)
	}
	brand := func(b ui.Brand) ui.Brand { now = b; return u.Brand(t.Context()) }
	for logo, want := range map[string]string{
		"/logo.svg": "/logo.svg", "//evil.example/x.svg": "", `/\evil.example/x.svg`: "", "/\t/evil.example/x.svg": "", "https://evil.example/x.svg": "", "data:image/svg+xml,x": "", "logo.svg": "",
	} {
		if got := brand(ui.Brand{Logo: logo}).Logo; got != want {
			t.Errorf("the logo %q is %q, want %q", logo, got, want)
		}
	}
	for link, want := range map[string]bool{
		"/legal/terms": true, "https://example.com/terms": true, "//evil.example": false, `/\evil.example`: false, "javascript:alert(1)": false,
		"JavaScript:alert(1)": false, "data:text/html,x": false, " /x": false, "": false, "ftp://example.com": false,
	} {
		if got := len(brand(ui.Brand{Legal: []ui.Link{{Text: "Terms", URL: link}}}).Legal) == 1; got != want {
			t.Errorf("the link %q is kept: %t", link, got)
		}
	}
	if got := brand(ui.Brand{Name: " \n", Accent: "red;}*{color:red"}); got.Name != "Pierre" || got.Accent != "#3b5bdb" {
		t.Errorf("a brand of nothing: %+v", got)
	}
	if got := brand(ui.Brand{Legal: []ui.Link{{URL: "/legal/terms"}}}); len(got.Legal) > 0 {
		t.Errorf("a link without text is kept: %+v", got.Legal)
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"#3b5bdb": true, "#FFFFFF": true, "#ffff": false, "3b5bdb": false, "#+12345": false, "#0x1234": false, "#12_456": false, "#gggggg": false, "#3b5bdb ": false, "": false} {
		c, got := ui.ParseColour(text)
		if got != ok || ok && c.String() != strings.ToLower(text) {
			t.Errorf("%q: %v, %t", text, c, got)
		}
	}
	white, black := ui.Colour{255, 255, 255}, ui.Colour{}
	if c := ui.Contrast(white, black); c != 21 || ui.Contrast(black, white) != 21 || ui.Contrast(white, white) != 1 {
		t.Errorf("contrast of black and white: %v", c)
	}
}

func TestFormatsAtTheirEnds(t *testing.T) {
	t.Parallel()
	for n, c := range []struct{ got, want string }{
		{ui.Short(999), "999"},
		{ui.Short(1000), "1k"},
		{ui.Short(99_949), "99.9k"},
		{ui.Short(99_950), "100k"},
		{ui.Short(999_499), "999k"},
		{ui.Short(999_500), "1M"},
		{ui.Short(-1500), "-1.5k"},
		{ui.Percent(0.0995), "10 %"},
		{ui.Percent(0.0994), "9.9 %"},
		{ui.Percent(0.00001), "0.0 %"},
		{ui.Milliseconds(0), "0.0 ms"},
		{ui.Milliseconds(9.95), "10 ms"},
		{ui.Milliseconds(999.4), "999 ms"},
		{ui.Milliseconds(999.5), "1.0 s"},
		{ui.Ago(0), "just now"},
		{ui.Ago(-time.Second), "in a moment"},
		{ui.Ago(59 * time.Second), "just now"},
		{ui.Ago(24*time.Hour - 1), "23 hours ago"},
		{ui.Ago(-24 * time.Hour), "in 1 day"},
		{ui.Ago(365 * 24 * time.Hour), "1 year ago"},
		{ui.Ago(math.MinInt64), "in 292 years"},
	} {
		if c.got != c.want {
			t.Errorf("%d: %q, want %q", n, c.got, c.want)
		}
	}
}

// TestTemplatesTakeWhatMayBeMissing: what is not there is a dash, and never the word nil.
func TestTemplatesTakeWhatMayBeMissing(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 27, 12, 0, 0, 0, time.FixedZone("", 3600))
	data := map[string]any{
		"none": (*time.Time)(nil), "zero": time.Time{}, "at": &at, "n": new(int64(1234)), "no": (*int64)(nil), "f": new(0.5), "nf": (*float64)(nil), "other": "text",
	}
	body := shown(t, ui.Brand{}, `<p>{{time .none}}|{{date .zero}}|{{ago .other}}|{{number .no}}|{{percent .nf}}|{{milliseconds .nf}}|{{number .other}}</p>
<p>{{number .n}}|{{percent .f}}|{{milliseconds .f}}|{{initials ""}}|{{initials "ana.b@x"}}|{{initials "…é ñ"}}</p>{{time .at}}{{ago .at}}`, data)
	for _, part := range []string{
		"<p>–|–|–|–|–|–|–</p>", "<p>1,234|50 %|0.5 ms||AB|…Ñ</p>",
		`<time datetime="2026-02-27T11:00:00Z" title="27 February 2026, 11:00:00 UTC" data-time="time">27 Feb 2026, 11:00 UTC</time>`, ">2 days ago</time>",
	} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s:\n%s", part, body)
		}
	}
}

// TestWeightsOfGzip: who refuses it, in whatever way, gets none.
func TestWeightsOfGzip(t *testing.T) {
	t.Parallel()
	u := renderer(t, ui.Brand{}, pages())
	for accepts, want := range map[string]string{
		"gzip;q=0.0": "", "gzip; q=0.000": "", "gzip;Q=0": "", "gzip ; q = 0": "", "gzip;q=0.001": "gzip", "gzip;q=1.0": "gzip", "gzip;q=x": "gzip", "deflate, gzip;q=0, br": "",
	} {
		w := get(t, u.Routes()[1].Handler, "/components", func(r *http.Request) *http.Request { r.Header.Set("Accept-Encoding", accepts); return r })
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", accepts, got, want)
		}
	}
}

// TestHeadHasNoBody: and the length that GET has.
func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	u := renderer(t, ui.Brand{}, pages())
	mux := route.Mux(u.Routes(), route.Fallback{Fail: u.Fail})
	for _, path := range []string{"/components", "/static/theme.ffdd00.css"} {
		length := ""
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
			if w.Code != http.StatusOK || (w.Body.Len() == 0) != (method == http.MethodHead) || length != "" && w.Header().Get("Content-Length") != length {
				t.Errorf("%s %s: %d, %d bytes, %v", method, path, w.Code, w.Body.Len(), w.Header())
			}
			length = w.Header().Get("Content-Length")
		}
	}
}

// TestFailuresAreLoggedWithoutSecrets: what is the site's own failure is logged, what is a person's is not, and no key of
// either is shown.
func TestFailuresAreLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	const key = "pk_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, c := range []struct {
		name   string
		err    error
		status int
		logged bool
		title  string
	}{
		{"the site's", fmt.Errorf("sending %s: %w", key, errors.New("broken")), http.StatusInternalServerError, true, "Something went wrong"},
		{"a person's", &pierre.Error{Kind: pierre.KindInvalid, Msg: "There is no key " + key}, http.StatusUnprocessableEntity, false, "That did not work"},
		{"of a client that left", fmt.Errorf("reading: %w", context.Canceled), http.StatusInternalServerError, false, ""},
		{"of a server that is away", &pierre.Error{Kind: pierre.KindUnavailable, Msg: "Later.", Err: errors.New(key)}, http.StatusServiceUnavailable, true, "Not available right now"},
		{"too large", &pierre.Error{Kind: pierre.KindTooLarge, Msg: "Too much."}, http.StatusRequestEntityTooLarge, false, "Too large"},
		{"not signed in", &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "Who?"}, http.StatusUnauthorized, false, "Sign in first"},
	} {
		var log bytes.Buffer
		u, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, nil, ui.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		u.Fail(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/claim/"+key, nil), c.err)
		if w.Code != c.status && c.title != "" || (log.Len() > 0) != c.logged || !strings.Contains(w.Body.String(), c.title) {
			t.Errorf("%s: %d, logged %q, shown:\n%s", c.name, w.Code, &log, w.Body)
		}
		if strings.Contains(log.String(), key) || strings.Contains(w.Body.String(), key) {
			t.Errorf("%s: the key is logged or shown: %s\n%s", c.name, &log, w.Body)
		}
	}
}

// FuzzNote: whatever a cookie holds, the page is text, and what it shows of it is no element.
func FuzzNote(f *testing.F) {
	for _, seed := range []string{"+Saved", "-%3Cscript%3E", "", "%C3%BCx", "+%ff", "+", "%2B%00%0A"} {
		f.Add(seed)
	}
	u, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"test": pages()}, ui.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{"note=" + value}
		w := httptest.NewRecorder()
		if err := u.Page(w, r, http.StatusOK, "test/open", "you"); err != nil {
			t.Fatal(err)
		}
		body := w.Body.String()
		if !utf8.ValidString(body) || strings.Count(body, "<h1>") != 1 || strings.Contains(body, "<script>") {
			t.Errorf("%q is shown as\n%s", value, body)
		}
	})
}

// TestNotesOfAnyLength: what is left is what is shown, up to its limit, whatever characters it has.
func TestNotesOfAnyLength(t *testing.T) {
	t.Parallel()
	u := renderer(t, ui.Brand{}, pages())
	for text, want := range map[string]string{
		strings.Repeat("ü", 300): strings.Repeat("ü", 300) + "<", strings.Repeat("ü", 301): strings.Repeat("ü", 300) + "<", "a\r\nSet-Cookie: x=y": "a\r\nSet-Cookie: x=y", "not \xff UTF-8": "not  UTF-8",
	} {
		w := httptest.NewRecorder()
		ui.Leave(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), ui.Note{Text: text})
		if set := w.Header()["Set-Cookie"]; len(set) != 1 || strings.ContainsAny(set[0], "\r\n") || !strings.Contains(set[0], "HttpOnly") {
			t.Fatalf("%.20q is left as %q", text, set)
		}
		cookie := w.Result().Cookies()[0]
		page := get(t, func(w http.ResponseWriter, r *http.Request) error {
			return u.Page(w, r, http.StatusOK, "test/open", "you")
		}, "/", func(r *http.Request) *http.Request { r.AddCookie(cookie); return r })
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("%.20q is not shown:\n%s", text, page.Body)
		}
	}
}
