package oauthapi

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	maxRegistration = 16 << 10 // bytes
	maxRedirectURIs = 10
	maxUnused       = 10_000 // registered apps that nobody gave access
)

// A registration is what is used of an app's description of itself (RFC 7591, section 2). Members that are not known are
// passed over.
type registration struct {
	RedirectURIs  []string `json:"redirect_uris"`
	Name          string   `json:"client_name"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
}

// A registered client is told what was kept (section 3.2.1): every app is a public one.
type registrationAnswer struct {
	registration

	ID         string `json:"client_id"`
	Issued     int64  `json:"client_id_issued_at"`
	AuthMethod string `json:"token_endpoint_auth_method"`
	Scope      string `json:"scope"`
}

// The errors of section 3.2.2.
const (
	invalidMetadata = "invalid_client_metadata"
	invalidRedirect = "invalid_redirect_uri"
)

// register keeps an app that nobody vouches for. People see where it sends them, whatever it calls itself.
func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return refuseMetadata(invalidMetadata, "Content-Type must be application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		return refuseMetadata(invalidMetadata, "The registration is too long, or ended before it was complete.")
	}
	reg, err := parseRegistration(body)
	if err != nil {
		return err
	}
	if err := s.came.admit(web.ClientAddr(r, s.opts.TrustedProxies), s.now()); err != nil {
		return err
	}
	c := pierre.OAuthClient{ID: pierre.NewOAuthClientID(), Name: reg.Name, RedirectURIs: reg.RedirectURIs, Created: s.now()}
	if err := s.store.RegisterOAuthClient(r.Context(), c, maxUnused); err != nil {
		return err
	}
	noStore(w.Header())
	return web.WriteJSON(w, http.StatusCreated, registrationAnswer{
		reg, c.ID, c.Created.Unix(), string(oidc.AuthMethodNone), strings.Join(pierre.Scopes(), " "),
	})
}

// parseRegistration reads a registration, and sets in it what was not asked for.
func parseRegistration(body []byte) (registration, error) {
	var reg registration
	if err := json.Unmarshal(body, &reg); err != nil {
		return reg, refuseMetadata(invalidMetadata, "The registration must be a JSON object as RFC 7591 has it.")
	}
	if n := len(reg.RedirectURIs); n == 0 || n > maxRedirectURIs {
		return reg, refuseMetadata(invalidRedirect, "There must be 1 to 10 redirect_uris.")
	}
	for _, uri := range reg.RedirectURIs {
		if wrong := checkRedirect(uri); wrong != "" {
			return reg, refuseMetadata(invalidRedirect, "A redirect URI "+wrong+".")
		}
	}
	if len(reg.GrantTypes) > 0 && !slices.Contains(reg.GrantTypes, string(oidc.GrantTypeCode)) {
		return reg, refuseMetadata(invalidMetadata, "grant_types must have authorization_code.")
	}
	if len(reg.ResponseTypes) > 0 && !slices.Contains(reg.ResponseTypes, string(oidc.ResponseTypeCode)) {
		return reg, refuseMetadata(invalidMetadata, "response_types must have code.")
	}
	reg.GrantTypes = []string{string(oidc.GrantTypeCode), string(oidc.GrantTypeRefreshToken)}
	reg.ResponseTypes = []string{string(oidc.ResponseTypeCode)}
	if reg.Name = displayName(reg.Name); reg.Name == "" {
		reg.Name = destination(reg.RedirectURIs[0])
	}
	return reg, nil
}

func refuseMetadata(kind, description string) error {
	e := oidc.ErrInvalidRequest().WithDescription("%s", description)
	switch kind {
	case invalidRedirect:
		e.ErrorType = invalidRedirect
	default:
		e.ErrorType = invalidMetadata
	}
	return e
}
