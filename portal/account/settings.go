package account

import (
	"context"
	"net/http"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

type settingsData struct {
	Email    string
	Settings db.CustomerSettings
	Sessions []sessionRow
	Form     ui.Form
}

type sessionRow struct {
	db.CustomerSession

	This bool // of this browser
}

func (s *Site) settingsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showSettings(w, r, http.StatusOK, ui.Form{})
}

func (s *Site) showSettings(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	email, err := customer(r)
	if err != nil {
		return err
	}
	data := settingsData{Email: email, Form: form}
	if data.Settings, err = s.db.CustomerSettings(r.Context(), email); err != nil {
		return err
	}
	now := s.opts.Now()
	list, err := s.db.CustomerSessions(r.Context(), email, now.Add(-longestSession), now.Add(-idle))
	if err != nil {
		return err
	}
	this, _, err := s.session(r)
	if err != nil {
		return err
	}
	for _, session := range list {
		data.Sessions = append(data.Sessions, sessionRow{session, session.ID == this.ID})
	}
	return s.pages.Page(w, r, status, "account/settings", data)
}

func (s *Site) saveSettings(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	email, err := customer(r)
	if err != nil {
		return err
	}
	err = s.db.SetCustomerSettings(r.Context(), email, db.CustomerSettings{
		LimitMails: r.PostFormValue("limit") != "", ExpiryMails: r.PostFormValue("expiry") != "", CountryMails: r.PostFormValue("country") != "",
	})
	if err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "Your choice was saved."})
	return goTo(w, r, "/account/settings")
}

// endSession ends a session of the customer, this one too.
func (s *Site) endSession(w http.ResponseWriter, r *http.Request) error {
	email, err := customer(r)
	if err != nil {
		return err
	}
	if err := s.db.EndCustomerSession(r.Context(), email, r.PathValue("id")); err != nil {
		return err
	}
	ui.Leave(w, r, ui.Note{Text: "The session was ended."})
	return goTo(w, r, "/account/settings")
}

// delete deletes the customer at the server and here, if the address was typed. What is left of a try that went half way is
// found by the next one.
func (s *Site) delete(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(w, r, maxForm); err != nil {
		return err
	}
	email, err := customer(r)
	if err != nil {
		return err
	}
	if typed, err := pierre.NormalizeEmail(r.PostFormValue("confirm")); err != nil || typed != email {
		return s.showSettings(w, r, http.StatusUnprocessableEntity, ui.Form{
			Values: r.PostForm, Errors: map[string]string{"confirm": "Type your address, " + email + ", to confirm."},
		})
	}
	if err := s.deleteUser(r.Context(), email); err != nil {
		return err
	}
	if s.opts.Erase != nil {
		if err := s.opts.Erase(r.Context(), email); err != nil {
			return err
		}
	}
	if err := s.db.ForgetCustomer(r.Context(), email); err != nil {
		return err
	}
	s.setCookie(w, "", -1)
	ui.Leave(w, r, ui.Note{Text: "Your keys and your data were deleted."})
	return goTo(w, r, "/")
}

// deleteUser deletes what is kept under the ids of the server: here first, since afterwards nobody knows the ids.
func (s *Site) deleteUser(ctx context.Context, email string) error {
	f := adminapi.KeyFilter{UserEmail: email, Limit: maxKeys}
	var user pierre.UserID
	var keys []pierre.KeyID
	for {
		list, err := s.server.Keys(ctx, f)
		if err != nil {
			return err
		}
		for _, k := range list.APIKeys {
			user, keys = k.UserID, append(keys, k.APIKeyID)
		}
		if list.NextCursor == nil {
			break
		}
		f.Cursor = *list.NextCursor
	}
	if user == "" {
		return nil
	}
	if err := s.db.ForgetUser(ctx, user, keys); err != nil {
		return err
	}
	_, err := s.server.For(email).DeleteUser(ctx, user)
	if pierre.KindOf(err) == pierre.KindNotFound { // somebody else was faster
		return nil
	}
	return err
}
