package staff

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
)

// A holder is an account as WebAuthn sees it. It implements [webauthn.User].
type holder struct {
	staff db.Staff
	keys  []webauthn.Credential
}

// WebAuthnID implements [webauthn.User].
func (h holder) WebAuthnID() []byte { return []byte(h.staff.ID) }

// WebAuthnName implements [webauthn.User].
func (h holder) WebAuthnName() string { return h.staff.Email }

// WebAuthnDisplayName implements [webauthn.User].
func (h holder) WebAuthnDisplayName() string {
	if h.staff.Name != "" {
		return h.staff.Name
	}
	return h.staff.Email
}

// WebAuthnCredentials implements [webauthn.User].
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Service) holder(ctx context.Context, of db.Staff) (holder, error) {
	list, err := s.db.Passkeys(ctx, of.ID)
	if err != nil {
		return holder{}, err
	}
	h := holder{staff: of}
	for _, p := range list {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(p.Credential), &c); err != nil {
			return holder{}, fmt.Errorf("reading a passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// errNoPasskey is the answer to every passkey that does not sign in, whyever.
func errNoPasskey(err error) error {
	return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "This passkey was not accepted. Try again, or sign in another way.", Err: err}
}

func (s *Service) checkPasskeys() error {
	if s.passkeys == nil {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "Passkeys need a site with a name; this one has an address only."}
	}
	return nil
}

// answerJSON answers a script of ours.
func answerJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return web.WriteJSON(w, http.StatusOK, v)
}

// beginPasskey asks the browser for any passkey of the site: it says whose it is. It is both factors at once, since the
// device asks for the person's finger or its PIN.
func (s *Service) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := s.checkPasskeys(); err != nil {
		return err
	}
	until, err := s.db.Guess(r.Context(), s.opts.Now(), guessWindow, map[string]int64{"network " + s.network(r): networkGuesses})
	if err != nil {
		return err
	}
	if !until.IsZero() {
		wait := until.Sub(s.opts.Now())
		return &pierre.Error{Kind: pierre.KindRateLimited, Msg: waitText(wait), RetryAfter: wait}
	}
	options, challenge, err := s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return fmt.Errorf("asking for a passkey: %w", err)
	}
	kept, err := json.Marshal(challenge)
	if err != nil {
		return fmt.Errorf("asking for a passkey: %w", err)
	}
	if err := s.keepChallenge(w, r, string(kept)); err != nil {
		return err
	}
	return answerJSON(w, options)
}

// keepChallenge keeps a challenge with the sign-in that goes on, which can be ended in another way if no passkey is chosen,
// or begins one.
func (s *Service) keepChallenge(w http.ResponseWriter, r *http.Request, challenge string) error {
	v, _, err := s.session(r)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return s.begin(w, r, "", db.StageBegun, pending{Passkey: challenge}.encode())
	}
	if err != nil {
		return err
	}
	p := pendingOf(v)
	p.Passkey = challenge
	return s.db.SetSessionData(r.Context(), v.Hash, p.encode())
}

// finishPasskey signs in who answered the challenge of this browser's sign-in, once.
func (s *Service) finishPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := s.checkPasskeys(); err != nil {
		return err
	}
	v, _, err := s.session(r)
	if err != nil {
		return errNoPasskey(err)
	}
	challenge, err := s.takeChallenge(r.Context(), v)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var found holder
	ctx := r.Context()
	user, credential, err := s.passkeys.FinishPasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		of, err := s.db.StaffByID(ctx, string(handle))
		if err != nil {
			return nil, err
		}
		found, err = s.holder(ctx, of)
		return found, err
	}, challenge, r)
	switch {
	case err != nil:
		return errNoPasskey(err)
	case user == nil || credential.Authenticator.CloneWarning:
		return errNoPasskey(errors.New("the passkey's counter went back"))
	case v.Stage == db.StagePassword && found.staff.ID != v.Staff:
		return errNoPasskey(errors.New("the password was somebody else's"))
	}
	if err := s.keepPasskey(r.Context(), found.staff, credential); err != nil {
		return err
	}
	if err := s.finish(w, r, found.staff, "passkey"); err != nil {
		return err
	}
	return answerJSON(w, struct {
		Success bool `json:"success"`
	}{true})
}

// takeChallenge returns the challenge of a session and takes it away: each is answered once.
func (s *Service) takeChallenge(ctx context.Context, v db.Session) (webauthn.SessionData, error) {
	var challenge webauthn.SessionData
	p := pendingOf(v)
	if err := json.Unmarshal([]byte(p.Passkey), &challenge); err != nil {
		return challenge, errNoPasskey(err)
	}
	p.Passkey = ""
	return challenge, s.db.SetSessionData(ctx, v.Hash, p.encode())
}

func passkeyID(c *webauthn.Credential) string { return base64.RawURLEncoding.EncodeToString(c.ID) }

// keepPasskey keeps a passkey's new counter.
func (s *Service) keepPasskey(ctx context.Context, of db.Staff, c *webauthn.Credential) error {
	kept, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keeping a passkey: %w", err)
	}
	return s.db.UsePasskey(ctx, of.ID, db.Passkey{ID: passkeyID(c), Credential: string(kept), Used: s.opts.Now()})
}

// beginRegistration asks the browser to make a passkey for who is signed in.
func (s *Service) beginRegistration(w http.ResponseWriter, r *http.Request) error {
	if err := errors.Join(s.checkPasskeys(), s.fresh(r)); err != nil {
		return err
	}
	v, of, err := s.session(r)
	if err != nil {
		return err
	}
	h, err := s.holder(r.Context(), of)
	if err != nil {
		return err
	}
	var known []protocol.CredentialDescriptor
	for _, c := range h.keys {
		known = append(known, c.Descriptor())
	}
	options, challenge, err := s.passkeys.BeginRegistration(h, webauthn.WithExclusions(known), webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
		ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
	}))
	if err != nil {
		return fmt.Errorf("asking for a new passkey: %w", err)
	}
	kept, err := json.Marshal(challenge)
	if err != nil {
		return fmt.Errorf("asking for a new passkey: %w", err)
	}
	if err := s.db.SetSessionData(r.Context(), v.Hash, pending{Passkey: string(kept)}.encode()); err != nil {
		return err
	}
	return answerJSON(w, options)
}

// finishRegistration keeps a new passkey.
func (s *Service) finishRegistration(w http.ResponseWriter, r *http.Request) error {
	if err := errors.Join(s.checkPasskeys(), s.fresh(r)); err != nil {
		return err
	}
	v, of, err := s.session(r)
	if err != nil {
		return err
	}
	challenge, err := s.takeChallenge(r.Context(), v)
	if err != nil {
		return err
	}
	h, err := s.holder(r.Context(), of)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	c, err := s.passkeys.FinishRegistration(h, challenge, r)
	if err != nil {
		return &pierre.Error{Kind: pierre.KindInvalid, Msg: "This passkey cannot be used. Try again.", Err: err}
	}
	kept, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keeping a passkey: %w", err)
	}
	name := strings.TrimSpace(r.URL.Query().Get("name"))
	if err := checkName(name); err != nil {
		return err
	}
	if name == "" {
		name = "Passkey"
	}
	err = s.db.AddPasskey(r.Context(), s.act(r), of, db.Passkey{ID: passkeyID(c), Name: name, Credential: string(kept), Created: s.opts.Now()})
	if err != nil {
		return err
	}
	return answerJSON(w, struct {
		Success bool `json:"success"`
	}{true})
}

// removePasskey takes a passkey away. The last second factor stays, unless nobody needs one.
func (s *Service) removePasskey(w http.ResponseWriter, r *http.Request) error {
	if err := s.fresh(r); err != nil {
		return err
	}
	_, of, err := s.session(r)
	if err != nil {
		return err
	}
	if err := s.db.RemovePasskey(r.Context(), s.act(r), of, r.PathValue("id"), !s.opts.Development); err != nil {
		return err
	}
	return goTo(w, r, mePath)
}
