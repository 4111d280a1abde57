package adminservice

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/sqldb"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/staff"
)

func newMigrate(c *config) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the site's database up to date, without serving",
		Args:  cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDatabase(func(d *db.DB) error { return sqldb.RunMigrate(cmd.Context(), d, cmd.OutOrStdout()) })
		},
	}
}

func newCreateOwner(c *config) *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use:   "create-owner --email ADDRESS",
		Short: "Print a link that makes an owner's account, once",
		Long: `create-owner prints a link, alone on stdout. Whoever opens it first chooses a password
and a second factor, and is an owner: somebody who invites the rest of the staff. For
an owner who lost both, the link gives the account new ones. It works once, for three days.`,
		Example: `  pierre-admin-service create-owner --email olivia@example.com`,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if email == "" {
				return cli.Usagef("--email is required: whose account is it?")
			}
			return c.withDatabase(func(d *db.DB) error {
				if _, err := d.Migrate(cmd.Context()); err != nil {
					return err
				}
				link, until, err := c.ownerLink(cmd.Context(), d, email)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "Open this link to make the account; it works once, until %s:\n", until.Local().Format("2 January, 15:04"))
				_, err = fmt.Fprintln(cmd.OutOrStdout(), link)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the owner's e-mail address (required)")
	return cmd
}

func (c *config) ownerLink(ctx context.Context, d *db.DB, email string) (link string, until time.Time, err error) {
	ring, err := c.ring()
	if err != nil {
		return "", until, err
	}
	team, err := staff.New(d, nil, c.baseURL, ring, nil, staff.Options{Development: c.development})
	if err != nil {
		return "", until, err
	}
	return team.OwnerLink(ctx, email)
}

func newPreviewMail(c *config) *cobra.Command {
	return &cobra.Command{
		Use:   "preview-mail [FOLDER]",
		Short: "Write each mail with sample data to a folder, to look at",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.loadDatabase(); err != nil {
				return err
			}
			dir := "mail-preview"
			if len(args) > 0 {
				dir = args[0]
			}
			list, err := mail.Previews(mail.Texts{Operator: "Pierre", BaseURL: c.baseURL}, time.Now())
			if err != nil {
				return err
			}
			n, err := mail.WritePreviews(dir, list)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d mails; open %s\n", n, filepath.Join(dir, "index.html"))
			return err
		},
	}
}

// withDatabase opens the database for do, and closes it.
func (c *config) withDatabase(do func(d *db.DB) error) error {
	if err := c.loadDatabase(); err != nil {
		return err
	}
	d, err := db.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return err
	}
	return errors.Join(do(d), d.Close())
}

// newVerify returns the command verify: with a backup it is ofBackup, without one it checks the database.
func newVerify(c *config, ofBackup *cobra.Command) *cobra.Command {
	proveBackup := ofBackup.RunE
	ofBackup.Use = "verify [BACKUP]"
	ofBackup.Short = "Prove a backup, or that nobody changed the staff's audit log or a closed month"
	ofBackup.Long += `

Without a BACKUP, verify follows the chains of hashes through the audit log of the site's staff and
through all closed months. It says which entry or month is not as it was written, and ends with 1 then.`
	ofBackup.Args = cobra.MaximumNArgs(1)
	ofBackup.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return proveBackup(cmd, args)
		}
		return c.withDatabase(func(d *db.DB) error {
			entries, errAudit := d.VerifyAudit(cmd.Context())
			months, errBilling := d.VerifyBilling(cmd.Context())
			if err := errors.Join(errAudit, errBilling); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "entries of the audit log: %d, closed months: %d, all as they were written\n", entries, months)
			return err
		})
	}
	return ofBackup
}
