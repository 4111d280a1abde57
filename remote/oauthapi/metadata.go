package oauthapi

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// metadataFor is how long clients may keep the metadata, in seconds: it changes with the server's settings.
const metadataFor = "public, max-age=3600"

// A resourceMetadata says which authorization server gives access to a resource (RFC 9728, section 2).
type resourceMetadata struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	ScopesSupported      []string `json:"scopes_supported"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	ResourceName         string   `json:"resource_name"`
}

// A serverMetadata describes the authorization server (RFC 8414, section 2). The document of OpenID Connect is the same:
// some clients look only there.
type serverMetadata struct {
	oidc.DiscoveryConfiguration

	IssuerInResponse bool `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// resource answers with the metadata of a resource: the endpoint, or for clients that know only the origin, all of it.
func (s *Server) resource(url string) web.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Cache-Control", metadataFor)
		return web.WriteJSON(w, http.StatusOK, resourceMetadata{
			Resource:             url,
			AuthorizationServers: []string{s.issuer},
			ScopesSupported:      pierre.Scopes(),
			BearerMethods:        []string{"header"},
			ResourceName:         "Pierre",
		})
	}
}

func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", metadataFor)
	return web.WriteJSON(w, http.StatusOK, serverMetadata{
		DiscoveryConfiguration: oidc.DiscoveryConfiguration{
			Issuer:                                 s.issuer,
			AuthorizationEndpoint:                  s.issuer + authorizePath,
			TokenEndpoint:                          s.issuer + tokenPath,
			RevocationEndpoint:                     s.issuer + revokePath,
			RegistrationEndpoint:                   s.issuer + registerPath,
			ClientIDMetadataDocumentSupported:      true,
			ScopesSupported:                        append(pierre.Scopes(), oidc.ScopeOfflineAccess),
			ResponseTypesSupported:                 []string{string(oidc.ResponseTypeCode)},
			ResponseModesSupported:                 []string{string(oidc.ResponseModeQuery)},
			GrantTypesSupported:                    []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken},
			TokenEndpointAuthMethodsSupported:      []oidc.AuthMethod{oidc.AuthMethodNone},
			RevocationEndpointAuthMethodsSupported: []oidc.AuthMethod{oidc.AuthMethodNone},
			CodeChallengeMethodsSupported:          []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256},
		},
		IssuerInResponse: true,
	})
}
