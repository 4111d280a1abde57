package staff

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const mePath = "/admin/me"

// meData is what the page staff/me shows.
type meData struct {
	Me       db.Staff
	Form     ui.Form
	App      bool
	Keys     []db.Passkey
	Passkeys bool // the site can have some
	Recovery int  // codes that are left
	Sessions []db.Session
	This     string // the hash of the session that looks
	Fresh    bool   // the sign-in is young enough to change what signs in
	OIDC     string
	Quiet    bool // nobody gets the mail of each morning
}

func (s *Service) mePage(w http.ResponseWriter, r *http.Request) error {
	return s.showMe(w, r, http.StatusOK, ui.Form{})
}

func (s *Service) showMe(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	v, of, err := s.session(r)
	if err != nil {
		return err
	}
	d := meData{Me: of, Form: f, App: of.TOTP != nil, Passkeys: s.passkeys != nil, This: v.Hash, Fresh: s.fresh(r) == nil}
	if s.opts.OIDC != nil {
		d.OIDC = s.opts.OIDC.config.Name
	}
	var errs [4]error
	d.Keys, errs[0] = s.db.Passkeys(r.Context(), of.ID)
	d.Sessions, errs[1] = s.db.Sessions(r.Context(), of.ID, s.opts.Now())
	d.Recovery, errs[2] = s.db.RecoveryLeft(r.Context(), of.ID)
	settings, err := s.db.Settings(r.Context())
	errs[3] = err
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	d.Quiet = settings.NoDailyMail
	return s.pages.Page(w, r, status, "staff/me", d)
}

func (s *Service) setName(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(f.Get("name"))
	if err := checkName(name); err != nil {
		return s.showMe(w, r, http.StatusUnprocessableEntity, ui.Form{Values: f, Errors: map[string]string{"name": pierre.MessageOf(err, "")}})
	}
	_, of, err := s.session(r)
	if err != nil {
		return err
	}
	_, err = s.db.ChangeStaff(r.Context(), s.act(r), of.ID, db.StaffChange{Action: "staff.name", Details: struct{}{}, Change: func(of *db.Staff) error {
		of.Name = name
		return nil
	}})
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "Your name was saved."})
	return goTo(w, r, mePath)
}

// setMails says which mails of the site somebody wants.
func (s *Service) setMails(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	_, of, err := s.session(r)
	if err != nil {
		return err
	}
	_, err = s.db.ChangeStaff(r.Context(), s.act(r), of.ID, db.StaffChange{
		Action: "staff.mails", Details: map[string]bool{"daily_mail": f.Has("daily_mail")},
		Change: func(of *db.Staff) error { of.NoDailyMail = !f.Has("daily_mail"); return nil },
	})
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "Your choice was saved."})
	return goTo(w, r, mePath)
}

// setPassword changes the password of who knows the one before. All other sessions end.
func (s *Service) setPassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	v, of, err := s.session(r)
	if err != nil {
		return err
	}
	wrong := func(status int, field, text string) error {
		return s.showMe(w, r, status, ui.Form{Errors: map[string]string{field: text}})
	}
	until, err := s.db.Guess(r.Context(), s.opts.Now(), guessWindow, map[string]int64{"password of " + of.ID: codeGuesses})
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return wrong(http.StatusTooManyRequests, "current", waitText(until.Sub(s.opts.Now())))
	}
	right, err := s.passwords.matches(r.Context(), f.Get("current"), of.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return wrong(http.StatusUnprocessableEntity, "current", "This is not your password.")
	}
	if err := checkPassword(f.Get("password"), of.Email); err != nil {
		return wrong(http.StatusUnprocessableEntity, "password", pierre.MessageOf(err, ""))
	}
	hash, err := s.passwords.hash(r.Context(), f.Get("password"))
	if err != nil {
		return err
	}
	_, err = s.db.ChangeStaff(r.Context(), s.act(r), of.ID, db.StaffChange{
		Action: "staff.password", Details: struct{}{}, Keep: v.Hash,
		Change: func(of *db.Staff) error { of.PasswordHash = hash; return nil },
	})
	if err == nil {
		err = s.db.Forgive(r.Context(), "password of "+of.ID)
	}
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "Your password was changed. All your other sessions have ended."})
	return goTo(w, r, mePath)
}

// newRecovery makes new recovery codes in place of those before.
func (s *Service) newRecovery(w http.ResponseWriter, r *http.Request) error {
	if err := s.fresh(r); err != nil {
		return err
	}
	_, of, err := s.session(r)
	if err != nil {
		return err
	}
	return s.showNewCodes(w, r, s.act(r), of, mePath)
}

func (s *Service) endSession(w http.ResponseWriter, r *http.Request) error {
	_, of, err := s.session(r)
	if err != nil {
		return err
	}
	if err := s.db.EndSession(r.Context(), s.act(r), of, r.PathValue("hash")); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The session has ended."})
	return goTo(w, r, mePath)
}

func (s *Service) endSessions(w http.ResponseWriter, r *http.Request) error {
	v, of, err := s.session(r)
	if err != nil {
		return err
	}
	if err := s.db.EndSessions(r.Context(), s.act(r), of, v.Hash); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "All your other sessions have ended."})
	return goTo(w, r, mePath)
}
