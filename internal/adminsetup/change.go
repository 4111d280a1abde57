package adminsetup

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

func newRotate(c *config) *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:   "rotate-token ID",
		Short: "Make a new token in place of an old one",
		Long: `rotate-token makes a token for the same service, with the same permissions and as
long a life, prints it, alone, on stdout, and revokes the old one.`,
		Example: `  admin-setup rotate-token admin_token_r4fd…
  admin-setup rotate-token admin_token_r4fd… --expires-in-days 90`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), func(a *app) error {
				id, err := tokenID(args[0])
				if err != nil {
					return err
				}
				ring, err := a.secrets(cmd.Context())
				if err != nil {
					return err
				}
				act := a.act()
				lifetime := &days
				if !cmd.Flags().Changed("expires-in-days") {
					lifetime = nil
				}
				var token secret.String
				next, err := a.RotateAdminToken(cmd.Context(), act, id, func(old pierre.AdminToken) (pierre.AdminToken, error) {
					next, err := successor(old, act.At, lifetime)
					if err != nil {
						return next, err
					}
					token, err = access.SignAdminToken(ring.JWTSecret(), next) // here, so that the old token stays if there is no new one
					return next, err
				})
				if err != nil {
					return err
				}
				return a.printToken(next, token, id)
			})
		},
	}
	addDays(cmd.Flags(), &days, 0, "days until the new token expires, 0 for never (default as long as the old one's life)")
	return cmd
}

// successor returns a token like old, which lives for so many days from now, or as long as old lived if days is nil.
func successor(old pierre.AdminToken, now time.Time, days *int) (pierre.AdminToken, error) {
	next, err := old.Successor(now)
	if err == nil && days != nil {
		next.Expires, err = expiry(next.Created, *days)
	}
	return next, err
}

// tokenID reads the id of a token. What cannot be one is not repeated: it may be the token itself.
func tokenID(text string) (pierre.AdminTokenID, error) {
	const maxLength = 64
	random, ok := strings.CutPrefix(text, "admin_token_")
	if !ok || len(text) > maxLength || strings.ContainsFunc(random, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }) {
		return "", cli.Usagef("the id of a token begins with admin_token_; admin-setup list-tokens shows it")
	}
	return pierre.AdminTokenID(text), nil
}

func newRevoke(c *config) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke-token ID",
		Short:   "End a token",
		Long:    `revoke-token ends a token: the server refuses it from the next request on.`,
		Example: `  admin-setup revoke-token admin_token_r4fd…`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), func(a *app) error {
				id, err := tokenID(args[0])
				if err != nil {
					return err
				}
				row, err := a.RevokeAdminToken(cmd.Context(), a.act(), id)
				if err != nil {
					return err
				}
				if c.json {
					return a.encode(viewOf(row, time.Now()))
				}
				a.note("%s of service %q is revoked since %s", row.ID, row.Service, day(row.Revoked, ""))
				return nil
			})
		},
	}
}
