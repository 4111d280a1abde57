package route_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/route"
)

// TestMuxLetsInWhoMay: every role at routes of every role.
func TestMuxLetsInWhoMay(t *testing.T) {
	roles := []route.Role{route.Public, route.Customer, route.Viewer, route.Approver, route.Admin, route.Owner}
	var routes []route.Route
	for _, r := range roles {
		routes = append(routes, route.Route{Pattern: "POST /" + r.String(), Role: r, Handler: func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "done")
			return err
		}})
	}
	mux := route.Mux(routes, route.Fallback{StaffSignIn: "/admin/sign-in", CustomerSignIn: "/account", Fail: fail})
	for _, who := range roles {
		for _, at := range roles {
			r := as(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+at.String(), nil), who)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			staff := who >= route.Viewer
			want := http.StatusForbidden
			switch {
			case at == route.Public, at == who, staff && at >= route.Viewer && who >= at:
				want = http.StatusOK
			case at == route.Customer, !staff:
				want = http.StatusUnauthorized
			}
			if w.Code != want {
				t.Errorf("%v at a route of %v: status %d, want %d", who, at, w.Code, want)
			}
		}
	}
}

func as(r *http.Request, who route.Role) *http.Request {
	switch {
	case who == route.Customer:
		return r.WithContext(route.WithCustomer(r.Context(), route.Account{Email: "c@example.com"}))
	case who >= route.Viewer:
		return r.WithContext(route.WithPerson(r.Context(), route.Person{Email: "s@example.com", Role: who}))
	}
	return r
}

// fail answers with the status of the error's kind, and its message.
func fail(w http.ResponseWriter, _ *http.Request, err error) {
	status := map[pierre.Kind]int{pierre.KindUnauthenticated: 401, pierre.KindDenied: 403, pierre.KindNotFound: 404, pierre.KindConflict: 409}[pierre.KindOf(err)]
	http.Error(w, pierre.MessageOf(err, "failed"), status)
}

// TestMuxSendsPagesToTheSignIn: whoever asks for a page signs in and comes back; a part of a page, or a change, is refused.
func TestMuxSendsPagesToTheSignIn(t *testing.T) {
	never := func(http.ResponseWriter, *http.Request) error { t.Error("the handler ran"); return nil }
	mux := route.Mux([]route.Route{
		{Pattern: "GET /admin/keys", Role: route.Viewer, Handler: never},
		{Pattern: "GET /account/keys", Role: route.Customer, Handler: never},
	}, route.Fallback{StaffSignIn: "/admin/sign-in", CustomerSignIn: "/account", Fail: fail})
	for target, signIn := range map[string]string{"/admin/keys?tier=pro&page=2": "/admin/sign-in", "/account/keys": "/account"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		if want := signIn + "?next=" + url.QueryEscape(target); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s: status %d to %q, want %q", target, w.Code, w.Header().Get("Location"), want)
		}
		w = httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		r.Header.Set("HX-Request", "true")
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("a part of %s: status %d", target, w.Code)
		}
	}
}

// TestMuxPassesErrorsOn: what a handler returns, and a path that no route has, reach Fail.
func TestMuxPassesErrorsOn(t *testing.T) {
	mux := route.Mux([]route.Route{{Pattern: "GET /late", Handler: func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "Too late."}
	}}}, route.Fallback{Fail: fail})
	for target, want := range map[string]int{"/late": 409, "/nowhere": 404} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", target, w.Code, want)
		}
	}
}

func TestStaffRolesHaveNames(t *testing.T) {
	for _, r := range route.StaffRoles() {
		if got, ok := route.ParseStaffRole(r.String()); !ok || got != r {
			t.Errorf("%v is read as %v, %t", r, got, ok)
		}
	}
	for _, name := range []string{"", "public", "customer", "Owner", "unknown", "root"} {
		if r, ok := route.ParseStaffRole(name); ok {
			t.Errorf("%q is the role %v", name, r)
		}
	}
	if got := route.Role(99).String(); got != "unknown" {
		t.Errorf("a role that does not exist is called %q", got)
	}
}

func TestLocalRefusesOtherSites(t *testing.T) {
	for _, next := range []string{
		"", "keys", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "javascript:alert(1)", "///evil.example",
		"/\t/evil.example", "\t//evil.example", "/keys\r\nLocation: x", "/%", "https:/evil.example", "mailto:x@example.com", "/" + strings.Repeat("a", 2000),
	} {
		if got := route.Local(next, "/admin"); got != "/admin" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
	for _, next := range []string{"/", "/admin/keys?tier=pro&page=2", "/admin/keys/k_1", "/a?next=https://evil.example", "/" + strings.Repeat("a", 1999)} {
		if got := route.Local(next, "/admin"); got != next {
			t.Errorf("%q leads to %q", next, got)
		}
	}
	if got := route.Local("/admin#part", "/"); got != "/admin" {
		t.Errorf("the part of a page that only browsers know was kept: %q", got)
	}
}

// FuzzLocal: whatever the text, a browser stays on this site.
func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/admin", "//evil.example", "/\\evil", "/a/../b", "/%2f%2fevil.example", "/%2f ", "/?x=//y"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "site.example", Path: "/admin/sign-in"}
	f.Fuzz(func(t *testing.T, next string) {
		got := route.Local(next, "/admin")
		u, err := base.Parse(got)
		if err != nil || u.Host != base.Host || u.Scheme != "https" || got[0] != '/' || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q: %v, %v", next, got, u, err)
		}
	})
}
