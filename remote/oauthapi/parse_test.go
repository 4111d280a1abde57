package oauthapi

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/web"
)

func FuzzRegistration(f *testing.F) {
	f.Add([]byte(`{"redirect_uris":["https://a.example/cb"],"client_name":"A"}`))
	f.Add([]byte(`{"redirect_uris":["http://127.0.0.1:1/","a.b:/c"],"grant_types":["authorization_code"],"response_types":["code"]}`))
	f.Add([]byte(`{"redirect_uris":["https://%80"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		reg, err := parseRegistration(body)
		if err != nil {
			return
		}
		if reg.Name == "" || !utf8.ValidString(reg.Name) || len([]rune(reg.Name)) > maxRedirectURI+100 {
			t.Errorf("the name is %q", reg.Name)
		}
		for _, uri := range reg.RedirectURIs {
			if u, err := url.Parse(uri); err != nil || u.Fragment != "" || u.User != nil || strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }) || !registered(reg.RedirectURIs, uri) {
				t.Errorf("%q was registered", uri)
			}
		}
	})
}

// What matches a registered address is that address, or the same with another port on this computer.
func FuzzRegistered(f *testing.F) {
	f.Add("https://a.example/cb", "https://a.example/cb")
	f.Add("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb")
	f.Add("http://localhost/cb?a=b", "http://localhost:/cb?a=b")
	f.Add("cursor://a/b", "cursor://a/b")
	f.Fuzz(func(t *testing.T, uri, asked string) {
		if !registered([]string{uri}, asked) || uri == asked {
			return
		}
		a, aerr := url.Parse(uri)
		b, berr := url.Parse(asked)
		if aerr != nil || berr != nil || a.Scheme != "http" || b.Scheme != "http" || !web.Loopback(a.Host) || a.Hostname() != b.Hostname() ||
			a.EscapedPath() != b.EscapedPath() || a.RawQuery != b.RawQuery || b.User != nil || strings.Contains(asked, "#") {
			t.Errorf("%q stands for %q", uri, asked)
		}
	})
}

// No form makes the front do anything but refuse it.
func FuzzForm(f *testing.F) {
	f.Add("grant_type=refresh_token&refresh_token=por_x&client_id=a")
	f.Add("grant_type=authorization_code&code=poc_x&client_id=a&redirect_uri=b&code_verifier=c&resource=d&resource=e")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s := &Server{issuer: "https://pierre.example", now: time.Now}
		err := s.token(w, r)
		if err == nil {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if e, status := oauthError(err); e.ErrorType == "" || status < 400 || status >= 500 {
			t.Errorf("refused with %d %v", status, e)
		}
	})
}

func TestDestination(t *testing.T) {
	for uri, want := range map[string]string{
		"https://claude.ai/api/mcp/auth_callback": "claude.ai",
		"https://a.example:8443/":                 "a.example:8443",
		"http://localhost:33418/":                 "a program on this computer (localhost:33418)",
		"cursor://anysphere.cursor-mcp/oauth":     "the app on this device that opens cursor: links",
	} {
		if got := destination(uri); got != want {
			t.Errorf("destination(%q) = %q", uri, got)
		}
	}
}

// Made-up networks cannot fill the memory.
func TestArrivalsAreBounded(t *testing.T) {
	a := arrivals{most: 1}
	now := time.Now()
	var refused int
	for n := range maxNetworks + 10 {
		if a.admit(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), now) != nil {
			refused++
		}
	}
	if len(a.count) != maxNetworks || refused != 10 {
		t.Errorf("%d are counted, %d were refused", len(a.count), refused)
	}
	if err := a.admit(netip.MustParseAddr("192.0.2.1"), now.Add(arrivalWindow)); err != nil {
		t.Errorf("in the next hour: %v", err)
	}
}
