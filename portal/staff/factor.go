package staff

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"image/png"
	"net/http"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// A pending is what a sign-in that goes on has to remember.
type pending struct {
	Next     string `json:"next,omitempty"`     // where it leads
	TOTP     string `json:"totp,omitempty"`     // the sealed secret of an app that is being set up, in base64
	Passkey  string `json:"passkey,omitempty"`  // the challenge that a passkey must answer, as the library keeps it
	State    string `json:"state,omitempty"`    // of OIDC
	Nonce    string `json:"nonce,omitempty"`    // of OIDC
	Verifier string `json:"verifier,omitempty"` // of OIDC: the secret of PKCE
}

func (p pending) encode() string {
	b, _ := json.Marshal(p) //nolint:errchkjson // strings can be marshaled
	return string(b)
}

func pendingOf(v db.Session) pending {
	var p pending
	_ = json.Unmarshal([]byte(v.Data), &p) // what cannot be read is nothing
	p.Next = route.Local(p.Next, home)
	return p
}

const period = 30 // seconds of a code

func sealedFor(id string) []byte { return []byte("portal_staff.totp " + id) }

// matchStep returns the step of time that a code is of: this one, the one before or the next (RFC 6238, section 5.2).
func matchStep(secret, code string, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for _, skew := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(skew) * period * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / period, true
		}
	}
	return 0, false
}

// checkCode reports whether code is one of the account's app, or a recovery code, and uses it up.
func (s *Service) checkCode(ctx context.Context, of db.Staff, code string) (how string, right bool, err error) {
	if of.TOTP != nil {
		secret, err := s.seal.Open(of.TOTP, sealedFor(of.ID))
		if err != nil {
			return "", false, err
		}
		if step, ok := matchStep(string(secret), code, s.opts.Now()); ok {
			fresh, err := s.db.TakeCode(ctx, of.ID, step)
			return "app", fresh, err
		}
	}
	right, err = s.db.TakeRecovery(ctx, of.ID, recoveryHash(of.ID, code))
	return "recovery code", right, err
}

const recoveryCodes = 10

// newCodes returns recovery codes, and what is kept of them.
func newCodes(id string) (codes, hashes []string) {
	const letters = 16 // 80 bits
	for range recoveryCodes {
		text := strings.ToLower(rand.Text()[:letters])
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, recoveryHash(id, text))
	}
	return codes, hashes
}

func recoveryHash(id, code string) string {
	plain := strings.Map(func(c rune) rune {
		if c == '-' || c == ' ' {
			return -1
		}
		return c
	}, strings.ToLower(code))
	return hashOf(id + " " + plain)
}

// enrolData is what the page staff/enrol shows.
type enrolData struct {
	Form   ui.Form
	Email  string
	Secret string       // of the app, in groups of four letters
	QR     template.URL // a picture of it
	First  bool         // the account has no second factor yet: one is needed to go on
}

// enroller returns who sets up an authenticator app: somebody who signs in for the first time, or is signed in, and did
// so a short time ago. Without one, ok is false and the browser was sent to sign in.
func (s *Service) enroller(w http.ResponseWriter, r *http.Request) (a attempt, ok bool, err error) {
	a.session, a.of, err = s.session(r)
	switch {
	case pierre.KindOf(err) == pierre.KindNotFound, err == nil && a.session.Staff == "":
		return a, false, goTo(w, r, SignInPath)
	case err != nil:
		return a, false, err
	case a.session.Stage == db.StageFull:
		return a, true, s.fresh(r)
	}
	has, err := s.hasFactor(r.Context(), a.of)
	if err == nil && has { // a password alone may not replace what stands beside it
		return a, false, goTo(w, r, codePath)
	}
	return a, true, err
}

func (s *Service) enrolPage(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.enroller(w, r)
	if !ok || err != nil {
		return err
	}
	v, of := a.session, a.of
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Pierre", AccountName: of.Email, Period: period})
	if err != nil {
		return fmt.Errorf("making the secret of an app: %w", err)
	}
	p := pendingOf(v)
	p.TOTP = base64.StdEncoding.EncodeToString(s.seal.Seal([]byte(key.Secret()), sealedFor(of.ID)))
	if err := s.db.SetSessionData(r.Context(), v.Hash, p.encode()); err != nil {
		return err
	}
	return s.showEnrol(w, r, a, key.Secret(), ui.Form{})
}

func (s *Service) showEnrol(w http.ResponseWriter, r *http.Request, a attempt, secret string, f ui.Form) error {
	of, status := a.of, http.StatusOK
	if f.Wrong() {
		status = http.StatusUnprocessableEntity
	}
	key, err := otp.NewKeyFromURL("otpauth://totp/Pierre:" + of.Email + "?issuer=Pierre&secret=" + secret)
	if err != nil {
		return fmt.Errorf("showing the secret of an app: %w", err)
	}
	const side = 220 // pixels
	picture, err := key.Image(side, side)
	if err != nil {
		return fmt.Errorf("showing the secret of an app: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return fmt.Errorf("showing the secret of an app: %w", err)
	}
	var groups []string
	for rest := secret; rest != ""; rest = rest[min(4, len(rest)):] {
		groups = append(groups, rest[:min(4, len(rest))])
	}
	return s.pages.Page(w, r, status, "staff/enrol", enrolData{
		Form: f, Email: of.Email, Secret: strings.Join(groups, " "), First: a.session.Stage == db.StagePassword,
		QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), //nolint:gosec // a picture that was made here
	})
}

// codesData is what the page staff/codes shows.
type codesData struct {
	Codes ui.Copy // one a line
	Next  string
}

// enrol sets up the app of which the code is right, makes recovery codes, and signs in who had no second factor yet.
func (s *Service) enrol(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.enroller(w, r)
	if !ok || err != nil {
		return err
	}
	v, of := a.session, a.of
	f, err := form(w, r)
	if err != nil {
		return err
	}
	p := pendingOf(v)
	sealed, err := base64.StdEncoding.DecodeString(p.TOTP)
	if err != nil || len(sealed) == 0 {
		return goTo(w, r, enrolPath)
	}
	secret, err := s.seal.Open(sealed, sealedFor(of.ID))
	if err != nil {
		return err
	}
	step, ok := matchStep(string(secret), f.Get("code"), s.opts.Now())
	if !ok {
		wrong := ui.Form{Errors: map[string]string{"code": "This code is not the one that the app shows now. Is the phone's clock right?"}}
		return s.showEnrol(w, r, a, string(secret), wrong)
	}
	act := db.Act{Person: of.Email, At: s.opts.Now()}
	of, err = s.db.ChangeStaff(r.Context(), act, of.ID, db.StaffChange{Action: "staff.set_app", Details: struct{}{}, Change: func(of *db.Staff) error {
		of.TOTP, of.TOTPStep = sealed, step
		return nil
	}})
	if err != nil {
		return err
	}
	if v.Stage == db.StagePassword {
		if err := s.finish(w, r, of, "app"); err != nil {
			return err
		}
	}
	return s.showNewCodes(w, r, act, of, p.Next)
}

// showNewCodes makes recovery codes in place of those before, and shows them, once.
func (s *Service) showNewCodes(w http.ResponseWriter, r *http.Request, act db.Act, of db.Staff, next string) error {
	codes, hashes := newCodes(of.ID)
	if err := s.db.SetRecovery(r.Context(), act, of, hashes); err != nil {
		return err
	}
	return s.pages.Page(w, r, http.StatusOK, "staff/codes", codesData{Codes: ui.Copy{ID: "codes", Text: strings.Join(codes, "\n")}, Next: next})
}
