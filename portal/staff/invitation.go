package staff

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// invitationData is what the page staff/invitation shows.
type invitationData struct {
	Link  db.Link
	Reset bool // it gives an account a new password
	OIDC  string
	Form  ui.Form
}

func (s *Service) invitationPage(w http.ResponseWriter, r *http.Request) error {
	l, err := s.link(r)
	if err != nil {
		return err
	}
	return s.showInvitation(w, r, http.StatusOK, l, ui.Form{})
}

func (s *Service) showInvitation(w http.ResponseWriter, r *http.Request, status int, l db.Link, f ui.Form) error {
	d := invitationData{Link: l, Reset: l.Kind == db.LinkReset, Form: f}
	if s.opts.OIDC != nil {
		d.OIDC = s.opts.OIDC.config.Name
	}
	return s.pages.Page(w, r, status, "staff/invitation", d)
}

func (s *Service) link(r *http.Request) (db.Link, error) {
	l, err := s.db.LinkByHash(r.Context(), hashOf(r.PathValue("token")), s.opts.Now())
	if pierre.KindOf(err) == pierre.KindNotFound {
		return l, &pierre.Error{Kind: pierre.KindNotFound, Msg: "This link was used, or is too old. Ask an owner for a new one."}
	}
	return l, err
}

// join makes the account of an invitation, or sets the new password of an account, and goes on with the second factor.
func (s *Service) join(w http.ResponseWriter, r *http.Request) error {
	l, err := s.link(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	name, password := strings.TrimSpace(f.Get("name")), f.Get("password")
	wrong := map[string]string{}
	if err := checkName(name); err != nil {
		wrong["name"] = pierre.MessageOf(err, "")
	}
	if err := checkPassword(password, l.Email); err != nil {
		wrong["password"] = pierre.MessageOf(err, "")
	}
	if len(wrong) > 0 {
		return s.showInvitation(w, r, http.StatusUnprocessableEntity, l, ui.Form{Values: url.Values{"name": f["name"]}, Errors: wrong})
	}
	hash, err := s.passwords.hash(r.Context(), password)
	if err != nil {
		return err
	}
	var of db.Staff
	if l.Kind == db.LinkReset {
		of, err = s.resetBy(r.Context(), l, name, hash)
	} else {
		of, err = s.db.UseInvitation(r.Context(), l.Hash, db.Staff{ID: newID(), Name: name, PasswordHash: hash, Created: s.opts.Now()})
	}
	if err != nil {
		return err
	}
	return s.afterPassword(w, r, of, home)
}

// resetBy gives the account of a link a new password. Its other ways to sign in go: whoever lost them asked for the link.
func (s *Service) resetBy(ctx context.Context, l db.Link, name, hash string) (db.Staff, error) {
	of, err := s.db.StaffByEmail(ctx, l.Email)
	if err != nil {
		return of, err
	}
	return s.db.ResetStaff(ctx, db.Act{Person: l.Email, At: s.opts.Now()}, of.ID, l, func(of *db.Staff) {
		of.Name, of.PasswordHash, of.TOTP, of.TOTPStep = name, hash, nil, 0
		if l.By == operator {
			of.Role = l.Role
		}
	})
}

func newID() string { return "staff_" + strings.ToLower(rand.Text()) }

const maxName = 100 // characters

func checkName(name string) error {
	if utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return pierre.Invalid("name", "A name has at most %d characters, in one line.", maxName)
	}
	return nil
}
