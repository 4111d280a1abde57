package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	signInPath = "/account/sign-in"
	linkLife   = 15 * time.Minute
	maxToken   = 64
	handled    = 20 // requests for links at a time

	idle           = 12 * time.Hour
	longestSession = 7 * 24 * time.Hour
)

// limits are loose for a person who tries again, and tight for a program.
func limits() db.SignInLimits {
	return db.SignInLimits{PerEmail: 3, EmailTime: linkLife, PerNetwork: 30, NetworkTime: time.Hour}
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

type signInData struct {
	Form  ui.Form
	Sent  bool // a link is on its way, if the address is known
	Email string
	Next  string // the page to go to afterwards; "": the overview
}

func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := route.Local(r.URL.Query().Get("next"), "")
	if _, ok := route.CustomerFrom(r.Context()); ok {
		return goTo(w, r, next)
	}
	return s.pages.Page(w, r, http.StatusOK, "account/sign-in", signInData{Next: next})
}

// askLink takes the request for a link. The answer is the same, and takes as long, whoever's the address is: it is looked up
// later, by MailLinks.
func (s *Site) askLink(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	next := route.Local(r.PostFormValue("next"), "")
	email, err := pierre.NormalizeEmail(r.PostFormValue("email"))
	if err != nil {
		data := signInData{Next: next, Form: ui.Form{Values: r.PostForm, Errors: map[string]string{"email": "Enter one e-mail address, such as ana@example.com."}}}
		return s.pages.Page(w, r, http.StatusUnprocessableEntity, "account/sign-in", data)
	}
	asked := db.SignIn{ID: rand.Text(), Email: email, Next: next, Asked: s.opts.Now()}
	if err := s.db.AskSignIn(r.Context(), asked, hideNetwork(web.ClientNetwork(r, s.opts.Proxies)), limits()); err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, "account/sign-in", signInData{Sent: true, Email: email, Next: next})
}

// hideNetwork stands for where a request comes from. It is kept for as long as links are, and is no address.
func hideNetwork(network string) string {
	const shown = 12
	sum := sha256.Sum256([]byte("sign-in network " + network))
	return hex.EncodeToString(sum[:shown])
}

// MailLinks looks up the addresses that links were asked for, and mails the links to those that have a key.
func (s *Site) MailLinks(ctx context.Context) error {
	list, err := s.db.WaitingSignIns(ctx, handled)
	if err != nil {
		return err
	}
	var failed error
	for _, asked := range list {
		failed = errors.Join(failed, s.mailLink(ctx, asked))
	}
	return failed
}

func (s *Site) mailLink(ctx context.Context, asked db.SignIn) error {
	known := false
	if s.opts.Now().Sub(asked.Asked) < linkLife { // later nobody waits for it
		keys, err := s.server.Keys(ctx, adminapi.KeyFilter{UserEmail: asked.Email, Limit: 1})
		if err != nil {
			return err
		}
		known = len(keys.APIKeys) > 0
	}
	now := s.opts.Now()
	if !known {
		return s.db.Update(ctx, "answering who asked for a link", func(t *db.Tx) error {
			_, err := s.db.HandleSignIn(ctx, t, asked.ID, nil, now, now)
			return err
		})
	}
	token := rand.Text()
	m, err := s.texts(ctx).SignIn(asked.Email, token, now.Add(linkLife))
	if err != nil {
		return err
	}
	return s.db.Update(ctx, "answering who asked for a link", func(t *db.Tx) error {
		mine, err := s.db.HandleSignIn(ctx, t, asked.ID, hash(token), now, now.Add(linkLife))
		if err != nil || !mine {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
}

// linkPage has a button: programs that look into mails open links, and press nothing. It posts to the page itself: a path
// that is made of the token could lead anywhere on the site.
func (s *Site) linkPage(w http.ResponseWriter, r *http.Request) error {
	return s.pages.Page(w, r, http.StatusOK, "account/link", nil)
}

// useLink signs in. A session of before ends: nobody can have prepared it.
func (s *Site) useLink(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if len(token) > maxToken {
		return pierre.NotFound("This sign-in link")
	}
	if err := s.drop(r); err != nil {
		return err
	}
	cookie := rand.Text() + rand.Text()
	session, next, err := s.db.UseSignIn(r.Context(), hash(token), hash(cookie), db.CustomerSession{ID: rand.Text(), Browser: ui.Browser(r.UserAgent())}, s.opts.Now())
	if pierre.KindOf(err) == pierre.KindNotFound {
		return s.pages.Page(w, r, http.StatusNotFound, "account/ended", nil)
	}
	if err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "customer signed in", slog.String("session", session.ID))
	s.setCookie(w, cookie, int(longestSession.Seconds()))
	return goTo(w, r, next)
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.drop(r); err != nil {
		return err
	}
	s.setCookie(w, "", -1)
	return goTo(w, r, "/")
}

// drop ends the session of this browser.
func (s *Site) drop(r *http.Request) error {
	session, ok, err := s.session(r)
	if err != nil || !ok {
		return err
	}
	return s.db.EndCustomerSession(r.Context(), session.Email, session.ID)
}

func (s *Site) cookieName() string {
	if s.opts.Insecure {
		return "customer" // browsers take the prefix with Secure only
	}
	return "__Host-customer"
}

func (s *Site) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site has https
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: seconds, Secure: !s.opts.Insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// session returns the session of the request's cookie; ok is false if there is none.
func (s *Site) session(r *http.Request) (session db.CustomerSession, ok bool, err error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil || c.Value == "" || len(c.Value) > 2*maxToken {
		return session, false, nil //nolint:nilerr // there is no cookie
	}
	now := s.opts.Now()
	session, err = s.db.CustomerSession(r.Context(), hash(c.Value), now.Add(-longestSession), now.Add(-idle))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return session, false, nil
	}
	return session, err == nil, err
}

// Identify finds out which customer makes a request, for the handlers behind it. fail answers if that is not possible.
func (s *Site) Identify(next http.Handler, fail func(w http.ResponseWriter, r *http.Request, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, ok, err := s.session(r)
		if err == nil && ok && s.opts.Now().Sub(session.Seen) > time.Minute {
			err = s.db.SeeCustomerSession(r.Context(), session.Email, session.ID, s.opts.Now())
		}
		switch {
		case err != nil:
			fail(w, r, err)
			return
		case ok:
			r = r.WithContext(route.WithCustomer(r.Context(), route.Account{Email: session.Email}))
		}
		next.ServeHTTP(w, r)
	})
}
