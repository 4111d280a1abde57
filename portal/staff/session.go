package staff

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
)

const (
	begunLife  = 10 * time.Minute // of a sign-in that is not finished
	seenEvery  = time.Minute      // how exact the time of a session's last use is
	freshFor   = 15 * time.Minute // how old a sign-in may be for changes of what signs in
	maxBrowser = 200              // bytes of the browser's name
)

type sessionKey struct{}

// sessionFrom returns the session of the request; ok is false if somebody has to sign in first.
func sessionFrom(ctx context.Context) (v db.Session, ok bool) {
	v, ok = ctx.Value(sessionKey{}).(db.Session)
	return v, ok
}

// Sessions returns a handler that finds out who of the staff makes a request before next answers it. Fail answers if the
// database cannot say so.
func (s *Service) Sessions(next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, of, err := s.session(r)
		if err != nil && pierre.KindOf(err) != pierre.KindNotFound {
			fail(w, r, err)
			return
		}
		if err == nil && v.Stage == db.StageFull {
			now := s.opts.Now()
			if now.Sub(v.Seen) >= seenEvery {
				if err := s.db.SeeSession(r.Context(), v.Hash, now); err != nil {
					fail(w, r, err)
					return
				}
			}
			role, _ := route.ParseStaffRole(of.Role) // a role of a newer program may do nothing
			ctx := context.WithValue(r.Context(), sessionKey{}, v)
			r = r.WithContext(route.WithPerson(ctx, route.Person{ID: of.ID, Email: of.Email, Name: of.Name, Role: role}))
		}
		next.ServeHTTP(w, r)
	})
}

// cookieName is bound to the site's host by its prefix, which only browsers on https take.
func (s *Service) cookieName() string {
	if s.base.Scheme == "https" {
		return "__Host-pierre_staff"
	}
	return "pierre_staff"
}

// session returns the session that the request's cookie names, in any stage.
func (s *Service) session(r *http.Request) (db.Session, db.Staff, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil || c.Value == "" {
		return db.Session{}, db.Staff{}, pierre.NotFound("This session")
	}
	return s.db.SessionByHash(r.Context(), hashOf(c.Value), s.opts.Now())
}

// newSession returns a session of the request's browser, and what its cookie holds.
func (s *Service) newSession(r *http.Request, staff, stage string, life time.Duration) (db.Session, string) {
	token, now := rand.Text(), s.opts.Now()
	browser := r.UserAgent()
	browser = strings.ToValidUTF8(browser[:min(len(browser), maxBrowser)], "")
	return db.Session{
		Hash: hashOf(token), Staff: staff, Stage: stage, Network: s.network(r), Browser: browser,
		Created: now, Seen: now, Expires: now.Add(life),
	}, token
}

// begin begins a sign-in, which ends any other of this browser.
func (s *Service) begin(w http.ResponseWriter, r *http.Request, staff, stage, data string) error {
	v, token := s.newSession(r, staff, stage, begunLife)
	v.Data = data
	if err := s.drop(r); err != nil {
		return err
	}
	if err := s.db.AddSession(r.Context(), v); err != nil {
		return err
	}
	s.setCookie(w, token, begunLife)
	return nil
}

// drop ends the session that the request's cookie names, if there is one.
func (s *Service) drop(r *http.Request) error {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return nil //nolint:nilerr // there is none
	}
	return s.db.DropSession(r.Context(), hashOf(c.Value))
}

// finish signs somebody in: with a session of a new id, in place of the one that was begun. how says what proved it.
func (s *Service) finish(w http.ResponseWriter, r *http.Request, of db.Staff, how string) error {
	var begun string
	if c, err := r.Cookie(s.cookieName()); err == nil {
		begun = hashOf(c.Value)
	}
	v, token := s.newSession(r, of.ID, db.StageFull, db.SessionLife)
	if err := s.db.SignedIn(r.Context(), db.Act{Person: of.Email, At: v.Created}, begun, v, how); err != nil {
		return err
	}
	s.setCookie(w, token, db.SessionLife)
	return nil
}

func (s *Service) setCookie(w http.ResponseWriter, token string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site has https
		Name: s.cookieName(), Value: token, Path: "/", MaxAge: int(life.Seconds()),
		Secure: s.base.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// signOut ends the session of this browser.
func (s *Service) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.drop(r); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // as above
		Name: s.cookieName(), Path: "/", MaxAge: -1, Secure: s.base.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return goTo(w, r, SignInPath)
}

// fresh reports an error unless whoever makes the request signed in a short time ago: who finds a browser that was left
// open may not take the account over.
func (s *Service) fresh(r *http.Request) error {
	v, ok := sessionFrom(r.Context())
	if !ok || s.opts.Now().Sub(v.Created) > freshFor {
		return &pierre.Error{Kind: pierre.KindDenied, Msg: "For this, sign in again: your sign-in is older than 15 minutes."}
	}
	return nil
}
