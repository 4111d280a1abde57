package adminsetup

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A tokenView is a token in JSON.
type tokenView struct {
	TokenID     pierre.AdminTokenID `json:"token_id"`
	Token       string              `json:"token,omitempty"` // only when it is made
	Replaces    pierre.AdminTokenID `json:"replaces,omitempty"`
	Service     string              `json:"service"`
	Description string              `json:"description,omitempty"`
	Permissions []pierre.Permission `json:"permissions"`
	Unknown     []string            `json:"unknown_permissions,omitempty"` // of another version; they grant nothing here
	Status      string              `json:"status"`
	CreatedAt   time.Time           `json:"created_at"`
	ExpiresAt   time.Time           `json:"expires_at,omitzero"`
	RevokedAt   time.Time           `json:"revoked_at,omitzero"`
	LastUsedAt  time.Time           `json:"last_used_at,omitzero"`
}

func viewOf(row pierre.AdminToken, now time.Time) tokenView {
	return tokenView{
		TokenID:     row.ID,
		Service:     row.Service,
		Description: row.Description,
		Permissions: row.Permissions,
		Unknown:     row.Unknown,
		Status:      status(row, now),
		CreatedAt:   row.Created,
		ExpiresAt:   row.Expires,
		RevokedAt:   row.Revoked.Truncate(time.Second),
		LastUsedAt:  row.LastUsed.Truncate(time.Second),
	}
}

func status(row pierre.AdminToken, now time.Time) string {
	switch {
	case !row.Revoked.IsZero():
		return "revoked"
	case !row.Expires.IsZero() && !now.Before(row.Expires):
		return "expired"
	default:
		return "active"
	}
}

// printToken prints a new token: it alone goes to stdout, what people read goes to stderr.
func (a *app) printToken(row pierre.AdminToken, token secret.String, replaces pierre.AdminTokenID) error {
	if a.c.json {
		v := viewOf(row, time.Now())
		v.Token, v.Replaces = token.Reveal(), replaces
		return a.encode(v)
	}
	a.note("%s for service %q", row.ID, row.Service)
	if replaces != "" {
		a.note("  in place of  %s, which is revoked", replaces)
	}
	a.note("  permissions  %s", list(row.Permissions))
	a.note("  expires      %s", day(row.Expires, "never"))
	a.note("The token goes to standard output, only this once.")
	_, err := fmt.Fprintln(a.c.world.Stdout, token.Reveal())
	return err
}

func newList(c *config) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list-tokens",
		Short: "List the tokens that are valid",
		Long:  `list-tokens lists the tokens that are valid, oldest first. The tokens themselves are not kept and cannot be shown.`,
		Example: `  admin-setup list-tokens
  admin-setup list-tokens --all --json`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd.Context(), func(a *app) error {
				rows, err := a.AdminTokens(cmd.Context())
				if err != nil {
					return err
				}
				now := time.Now()
				views := []tokenView{}
				for _, row := range rows {
					if v := viewOf(row, now); all || v.Status == "active" {
						views = append(views, v)
					}
				}
				return a.list(views)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list revoked and expired tokens too")
	return cmd
}

func (a *app) list(views []tokenView) error {
	if a.c.json {
		return a.encode(views)
	}
	if len(views) == 0 {
		a.note("no tokens; make one with admin-setup generate-token --service NAME")
		return nil
	}
	t := tabwriter.NewWriter(a.c.world.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSERVICE\tSTATUS\tEXPIRES\tLAST USED\tPERMISSIONS")
	for _, v := range views {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n",
			v.TokenID, v.Service, v.Status, day(v.ExpiresAt, "never"), day(v.LastUsedAt, "never"), v.grants())
	}
	return t.Flush()
}

// grants lists what the token may do, and what this version does not know of it.
func (v tokenView) grants() string {
	if len(v.Unknown) == 0 {
		return list(v.Permissions)
	}
	return strings.TrimSpace(list(v.Permissions) + " (unknown to this version: " + strings.Join(v.Unknown, ",") + ")")
}

func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.c.world.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func list(perms []pierre.Permission) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(perms), " ", ","), "[]")
}

// day formats t, in UTC, or says what the zero time means.
func day(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
