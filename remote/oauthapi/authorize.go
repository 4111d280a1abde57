package oauthapi

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxQuery     = 8 << 10 // bytes
	pageLifetime = 15 * time.Minute
	formPurpose  = "oauth consent v1"
)

// challengePattern is what a SHA-256 in base64url is (RFC 7636, section 4.2).
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// A pending is an authorization request that waits for a person's decision. It travels in the page's form, sealed: the
// server keeps nothing for people who may never answer, and the answer may come to another replica.
type pending struct {
	ClientID   string    `json:"client_id"`
	ClientName string    `json:"client_name"`
	Host       string    `json:"host,omitempty"` // see client
	Redirect   string    `json:"redirect_uri"`
	State      string    `json:"state,omitempty"`
	Challenge  string    `json:"challenge"`
	Scopes     []string  `json:"scopes"`
	Expires    time.Time `json:"expires"`
	Browser    [32]byte  `json:"browser"` // SHA-256 of the cookie of the browser that was shown the page
}

// authorize shows the page on which a person gives an app access (RFC 6749, section 4.1.1). A request whose app or
// redirect URI is in doubt is answered to the person; other mistakes go back to the app.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.RawQuery) > maxQuery {
		return badRequest("The request is too long.")
	}
	req, err := op.ParseAuthorizeRequest(r, formDecoder())
	if err != nil {
		return badRequest("The app sent a request that cannot be read.")
	}
	c, err := s.client(r, req.ClientID)
	if err != nil {
		return err
	}
	p := pending{ClientID: c.ID, ClientName: c.Name, Host: c.Host, Redirect: req.RedirectURI, State: req.State, Challenge: req.CodeChallenge}
	if p.Redirect == "" && len(c.RedirectURIs) == 1 {
		p.Redirect = c.RedirectURIs[0]
	}
	if !registered(c.RedirectURIs, p.Redirect) {
		return badRequest("The app wants the answer at an address (redirect_uri) that it did not register. Nothing was given to it.")
	}
	for name, values := range r.Form {
		if len(values) > 1 && name != "resource" {
			return s.refuse(w, r, p, oidc.ErrInvalidRequest().WithDescription("A parameter is given twice."))
		}
	}
	if err := s.checkRequest(req, r.Form["resource"]); err != nil {
		return s.refuse(w, r, p, err)
	}
	if p.Scopes = knownScopes(req.Scopes); len(p.Scopes) == 0 {
		p.Scopes = pierre.Scopes()
	}
	p.Expires, p.Browser = s.now().Add(pageLifetime), s.browser(w, r)
	return s.ask(w, r, http.StatusOK, p, "")
}

// checkRequest reports what the app did wrong, for the app.
func (s *Server) checkRequest(req *oidc.AuthRequest, resources []string) error {
	const unsupported = "unsupported_response_type" // RFC 6749, section 4.1.2.1
	switch {
	case req.RequestParam != "":
		return oidc.ErrRequestNotSupported().WithDescription("Request objects are not supported.")
	case req.ResponseType == "":
		return oidc.ErrInvalidRequest().WithDescription("response_type is missing.")
	case req.ResponseType != oidc.ResponseTypeCode:
		e := oidc.ErrInvalidRequest().WithDescription("response_type must be code.")
		e.ErrorType = unsupported
		return e
	case req.ResponseMode != "" && req.ResponseMode != oidc.ResponseModeQuery:
		return oidc.ErrInvalidRequest().WithDescription("response_mode must be query.")
	case req.CodeChallenge == "":
		return oidc.ErrInvalidRequest().WithDescription("code_challenge is missing: this server needs PKCE.")
	case req.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return oidc.ErrInvalidRequest().WithDescription("code_challenge_method must be S256.")
	case !challengePattern.MatchString(req.CodeChallenge):
		return oidc.ErrInvalidRequest().WithDescription("code_challenge must be a SHA-256 in base64url.")
	}
	if slices.Contains(req.Prompt, oidc.PromptNone) {
		return oidc.ErrInteractionRequired().WithDescription("A person has to give the access.")
	}
	return s.checkResource(resources)
}

// refuse sends the app's mistake, or the person's no, back to the app.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, p pending, err error) error {
	e, _ := oauthError(err)
	return s.sendBack(w, r, p, authorizationError{Error: string(e.ErrorType), Description: e.Description, State: p.State, Issuer: s.issuer})
}

// An authorizationCode and an authorizationError are the answers to an authorization request (RFC 6749, section 4.1.2).
// The issuer tells clients of several servers whose answer it is (RFC 9207).
type authorizationCode struct {
	Code   string `schema:"code"`
	State  string `schema:"state,omitempty"`
	Issuer string `schema:"iss"`
}

type authorizationError struct {
	Error       string `schema:"error"`
	Description string `schema:"error_description,omitempty"`
	State       string `schema:"state,omitempty"`
	Issuer      string `schema:"iss"`
}

// sendBack sends the browser to the app's redirect URI with the answer.
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, p pending, answer any) error {
	to, err := op.AuthResponseURL(p.Redirect, oidc.ResponseTypeCode, oidc.ResponseModeQuery, answer, oidc.NewEncoder())
	if err != nil {
		return err
	}
	noStore(w.Header())
	http.Redirect(w, r, to, http.StatusSeeOther) // a form's body must not follow (RFC 9700, section 4.12)
	return nil
}

// cookieName is that of the cookie that ties a page to the browser that was shown it. A secure one cannot be set by
// another host of the same domain.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-pierre-consent"
	}
	return "pierre-consent"
}

func (s *Server) secure() bool { return strings.HasPrefix(s.issuer, "https:") }

// browser returns the hash of the browser's cookie, which is set if there is none.
func (s *Server) browser(w http.ResponseWriter, r *http.Request) [32]byte {
	var value string
	if c, err := r.Cookie(s.cookieName()); err == nil && len(c.Value) == len(rand.Text()) {
		value = c.Value
	} else {
		value = rand.Text()
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is secure where the server is
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: int(pageLifetime / time.Second), HttpOnly: true, Secure: s.secure(),
		SameSite: http.SameSiteLaxMode, // the app's own link must not lose that of another page
	})
	return sha256.Sum256([]byte(value))
}

// seal returns the request for the page's form.
func (s *Server) seal(p pending) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.sealer.Seal(text, []byte(formPurpose))), nil
}

// unseal returns the request that a form brought back, if it is one that this browser was shown lately.
func (s *Server) unseal(r *http.Request, form string) (pending, error) {
	var p pending
	sealed, err := base64.RawURLEncoding.DecodeString(form)
	if err != nil {
		return p, errExpiredPage()
	}
	text, err := s.sealer.Open(sealed, []byte(formPurpose))
	if err != nil {
		return p, errExpiredPage()
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, err
	}
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return p, errExpiredPage()
	}
	sum := sha256.Sum256([]byte(cookie.Value))
	if subtle.ConstantTimeCompare(sum[:], p.Browser[:]) == 0 || !s.now().Before(p.Expires) {
		return p, errExpiredPage()
	}
	return p, nil
}
