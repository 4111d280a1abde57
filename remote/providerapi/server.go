// Package providerapi serves the pages on which athletes connect their accounts at other services, /connect/, and takes the
// calls of those services, /hooks/. What a connection is and does is package provider's.
//
// A link from a tool leads to a page that says whose account is connected to what. Its form leads on to the provider, from
// where the browser comes back to /connect/callback/PROVIDER with an answer; or it takes a personal key. Either way a page
// says what happened. A cookie binds the answer to the browser that asked.
package providerapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/web"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Accounts connect accounts; package provider has them.
type Accounts interface {
	Invitation(ctx context.Context, token string) (provider.Invitation, error)
	Ask(ctx context.Context, token, browser string) (string, error)
	Complete(ctx context.Context, a provider.Answer) (provider.Connected, error)
	CompleteKey(ctx context.Context, token, key string) (provider.Connected, error)
	Called(ctx context.Context, name pierre.Provider, r *http.Request, body []byte) ([]byte, error)
}

// Options are what a Server may have in addition; the zero value works.
type Options struct {
	Secure bool         // browsers reach it by https alone
	Log    *slog.Logger // nil: nothing is logged
}

// A Server serves the pages and takes the calls. It is safe for concurrent use.
type Server struct {
	accounts Accounts
	opts     Options
	log      *slog.Logger
	pages    *template.Template
	mux      *http.ServeMux
}

const (
	connectPath  = "/connect/"
	callbackPath = connectPath + "callback/"
	hooksPath    = "/hooks/"

	maxForm = 4 << 10
	maxCall = 64 << 10
	maxWord = 2048 // characters of what a provider's answer has
)

// Routes lists the paths below which a Server serves.
func Routes() []string { return []string{connectPath, hooksPath} }

// LogPath returns what logs show of a path: links and addresses of calls hold secrets.
func LogPath(path string) string {
	if strings.HasPrefix(path, connectPath) && !strings.HasPrefix(path, callbackPath) {
		return connectPath + "…"
	}
	if rest, ok := strings.CutPrefix(path, hooksPath); ok {
		name, _, _ := strings.Cut(rest, "/")
		return hooksPath + name
	}
	return path
}

// New returns a Server.
func New(accounts Accounts, opts Options) (*Server, error) {
	s := &Server{accounts: accounts, opts: opts, log: opts.Log, mux: http.NewServeMux()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.pages, err = template.New("page").Parse(pageHTML); err != nil {
		return nil, err
	}
	s.mux.Handle("GET "+connectPath, s.page(cutOff))
	s.mux.Handle("GET "+connectPath+"{token}", s.page(s.invitation))
	s.mux.Handle("POST "+connectPath+"{token}", http.NewCrossOriginProtection().Handler(s.page(s.goOn)))
	s.mux.Handle("GET "+callbackPath+"{provider}", s.page(s.callback))
	for _, path := range []string{hooksPath + "{provider}", hooksPath + "{provider}/{secret}"} {
		s.mux.Handle("GET "+path, web.Handle(s.log, s.called))
		s.mux.Handle("POST "+path, web.Handle(s.log, s.called))
	}
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// called takes a call of a provider, and answers before anything is fetched.
func (s *Server) called(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		return &pierre.Error{Kind: pierre.KindTooLarge, Msg: "The call is too long, or ended early.", Err: err}
	}
	answer, err := s.accounts.Called(r.Context(), pierre.Provider(r.PathValue("provider")), r, body)
	if err != nil {
		return err
	}
	if answer == nil {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(answer) //nolint:gosec // it is JSON
	return err
}

// An invitationPage is the page of a link, by the names in the tags.
type invitationPage struct {
	CSS       template.CSS `template:"CSS"`
	Title     string       `template:"Title"` // of the provider
	Account   string       `template:"Account"`
	Risk      string       `template:"Risk"`
	Note      string       `template:"Note"`
	KeyWhere  string       `template:"KeyWhere"`
	Connected bool         `template:"Connected"`
	Problem   string       `template:"Problem"` // with the key that was entered
}

// A resultPage says what happened.
type resultPage struct {
	CSS     template.CSS `template:"CSS"`
	Title   string       `template:"Title"`
	Text    string       `template:"Text"`
	Problem bool         `template:"Problem"`
}

// cutOff is the page of a link that lost something on its way.
func cutOff(http.ResponseWriter, *http.Request) error {
	return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This link is not as your assistant gave it: a part is missing, or was added. Copy it whole, or ask for a new one."}
}

func (s *Server) invitation(w http.ResponseWriter, r *http.Request) error {
	return s.invite(w, r, http.StatusOK, "")
}

func (s *Server) invite(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	i, err := s.accounts.Invitation(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return s.show(w, status, "invitation", i.Leads, invitationPage{
		css(), i.Title, i.Account, i.Risk, i.Note, i.KeyWhere, i.Connected, problem,
	})
}

func css() template.CSS { return template.CSS(pageCSS) } //nolint:gosec // it is ours

// goOn takes a personal key, or sends the browser to the provider.
func (s *Server) goOn(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(w, r, maxForm)
	if err != nil {
		return err
	}
	token := r.PathValue("token")
	if key := form.Get("key"); key != "" {
		done, err := s.accounts.CompleteKey(r.Context(), token, key)
		if kind := pierre.KindOf(err); kind == pierre.KindInvalid || kind == pierre.KindDenied {
			return s.invite(w, r, web.Status(err), pierre.MessageOf(err, ""))
		}
		if err != nil {
			return err
		}
		return s.connected(w, done)
	}
	browser := rand.Text()
	to, err := s.accounts.Ask(r.Context(), token, browser)
	if err != nil {
		return err
	}
	http.SetCookie(w, s.cookie(browser))
	noStore(w.Header())
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // the address is of the table of providers
	return nil
}

const cookieName = "pierre_connect"

// cookie keeps a value for the way to the provider and back, and for no other page.
func (s *Server) cookie(value string) *http.Cookie {
	const minutes = 15
	c := &http.Cookie{ //nolint:gosec // a personal server is reached by http
		Name: cookieName, Value: value, Path: callbackPath, MaxAge: minutes * 60, HttpOnly: true, Secure: s.opts.Secure,
		SameSite: http.SameSiteLaxMode, // it comes with the provider's redirect
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// callback is where providers send browsers back to.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	a := provider.Answer{Provider: pierre.Provider(r.PathValue("provider"))}
	for name, to := range map[string]*string{"state": &a.State, "code": &a.Code, "error": &a.Error, "scope": &a.Scope} {
		if *to = q.Get(name); len(*to) > maxWord {
			return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The provider's answer is too long."}
		}
	}
	if c, err := r.Cookie(cookieName); err == nil {
		a.Browser = c.Value
	}
	done, err := s.accounts.Complete(r.Context(), a)
	if pierre.KindOf(err) != pierre.KindDenied || a.Error != "" { // another browser's answer must not end this one's way
		http.SetCookie(w, s.cookie(""))
	}
	if err != nil {
		return err
	}
	return s.connected(w, done)
}

func (s *Server) connected(w http.ResponseWriter, done provider.Connected) error {
	text := "Fetching begins now; what is new comes first, then all that was before. Ask your assistant for the connection status to see how far it is."
	if done.Again {
		text = "The access was renewed. Fetching goes on where it was."
	}
	return s.show(w, http.StatusOK, "result", "", resultPage{css(), done.Title + " is connected", text, false})
}

// page adapts a handler of pages: what it returns, the person reads.
func (s *Server) page(h web.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		switch {
		case err == nil:
			return
		case web.ClientGone(r, err):
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
		if status == http.StatusServiceUnavailable {
			web.SetAdvice(w.Header(), err, false)
		}
		text := pierre.MessageOf(err, "Something went wrong on the server. Try again in a moment; if it stays so, tell the server's operator.")
		title, ended := "Nothing was connected", status == http.StatusNotFound
		if ended { // it may have connected before
			title = "This link has ended"
		}
		if err := s.show(w, status, "result", "", resultPage{css(), title, text, !ended}); err != nil {
			web.Abandon(r, err)
		}
	})
}

// show writes a page, whole or not at all. Its form may lead on to a provider.
func (s *Server) show(w http.ResponseWriter, status int, name, leads string, data any) error {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(pageCSS))
	h := w.Header()
	noStore(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.TrimSpace("default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' https: "+leads))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

func noStore(h http.Header) { h.Set("Cache-Control", "no-store") }
