package staff

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// How many guesses are checked in a window; every sign-in counts one with its network.
const (
	guessWindow     = 15 * time.Minute
	accountGuesses  = 10
	networkGuesses  = 60
	codeGuesses     = 8 // of an account's second factor
	wrongSignInText = "The e-mail address or the password is wrong."
)

// signInData is what the page staff/sign-in shows.
type signInData struct {
	Form ui.Form
	Next string
	OIDC string // the name of the site that signs people in; "": passwords do
}

func (s *Service) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := route.Local(r.URL.Query().Get("next"), home)
	if _, ok := route.PersonFrom(r.Context()); ok && r.URL.Query().Get("again") == "" {
		return goTo(w, r, next)
	}
	return s.showSignIn(w, r, http.StatusOK, ui.Form{}, next)
}

func (s *Service) showSignIn(w http.ResponseWriter, r *http.Request, status int, f ui.Form, next string) error {
	d := signInData{Form: f, Next: next}
	if s.opts.OIDC != nil {
		d.OIDC = s.opts.OIDC.config.Name
	}
	return s.pages.Page(w, r, status, "staff/sign-in", d)
}

// signIn checks a password. Every refusal of one has the same status, text and work, whether or not there is an account.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	next := route.Local(f.Get("next"), home)
	again := func(status int, text string) error {
		return s.showSignIn(w, r, status, ui.Form{Values: url.Values{"email": f["email"]}, Errors: map[string]string{"": text}}, next)
	}
	email, err := pierre.NormalizeEmail(f.Get("email"))
	if err != nil {
		email = "" // of nobody
	}
	account := "password " + hashOf(email)
	until, err := s.db.Guess(r.Context(), s.opts.Now(), guessWindow, map[string]int64{account: accountGuesses, "network " + s.network(r): networkGuesses})
	if err != nil {
		return err
	}
	if !until.IsZero() {
		wait := until.Sub(s.opts.Now())
		w.Header().Set("Retry-After", fmt.Sprint(web.Seconds(wait)))
		return again(http.StatusTooManyRequests, waitText(wait))
	}
	of, err := s.db.StaffByEmail(r.Context(), email)
	if err != nil && pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	right, err := s.passwords.matches(r.Context(), f.Get("password"), of.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return again(http.StatusUnauthorized, wrongSignInText)
	}
	if err := s.db.Forgive(r.Context(), account); err != nil {
		return err
	}
	return s.afterPassword(w, r, of, next)
}

func waitText(wait time.Duration) string {
	return fmt.Sprintf("Too many tries. Wait %d minutes, then try again.", int(wait/time.Minute)+1)
}

// afterPassword asks for the second factor, or lets somebody who has none choose one. Development mode needs none.
func (s *Service) afterPassword(w http.ResponseWriter, r *http.Request, of db.Staff, next string) error {
	if s.opts.Development {
		if err := s.finish(w, r, of, "password in development mode"); err != nil {
			return err
		}
		return goTo(w, r, next)
	}
	has, err := s.hasFactor(r.Context(), of)
	if err != nil {
		return err
	}
	if err := s.begin(w, r, of.ID, db.StagePassword, pending{Next: next}.encode()); err != nil {
		return err
	}
	if !has {
		return goTo(w, r, enrolPath)
	}
	return goTo(w, r, codePath)
}

const (
	codePath  = "/admin/sign-in/code"
	enrolPath = "/admin/second-factor"
)

func (s *Service) hasFactor(ctx context.Context, of db.Staff) (bool, error) {
	if of.TOTP != nil {
		return true, nil
	}
	keys, err := s.db.Passkeys(ctx, of.ID)
	return len(keys) > 0, err
}

// An attempt is a sign-in that goes on, or a session, and whose it is.
type attempt struct {
	session db.Session
	of      db.Staff
}

// half returns the sign-in of which the password was right and the second factor is missing. Without one, ok is false and
// the browser was sent to the beginning.
func (s *Service) half(w http.ResponseWriter, r *http.Request) (a attempt, ok bool, err error) {
	a.session, a.of, err = s.session(r)
	switch {
	case pierre.KindOf(err) == pierre.KindNotFound, err == nil && a.session.Stage != db.StagePassword:
		return a, false, goTo(w, r, SignInPath)
	case err != nil:
		return a, false, err
	}
	return a, true, nil
}

// codeData is what the page staff/code shows.
type codeData struct {
	Form    ui.Form
	Email   string
	App     bool // an authenticator app can be used
	Passkey bool
	Next    string // where the sign-in leads
}

func (s *Service) codePage(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.half(w, r)
	if !ok || err != nil {
		return err
	}
	return s.showCode(w, r, http.StatusOK, a, ui.Form{})
}

func (s *Service) showCode(w http.ResponseWriter, r *http.Request, status int, a attempt, f ui.Form) error {
	of := a.of
	keys, err := s.db.Passkeys(r.Context(), of.ID)
	if err != nil {
		return err
	}
	return s.pages.Page(w, r, status, "staff/code", codeData{Form: f, Email: of.Email, App: of.TOTP != nil, Passkey: len(keys) > 0, Next: pendingOf(a.session).Next})
}

// takeCode checks a code of an authenticator app, or a recovery code.
func (s *Service) takeCode(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.half(w, r)
	if !ok || err != nil {
		return err
	}
	of := a.of
	f, err := form(w, r)
	if err != nil {
		return err
	}
	has, err := s.hasFactor(r.Context(), of)
	if err != nil {
		return err
	}
	if !has {
		return goTo(w, r, enrolPath)
	}
	bucket := "code " + of.ID
	until, err := s.db.Guess(r.Context(), s.opts.Now(), guessWindow, map[string]int64{bucket: codeGuesses})
	if err != nil {
		return err
	}
	wrong := func(status int, text string) error {
		return s.showCode(w, r, status, a, ui.Form{Errors: map[string]string{"code": text}})
	}
	if !until.IsZero() {
		return wrong(http.StatusTooManyRequests, waitText(until.Sub(s.opts.Now())))
	}
	how, right, err := s.checkCode(r.Context(), of, f.Get("code"))
	switch {
	case err != nil:
		return err
	case !right:
		return wrong(http.StatusUnauthorized, "This code is wrong, or was used before. Codes of the app change every 30 seconds.")
	}
	if err := s.db.Forgive(r.Context(), bucket); err != nil {
		return err
	}
	if err := s.finish(w, r, of, how); err != nil {
		return err
	}
	return goTo(w, r, pendingOf(a.session).Next)
}
