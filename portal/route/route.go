// Package route holds the site's table of routes: a pattern, who may use it, and what answers. Each package of pages returns
// its routes; [Mux] puts them together and checks the role before any handler runs, so that no handler can forget to.
// Who makes a request is found out before, by the packages that know sessions, which put it into the context.
package route

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Handler answers a request, or returns an error before it has written anything.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Route is one row of the table.
type Route struct {
	Pattern string // of [http.ServeMux], with its method: "GET /admin/keys/{id}"
	Role    Role   // who may; the zero Role is everybody
	Handler Handler
}

// Fallback says what becomes of requests that a route does not answer.
type Fallback struct {
	StaffSignIn    string // the path of the page where staff sign in
	CustomerSignIn string // the path of the page where customers do

	// Fail answers a request whose handler returned err, or that err keeps from its handler: [pierre.KindUnauthenticated]
	// and [pierre.KindDenied] by the role, [pierre.KindNotFound] if no route matches.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Mux returns a handler that serves the routes. Whoever asks for a page and is not signed in is sent to the page to sign in,
// and from there back by the parameter "next"; other methods, and parts of pages, are refused. It panics if two patterns
// collide, as [http.ServeMux] does.
func Mux(routes []Route, f Fallback) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { f.Fail(w, r, pierre.NotFound("This page")) })
	for _, rt := range routes {
		mux.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) {
			err := rt.allow(r)
			if signIn := f.signIn(rt.Role); pierre.KindOf(err) == pierre.KindUnauthenticated && isPage(r) && signIn != "" {
				http.Redirect(w, r, signIn+"?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
				return
			}
			if err == nil {
				err = isText(r)
			}
			if err == nil {
				err = rt.Handler(w, r)
			}
			if err != nil {
				f.Fail(w, r, err)
			}
		})
	}
	return mux
}

// isText returns nil if the address that is asked for is text, as ids and what is searched for are. Anything else is cleaned
// on its way to a database, and would be looked up as something that nobody asked for.
func isText(r *http.Request) error {
	if !pierre.IsText(r.URL.Path) {
		return pierre.NotFound("This page")
	}
	for name, values := range r.URL.Query() {
		for _, v := range append(values, name) {
			if !pierre.IsText(v) {
				return pierre.Invalid("", "The address has characters that are no text.")
			}
		}
	}
	return nil
}

// allow returns nil if whoever makes the request may use the route.
func (rt Route) allow(r *http.Request) error {
	if rt.Role == Public {
		return nil
	}
	if rt.Role == Customer {
		if _, ok := CustomerFrom(r.Context()); !ok {
			return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "Sign in with your e-mail address first."}
		}
		return nil
	}
	p, ok := PersonFrom(r.Context())
	switch {
	case !ok:
		return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "Sign in first."}
	case !p.May(rt.Role):
		return &pierre.Error{Kind: pierre.KindDenied, Msg: "This needs the role " + rt.Role.String() + ", and yours is " + p.Role.String() + ". An owner can change it."}
	}
	return nil
}

func (f Fallback) signIn(role Role) string {
	if role == Customer {
		return f.CustomerSignIn
	}
	return f.StaffSignIn
}

// isPage reports whether the request is for a whole page: not a change, nor a part that a script of ours asks for.
func isPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.Header.Get("HX-Request") == ""
}

// Local returns next if it is a path of this site, to be gone to after signing in, and fallback if it is anything else: a
// link may carry any text there.
func Local(next, fallback string) string {
	u, err := url.Parse(next)
	switch {
	case err != nil, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "":
		return fallback
	case len(next) < 1 || next[0] != '/' || len(next) > maxNext:
		return fallback
	}
	// Browsers take "//host" and "/\host" for other hosts, and drop tabs and line ends before they look. A path that is not
	// encoded would be by whoever writes it next, who may read it otherwise.
	for i := range len(next) {
		if c := next[i]; c <= 0x20 || c >= 0x7f || c == '\\' || i == 1 && c == '/' {
			return fallback
		}
	}
	page, _, _ := strings.Cut(next, "#")
	return page
}

const maxNext = 2000
