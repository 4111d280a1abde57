package adminsetup

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

const (
	defaultPermissions = "provision_keys,list_keys,revoke_keys,update_key_limits"
	defaultDays        = 365
	maxDays            = 3650
	maxService         = 100 // bytes
	maxDescription     = 1000
)

// A tokenRequest is what a new token should be.
type tokenRequest struct {
	service     string
	description string
	permissions string
	superAdmin  bool
	days        int
}

func newGenerate(c *config) *cobra.Command {
	req := &tokenRequest{}
	cmd := &cobra.Command{
		Use:   "generate-token --service NAME",
		Short: "Make a token for a service",
		Long: `generate-token makes a token for a service and prints it, alone, on stdout.
It is shown this once: keep it where the service keeps its secrets.

The permissions are
  provision_keys       make and rotate API keys
  list_keys            see keys, their limits and their usage
  revoke_keys          end keys
  update_key_limits    change keys: tier, limits, tools, networks, expiry; change tiers
  view_audit_logs      see who changed what
  manage_admin_tokens  make, rotate and revoke admin tokens, with no more permissions
                       than the token itself has
  manage_users         see and delete the persons who have keys, and change their tier
                       and limit`,
		Example: `  admin-setup generate-token --service pierre_admin_service \
    --permissions "provision_keys,revoke_keys,list_keys" --expires-in-days 365
  admin-setup generate-token --service me --super-admin --expires-in-days 0`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			row, err := req.row(cmd.Flags().Changed("permissions"), time.Now())
			if err != nil {
				return explain(err)
			}
			return c.runOn(cmd.Context(), store.Open, func(a *app) error { return a.generate(cmd.Context(), row) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.service, "service", "", "who will use the token (required)")
	f.StringVar(&req.description, "description", "", "what for")
	f.StringVar(&req.permissions, "permissions", defaultPermissions, "what the token may do, comma-separated")
	f.BoolVar(&req.superAdmin, "super-admin", false, "give all permissions")
	addDays(f, &req.days, defaultDays, "days until the token expires, 0 for never")
	return cmd
}

// generate makes the token of the row, and prints it.
func (a *app) generate(ctx context.Context, row pierre.AdminToken) error {
	ring, err := a.secrets(ctx)
	if err != nil {
		return err
	}
	token, err := access.SignAdminToken(ring.JWTSecret(), row)
	if err != nil {
		return err
	}
	if err := a.CreateAdminToken(ctx, a.act(), row); err != nil {
		return err
	}
	return a.printToken(row, token, "")
}

// addDays adds --expires-in-days, and --expires-days as another name for it.
func addDays(f *pflag.FlagSet, days *int, preset int, help string) {
	f.IntVar(days, "expires-in-days", preset, help+" (or --expires-days)")
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "expires-days" {
			name = "expires-in-days"
		}
		return pflag.NormalizedName(name)
	})
}

// row returns the new token's row. Its times are whole seconds, as in the token.
func (req *tokenRequest) row(permissionsGiven bool, now time.Time) (pierre.AdminToken, error) {
	row := pierre.AdminToken{
		ID:          pierre.NewAdminTokenID(),
		Service:     strings.TrimSpace(req.service),
		Description: strings.TrimSpace(req.description),
		Created:     now.UTC().Truncate(time.Second),
	}
	if err := checkLine("service", row.Service, maxService); err != nil {
		return row, err
	}
	if row.Service == "" {
		return row, cli.Usagef("--service is required: who will use the token?")
	}
	if err := checkLine("description", row.Description, maxDescription); err != nil {
		return row, err
	}
	if req.superAdmin && permissionsGiven {
		return row, cli.Usagef("--super-admin gives all permissions; leave --permissions out")
	}
	row.Permissions = pierre.Permissions()
	if !req.superAdmin {
		var err error
		if row.Permissions, err = pierre.ParsePermissions(req.permissions); err != nil {
			return row, err
		}
	}
	var err error
	row.Expires, err = expiry(row.Created, req.days)
	return row, err
}

func checkLine(flag, text string, limit int) error {
	if len(text) > limit || !pierre.OneLine(text) {
		return cli.Usagef("--%s must be one line of at most %d bytes", flag, limit)
	}
	return nil
}

// expiry returns the zero time, which is never, for 0 days.
func expiry(now time.Time, days int) (time.Time, error) {
	switch {
	case days < 0 || days > maxDays:
		return time.Time{}, cli.Usagef("--expires-in-days must be between 0, for never, and %d, not %d", maxDays, days)
	case days == 0:
		return time.Time{}, nil
	default:
		return now.AddDate(0, 0, days), nil
	}
}
