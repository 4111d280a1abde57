package portal

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/portal/route"
)

// rows say who may do what: a row is for all routes that begin as it does and have no longer row. A route that is not as
// its row says, or that has none, is a mistake: who adds one says here who may use it.
func rows() map[string]route.Role {
	return map[string]route.Role{
		"GET /{$}": route.Public, "GET /static/": route.Public, "GET /brand/": route.Public, "GET /components": route.Public, "GET /mails/": route.Public,
		"GET /health": route.Public, "GET /ready": route.Public, "GET /legal/": route.Public, "GET /logo.png": route.Public, "GET /robots.txt": route.Public, "GET /favicon.ico": route.Public,
		"GET /request": route.Public, "POST /request": route.Public, "GET /verify/": route.Public, "POST /verify/": route.Public,
		"GET /claim/": route.Public, "POST /claim/": route.Public, "GET /answer/": route.Public, "POST /answer/": route.Public,

		"GET /account": route.Customer, "POST /account/": route.Customer, "GET /account/sign-in": route.Public, "POST /account/sign-in": route.Public,
		"POST /account/sign-out": route.Public,

		"GET /admin/sign-in": route.Public, "POST /admin/sign-in": route.Public, "POST /admin/sign-out": route.Public,
		"GET /admin/invitation/": route.Public, "POST /admin/invitation/": route.Public,
		"GET /admin/second-factor": route.Public, "POST /admin/second-factor": route.Public, // of who has given the password

		"GET /admin": route.Viewer, "POST /admin/me/": route.Viewer,
		"POST /admin/requests/": route.Approver, "POST /admin/team/": route.Owner,
		"GET /admin/settings": route.Admin, "POST /admin/settings/": route.Admin, "POST /admin/billing/": route.Admin,
		"POST /admin/keys/": route.Admin, "POST /admin/customers/": route.Admin, "POST /admin/tiers/": route.Admin,
		"GET /admin/customers/{id}/tier": route.Admin, "GET /admin/tiers/{name}": route.Admin,
		"POST /admin/alerts/": route.Approver, "POST /admin/alerts/rule": route.Admin, "POST /admin/alerts/channel": route.Admin,
	}
}

// row returns the row of a route; ok is false if it has none.
func row(pattern string) (role route.Role, ok bool) {
	longest := 0
	for prefix, r := range rows() {
		if strings.HasPrefix(pattern, prefix) && len(prefix) > longest {
			role, ok, longest = r, true, len(prefix)
		}
	}
	return role, ok
}

func TestARouteWithoutARowIsFound(t *testing.T) {
	for _, pattern := range []string{"POST /admin/new", "GET /new", "DELETE /account/keys", "POST /"} {
		if role, ok := row(pattern); ok {
			t.Errorf("%s has the row of %v", pattern, role)
		}
	}
}
