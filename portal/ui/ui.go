// Package ui renders the site's pages: layouts, components, static files, error pages, and formats of numbers and times.
// It knows no page's data; each package of pages brings its templates, and what they are filled with.
package ui

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/route"
)

// Policy is the Content-Security-Policy that every page keeps to: nothing from elsewhere, and no script, style or handler
// in the page's text. Browsers hold a form's redirects to form-action too, so a page leads to other origins by links.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

//go:embed templates
var ownTemplates embed.FS

// Options are what a Renderer can do without.
type Options struct {
	Development bool             // pages say that this is not for real use, and /components shows all components
	Log         *slog.Logger     // nil: no log
	Now         func() time.Time // nil: time.Now
}

// A Renderer writes pages. It is safe for concurrent use.
type Renderer struct {
	brand  func(context.Context) Brand
	pages  map[string]page
	static *files
	opts   Options
}

type page struct {
	layout string
	tmpl   *template.Template
}

// New returns a Renderer of the pages of all packages. sets has the templates of each package of pages by its name: a file
// staff/keys.html in the set "console" is the page "console/keys" in the layout of the staff; the layouts are public,
// customer and staff. It defines "title" and "content", which gets the page's data. Files in parts are seen by all pages
// of their set. brand is asked for each page.
func New(brand func(context.Context) Brand, sets map[string]fs.FS, opts Options) (*Renderer, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	static, err := loadFiles()
	if err != nil {
		return nil, err
	}
	u := &Renderer{brand: brand, pages: map[string]page{}, static: static, opts: opts}
	own, err := fs.Sub(ownTemplates, "templates/pages")
	if err != nil {
		return nil, fmt.Errorf("reading the site's templates: %w", err)
	}
	base, err := template.New("").Funcs(u.funcs()).ParseFS(ownTemplates, "templates/layouts/*.html", "templates/components/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the site's templates: %w", err)
	}
	if err := u.load(base, "ui", own); err != nil {
		return nil, err
	}
	for name, set := range sets {
		if err := u.load(base, name, set); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (u *Renderer) load(base *template.Template, set string, from fs.FS) error {
	shared, err := base.Clone()
	if err != nil {
		return fmt.Errorf("reading templates of %s: %w", set, err)
	}
	if parts, _ := fs.Glob(from, "parts/*.html"); len(parts) > 0 {
		if shared, err = shared.ParseFS(from, "parts/*.html"); err != nil {
			return fmt.Errorf("reading templates of %s: %w", set, err)
		}
	}
	for _, layout := range []string{"public", "customer", "staff"} {
		found, err := fs.Glob(from, layout+"/*.html")
		if err != nil {
			return fmt.Errorf("reading templates of %s: %w", set, err)
		}
		for _, file := range found {
			own, err := shared.Clone()
			if err == nil {
				own, err = own.ParseFS(from, file)
			}
			if err != nil {
				return fmt.Errorf("reading the template %s of %s: %w", file, set, err)
			}
			name := set + "/" + strings.TrimSuffix(path.Base(file), ".html")
			if _, twice := u.pages[name]; twice {
				return fmt.Errorf("the page %s is in two layouts", name)
			}
			u.pages[name] = page{layout, own}
		}
	}
	return nil
}

// A frame is what layouts are filled with.
type frame struct {
	Brand       Brand
	Theme       string // path of the brand's style sheet
	Person      route.Person
	Staff       bool // Person is signed in
	Customer    route.Account
	SignedIn    bool // Customer is
	Path        string
	Note        Note
	Development bool
	Data        any
}

// Page writes a page with a status, filled with data. It writes nothing if that fails. A note that [Leave] left is shown once.
func (u *Renderer) Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	p, ok := u.pages[name]
	if !ok {
		return fmt.Errorf("there is no page %s", name)
	}
	brand := u.Brand(r.Context())
	f := frame{Brand: brand, Theme: brand.themePath(), Path: r.URL.Path, Note: takeNote(w, r), Development: u.opts.Development, Data: data}
	f.Person, f.Staff = route.PersonFrom(r.Context())
	f.Customer, f.SignedIn = route.CustomerFrom(r.Context())
	var body bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&body, p.layout, f); err != nil {
		return fmt.Errorf("filling the page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", Policy)
	h.Add("Vary", "Accept-Encoding, Cookie")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store") // most pages are about persons
	}
	return writeBody(w, r, status, body.Bytes())
}

// Brand returns how the operator shows itself now.
func (u *Renderer) Brand(ctx context.Context) Brand { return u.brand(ctx).checked() }

// Fail answers with the error page for err, in the layout of the path: only what a person may read of it is shown. What is
// the site's own failure is logged.
func (u *Renderer) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status := web.Status(err)
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		u.opts.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("method", r.Method),
			slog.String("path", web.LoggedPath(r)), slog.Int("status", status), slog.String("err", web.Redact(err.Error())))
	}
	if wait := pierre.RetryAfterOf(err, 0); wait > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(web.Seconds(wait)))
	}
	data := failure{Status: status, Title: failureTitle(status), Text: web.Redact(pierre.MessageOf(err, failureText)), Home: "/"}
	name := "ui/error"
	if _, staff := route.PersonFrom(r.Context()); staff && strings.HasPrefix(r.URL.Path, "/admin") {
		name, data.Home = "ui/staff-error", "/admin"
	}
	if err := u.Page(w, r, status, name, data); err != nil {
		u.opts.Log.LogAttrs(r.Context(), slog.LevelError, "writing an error page failed", slog.String("err", web.Redact(err.Error())))
		http.Error(w, data.Text, status)
	}
}

const failureText = "Something went wrong on our side. It was logged; try again in a moment."

type failure struct {
	Status      int
	Title, Text string
	Home        string // where to go from here
}

func failureTitle(status int) string {
	switch status {
	case http.StatusNotFound:
		return "Page not found"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusUnauthorized:
		return "Sign in first"
	case http.StatusConflict:
		return "Somebody was faster"
	case http.StatusTooManyRequests:
		return "Too many tries"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "Not available right now"
	}
	if status < http.StatusInternalServerError {
		return "That did not work"
	}
	return "Something went wrong"
}
