package portal

import (
	"strings"

	"github.com/pierre-mcp/pierre/portal/route"
)

// rows say who may do what, with a row for each route of the site: who adds a route says here who may use it.
func rows() map[string]route.Role {
	all := map[string]route.Role{}
	for role, patterns := range map[route.Role]string{
		route.Public: `
			GET /account/sign-in
			POST /account/sign-in
			GET /account/sign-in/{token}
			POST /account/sign-in/{token}
			POST /account/sign-out
			GET /admin/invitation/{token}
			POST /admin/invitation/{token}
			GET /admin/second-factor
			POST /admin/second-factor
			GET /admin/sign-in
			POST /admin/sign-in
			GET /admin/sign-in/code
			POST /admin/sign-in/code
			GET /admin/sign-in/oidc
			GET /admin/sign-in/oidc/callback
			POST /admin/sign-in/passkey/begin
			POST /admin/sign-in/passkey/finish
			POST /admin/sign-out
			GET /answer/{token}
			POST /answer/{token}
			GET /claim/{token}
			POST /claim/{token}
			POST /claim/{token}/again
			GET /components
			GET /health
			GET /legal/{text}
			GET /logo.png
			GET /mails/{name...}
			GET /ready
			GET /request
			POST /request
			GET /request/sent/{id}
			POST /request/sent/{id}
			GET /static/{file...}
			GET /verify/{token}
			POST /verify/{token}
			POST /verify/{token}/resend
			POST /verify/{token}/withdraw
			GET /{$}
`,
		route.Customer: `
			GET /account
			POST /account/delete
			GET /account/export
			GET /account/invoices
			GET /account/invoices/{number}
			GET /account/keys/{id}
			POST /account/keys/{id}/revoke
			POST /account/keys/{id}/rotate
			POST /account/requests/{id}/withdraw
			POST /account/sessions/{id}/end
			GET /account/settings
			POST /account/settings
			POST /account/upgrade
			GET /account/usage.csv
			GET /account/usage.json
`,
		route.Viewer: `
			GET /admin
			GET /admin/alerts
			GET /admin/alerts/channel
			GET /admin/alerts/mail
			GET /admin/alerts/rule
			GET /admin/audit
			GET /admin/audit/export
			GET /admin/billing
			GET /admin/billing/customers/{id}
			GET /admin/billing/invoices/{number}
			GET /admin/billing/months/{month}
			GET /admin/billing/months/{month}/export
			GET /admin/customers
			GET /admin/customers/{id}
			GET /admin/keys
			GET /admin/keys.csv
			GET /admin/keys/{id}
			GET /admin/live
			GET /admin/live/events
			GET /admin/me
			POST /admin/me/mails
			POST /admin/me/name
			POST /admin/me/passkeys/begin
			POST /admin/me/passkeys/finish
			POST /admin/me/passkeys/{id}/remove
			POST /admin/me/password
			POST /admin/me/recovery
			POST /admin/me/sessions/end
			POST /admin/me/sessions/{hash}/end
			GET /admin/requests
			GET /admin/requests/{id}
			GET /admin/team
			GET /admin/tiers
			GET /admin/{$}
`,
		route.Approver: `
			POST /admin/alerts/mail/{id}/again
			POST /admin/alerts/snooze
			POST /admin/alerts/{id}/acknowledge
			POST /admin/requests/{id}/approve
			POST /admin/requests/{id}/ask
			POST /admin/requests/{id}/link
			POST /admin/requests/{id}/reject
			POST /admin/requests/{id}/retry
`,
		route.Admin: `
			POST /admin/alerts/channel
			POST /admin/alerts/channel/{id}/delete
			POST /admin/alerts/channel/{id}/replay
			POST /admin/alerts/channel/{id}/resume
			POST /admin/alerts/channel/{id}/test
			POST /admin/alerts/rule
			POST /admin/alerts/rule/delete
			POST /admin/billing/customers/{id}
			POST /admin/billing/months/{month}/close
			POST /admin/billing/months/{month}/retry
			POST /admin/customers/{id}
			GET /admin/customers/{id}/tier
			POST /admin/customers/{id}/tier
			POST /admin/keys/{id}/limits
			POST /admin/keys/{id}/revoke
			POST /admin/keys/{id}/rotate
			GET /admin/settings
			POST /admin/settings/logo
			POST /admin/settings/test-mail
			POST /admin/settings/{part}
			GET /admin/tiers/{name}
			POST /admin/tiers/{name}
`,
		route.Owner: `
			POST /admin/team/invite
			POST /admin/team/withdraw
			POST /admin/team/{id}/end-sessions
			POST /admin/team/{id}/remove
			POST /admin/team/{id}/reset
			POST /admin/team/{id}/role
`,
	} {
		for pattern := range strings.Lines(strings.TrimSpace(patterns)) {
			all[strings.TrimSpace(pattern)] = role
		}
	}
	return all
}
