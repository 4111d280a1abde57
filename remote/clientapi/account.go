package clientapi

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An AccountStore keeps who has keys.
type AccountStore interface {
	Account(ctx context.Context, user pierre.UserID) (pierre.Account, error)
	Holdings(ctx context.Context, user pierre.UserID) (pierre.Holdings, error)
	DeleteAccount(ctx context.Context, act pierre.Act, id pierre.UserID, mayDelete func(athletes int) error, ended func([]pierre.KeyID)) error
}

// An AccountAnswer says what goes when the account of a key's holder is deleted. It does not say the address that confirms that.
type AccountAnswer struct {
	Success     bool      `json:"success"`
	CreatedAt   time.Time `json:"created_at"`
	Activities  int       `json:"activities"`
	Values      int       `json:"values_of_days"`
	Files       int       `json:"original_files"`
	Stored      int64     `json:"stored_bytes"`
	Goals       int       `json:"goals"`
	Connections int       `json:"connections"`
	Keys        int       `json:"api_keys"`
	Athletes    int       `json:"athletes"`
	Deletable   bool      `json:"deletable"` // with this key, here
	Reason      *string   `json:"reason"`    // why not; null: it is
}

// A DeleteAccount confirms the deletion of the account.
type DeleteAccount struct {
	Confirm string `json:"confirm_email"` // the account's address
}

// Validate reports what is wrong with the request.
func (d DeleteAccount) Validate() error {
	if d.Confirm == "" {
		return notConfirmed()
	}
	return nil
}

func notConfirmed() error {
	return pierre.Invalid("confirm_email", "confirm_email must be the e-mail address of the account: everything that is kept of it is deleted for good.")
}

// mayDelete says why a key's holder may not delete the account with it. A key is often in the hands of a program: it deletes
// accounts only where the operator allows that, and if it was not restricted.
func (s *Server) mayDelete(r *http.Request, caller access.Principal, has pierre.Holdings) error {
	denied := func(msg string) error { return &pierre.Error{Kind: pierre.KindDenied, Msg: msg} }
	text, err := access.FromHeader(r.Header)
	if err != nil {
		return err
	}
	_, notKey := access.ParseKey(text.Reveal())
	switch {
	case !s.opts.DeleteAccounts:
		return denied("Accounts of this server are not deleted with a key. Sign in to its admin site with your e-mail address and choose “Delete my data” there, or ask its operator.")
	case notKey != nil || caller.ReadOnly:
		return denied("An app that was given access does not delete the account; use the key itself.")
	case caller.Type == pierre.KeyApplication:
		return denied("The key of an application does not delete the account; it deletes athletes, with DELETE /v1/athletes/NAME.")
	case caller.Tools != nil:
		return denied("This key may use only some of the tools, and does not delete the account: use one without that restriction.")
	}
	return withoutAthletes(has.Athletes)
}

// withoutAthletes refuses to delete an account with athletes.
func withoutAthletes(athletes int) error {
	if athletes == 0 {
		return nil
	}
	return &pierre.Error{Kind: pierre.KindDenied, Msg: fmt.Sprintf("The application of this account has %d athletes, who would go with it: delete them with its key first, or ask the operator.", athletes)}
}

func (s *Server) account(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	if _, err := web.Query(r); err != nil {
		return err
	}
	who, err := s.accounts.Account(r.Context(), caller.Customer)
	if err != nil {
		return err
	}
	has, err := s.accounts.Holdings(r.Context(), caller.Customer)
	if err != nil {
		return err
	}
	answer := AccountAnswer{
		Success: true, CreatedAt: who.Created.Truncate(time.Second), Activities: has.Activities, Values: has.Values, Files: has.Files, Stored: has.Stored, Goals: has.Goals,
		Connections: has.Connections, Keys: has.Keys, Athletes: has.Athletes,
	}
	err = s.mayDelete(r, caller, has)
	if answer.Deletable = err == nil; err != nil {
		answer.Reason = new(pierre.MessageOf(err, ""))
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

// deleteAccount does what the admin API's deletion of a user does, in an order in which a refusal leaves everything as it was: all keys end
// first, then access to other services, and then the data go.
func (s *Server) deleteAccount(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	if _, err := web.Query(r); err != nil {
		return err
	}
	has, err := s.accounts.Holdings(r.Context(), caller.Customer)
	if err != nil {
		return err
	}
	if err := s.mayDelete(r, caller, has); err != nil {
		return err
	}
	req, err := web.Decode[DeleteAccount](w, r)
	if err != nil {
		return err
	}
	who, err := s.accounts.Account(r.Context(), caller.Customer)
	if err != nil {
		return err
	}
	typed, err := pierre.NormalizeEmail(req.Confirm)
	if err != nil {
		typed = req.Confirm // addresses of older versions may not be plain
	}
	if subtle.ConstantTimeCompare([]byte(typed), []byte(who.Email)) == 0 {
		return notConfirmed()
	}
	act := pierre.Act{Person: string(caller.KeyID), At: s.opts.Now().UTC()}
	leaving := context.WithoutCancel(r.Context()) // nobody can ask for it again
	err = s.accounts.DeleteAccount(r.Context(), act, who.ID, withoutAthletes, func(keys []pierre.KeyID) {
		for _, k := range keys {
			s.opts.Keys.Revoked(k)
		}
		s.opts.Leave(leaving, who.ID)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
