package access

import (
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// FromHeader returns the credential in the headers of a request, and the zero String if there is none. Every API here
// reads its credentials with it: from Authorization with the scheme Bearer (RFC 6750, section 2.1) and from X-API-Key,
// never from the URL, which ends up in the logs of proxies. Empty values and other schemes count as none.
// More than one Authorization header, or two different credentials, is a [pierre.KindMalformed] error.
func FromHeader(h http.Header) (secret.String, error) {
	var found secret.String
	authorizations := 0
	for _, value := range h.Values("Authorization") {
		value = strings.Trim(value, " \t")
		token, ok := bearerToken(value)
		if value == "" || ok && token == "" {
			continue
		}
		if authorizations++; authorizations > 1 || ok && strings.Contains(token, ",") { // a proxy may join two headers by a comma
			return secret.String{}, severalAuthorizations()
		}
		if ok {
			found = secret.New(token)
		}
	}
	for _, value := range h.Values("X-Api-Key") {
		for key := range strings.SplitSeq(value, ",") {
			var err error
			if found, err = Same(found, secret.New(strings.Trim(key, " \t"))); err != nil {
				return secret.String{}, err
			}
		}
	}
	return found, nil
}

// Same returns the one credential of two that were found in different places of a request, of which either may be
// empty. Two that differ are a [pierre.KindMalformed] error: nobody could tell which was meant.
func Same(a, b secret.String) (secret.String, error) {
	switch {
	case b.Reveal() == "" || a.Reveal() == b.Reveal():
		return a, nil
	case a.Reveal() == "":
		return b, nil
	default:
		return secret.String{}, &pierre.Error{
			Kind: pierre.KindMalformed, Field: "Authorization", Msg: "The request carries two different credentials; send one.",
		}
	}
}

// bearerToken returns the token of an Authorization header, and whether its scheme is Bearer in any letter case.
func bearerToken(value string) (string, bool) {
	scheme, token := value, ""
	if end := strings.IndexAny(value, " \t"); end >= 0 {
		scheme, token = value[:end], strings.Trim(value[end:], " \t")
	}
	return token, strings.EqualFold(scheme, "Bearer")
}

func severalAuthorizations() error {
	return &pierre.Error{
		Kind: pierre.KindMalformed, Field: "Authorization", Msg: "The request carries more than one Authorization header; send one.",
	}
}

// MissingKey is the refusal of a request without a credential where an API key is needed.
func MissingKey() error {
	return refuse("There is no API key; send it as Authorization: Bearer pk_live_… or X-API-Key: pk_live_….")
}

// missingAdminToken is the refusal of a request without a credential where an admin token is needed.
func missingAdminToken() error {
	return refuse("Send an admin token as Authorization: Bearer TOKEN; the word Bearer belongs to it.")
}
