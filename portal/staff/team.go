package staff

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

const teamPath = "/admin/team"

// teamData is what the page staff/team shows.
type teamData struct {
	Team        []member
	Invitations []db.Link
	Form        ui.Form
	Roles       []ui.Choice
	Owner       bool // who looks may change the team
	OIDC        bool
}

// A member is a row of the team.
type member struct {
	db.Member

	You bool
}

// Factor says how the account signs in beside its password.
func (m member) Factor() ui.Badge {
	switch {
	case m.TOTP != nil && m.Passkeys > 0:
		return ui.Badge{Text: "App and passkey", Tone: "good"}
	case m.Passkeys > 0:
		return ui.Badge{Text: "Passkey", Tone: "good"}
	case m.TOTP != nil:
		return ui.Badge{Text: "App", Tone: "good"}
	}
	return ui.Badge{Text: "None yet", Tone: "warn"}
}

func roleChoices() []ui.Choice {
	what := map[route.Role]string{
		route.Viewer: "Viewer: sees everything", route.Approver: "Approver: decides requests too",
		route.Admin: "Admin: changes keys, prices and settings too", route.Owner: "Owner: changes the team too",
	}
	var list []ui.Choice
	for _, r := range route.StaffRoles() {
		list = append(list, ui.Choice{Value: r.String(), Text: what[r]})
	}
	return list
}

func (s *Service) teamPage(w http.ResponseWriter, r *http.Request) error {
	return s.showTeam(w, r, http.StatusOK, ui.Form{Values: url.Values{"role": {route.Approver.String()}}})
}

func (s *Service) showTeam(w http.ResponseWriter, r *http.Request, status int, f ui.Form) error {
	p, _ := route.PersonFrom(r.Context())
	now := s.opts.Now()
	team, err := s.db.Team(r.Context(), now)
	if err != nil {
		return err
	}
	invitations, err := s.db.Invitations(r.Context(), now)
	if err != nil {
		return err
	}
	d := teamData{Invitations: invitations, Form: f, Roles: roleChoices(), Owner: p.May(route.Owner), OIDC: s.opts.OIDC != nil}
	for _, m := range team {
		d.Team = append(d.Team, member{m, m.ID == p.ID})
	}
	return s.pages.Page(w, r, status, "staff/team", d)
}

// invite mails an invitation.
func (s *Service) invite(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	email, err := pierre.NormalizeEmail(f.Get("email"))
	if err != nil {
		wrong["email"] = "This is not an e-mail address."
	}
	role, ok := route.ParseStaffRole(f.Get("role"))
	if !ok {
		wrong["role"] = "Choose a role."
	}
	if len(wrong) == 0 {
		err = s.sendLink(r, db.LinkInvitation, email, role)
		if pierre.KindOf(err) == pierre.KindConflict {
			wrong["email"] = pierre.MessageOf(err, "")
		} else if err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return s.showTeam(w, r, http.StatusUnprocessableEntity, ui.Form{Values: f, Errors: wrong})
	}
	ui.Leave(w, r, ui.Note{Text: "The invitation is on its way to " + email + "."})
	return goTo(w, r, teamPath)
}

// sendLink makes a link and mails it, in one transaction.
func (s *Service) sendLink(r *http.Request, kind, email string, role route.Role) error {
	ctx, act, token := r.Context(), s.act(r), rand.Text()
	l := s.newLink(act.Person, kind, email, role, token)
	return s.db.AddLink(ctx, act, l, func(t *db.Tx) error {
		return s.mail.Invite(ctx, t, Invitation{To: email, Inviter: act.Person, Role: role, Token: token, Until: l.Expires})
	})
}

func (s *Service) withdraw(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	if err := s.db.Withdraw(r.Context(), s.act(r), f.Get("email")); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The invitation does not work any more."})
	return goTo(w, r, teamPath)
}

// setRole changes what somebody may do, from their next request on.
func (s *Service) setRole(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	role, ok := route.ParseStaffRole(f.Get("role"))
	if !ok {
		return pierre.Invalid("role", "There is no such role.")
	}
	of, err := s.db.ChangeStaff(r.Context(), s.act(r), r.PathValue("id"), db.StaffChange{
		Action: "staff.role", Details: map[string]string{"role": role.String()},
		Change: func(of *db.Staff) error { of.Role = role.String(); return nil },
	})
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: of.Email + " is " + role.String() + " now."})
	return goTo(w, r, teamPath)
}

func (s *Service) endTheirSessions(w http.ResponseWriter, r *http.Request) error {
	of, err := s.db.StaffByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.db.EndSessions(r.Context(), s.act(r), of, ""); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: of.Email + " is signed out everywhere."})
	return goTo(w, r, teamPath)
}

// reset mails somebody who has lost a way to sign in a link to choose all of them anew. What they have works until then.
func (s *Service) reset(w http.ResponseWriter, r *http.Request) error {
	of, err := s.db.StaffByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	role, _ := route.ParseStaffRole(of.Role)
	if err := s.sendLink(r, db.LinkReset, of.Email, role); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "A link to choose a new password is on its way to " + of.Email + "."})
	return goTo(w, r, teamPath)
}

// remove takes somebody out of the team, which the typed address confirms.
func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	of, err := s.db.StaffByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if f.Get("confirm") != of.Email {
		return pierre.Invalid("confirm", "Type %s to confirm.", of.Email)
	}
	if err := s.db.RemoveStaff(r.Context(), s.act(r), of.ID); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: of.Email + " is not in the team any more."})
	return goTo(w, r, teamPath)
}
