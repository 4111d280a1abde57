package oauthapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// A consentPage is what the page shows of an authorization request, by the names in the tags.
type consentPage struct {
	CSS         template.CSS `template:"CSS"`
	Server      string       `template:"Server"`      // the host of this server
	Name        string       `template:"Name"`        // of the app, as it calls itself
	Verified    string       `template:"Verified"`    // the host whose document describes the app; "": nobody vouches for its name
	Destination string       `template:"Destination"` // where the answer goes
	Read        bool         `template:"Read"`        // what the app asks for
	Write       bool         `template:"Write"`
	Form        string       `template:"Form"`    // the request, sealed
	Problem     string       `template:"Problem"` // why the person is asked again
}

// An errorPage says why there is nothing to decide.
type errorPage struct {
	CSS     template.CSS `template:"CSS"`
	Title   string       `template:"Title"`
	Problem string       `template:"Problem"`
}

// ask shows the page of a request, with what was wrong with the last answer.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, status int, p pending, problem string) error {
	form, err := s.seal(p)
	if err != nil {
		return err
	}
	return s.show(w, r, status, "consent", p.Redirect, consentPage{
		CSS:         template.CSS(pageCSS), //nolint:gosec // it is ours
		Server:      strings.TrimPrefix(strings.TrimPrefix(s.issuer, "https://"), "http://"),
		Name:        p.ClientName,
		Verified:    p.Host,
		Destination: destination(p.Redirect),
		Read:        slices.Contains(p.Scopes, pierre.ScopeRead),
		Write:       slices.Contains(p.Scopes, pierre.ScopeWrite),
		Form:        form,
		Problem:     problem,
	})
}

// page adapts a handler of pages: what it returns, the person reads.
func (s *Server) page(h web.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if web.ClientGone(r, err) {
			web.Abandon(r, err)
			return
		}
		status := web.Status(err)
		if !web.Note(r.Context(), err) && status >= http.StatusInternalServerError {
			s.log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.Int("status", status), slog.Any("err", err))
		}
		if web.Started(r) {
			return
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			web.SetAdvice(w.Header(), err, false)
		}
		err = s.show(w, r, status, "error", "", errorPage{
			CSS:     template.CSS(pageCSS), //nolint:gosec // it is ours
			Title:   "The app cannot be connected",
			Problem: pierre.MessageOf(err, "Something went wrong on the server. Try again in a moment; if it stays so, tell the server's operator."),
		})
		if err != nil {
			web.Abandon(r, err)
		}
	})
}

// show writes a page, whole or not at all. Its form may lead on to where redirect is.
func (s *Server) show(w http.ResponseWriter, _ *http.Request, status int, name, redirect string, data any) error {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	h := w.Header()
	noStore(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", contentPolicy(redirect))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// contentPolicy lets a page do no more than have its own style and send its form. Browsers apply form-action to where the
// answer to the form redirects as well, and to where that redirects: the scheme is all that is known of those.
func contentPolicy(redirect string) string {
	sum := sha256.Sum256([]byte(pageCSS))
	form := "'none'"
	if u, err := url.Parse(redirect); err == nil && u.Scheme != "" {
		form = "'self' https:"
		if u.Scheme != "https" {
			form += " " + u.Scheme + ":"
		}
	}
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action " + form +
		"; frame-ancestors 'none'; base-uri 'none'"
}
