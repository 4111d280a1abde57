package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/portal/db"
)

const longHelp = `pierre-admin-service is the admin web site of a pierre-mcp-server: visitors ask for
keys, staff decide requests, watch the use of keys and bill it, customers see and
rotate their own keys.

It reaches the server at MCP_SERVER_URL with the admin token MCP_ADMIN_TOKEN, and
keeps what is its own in a database of its own. Each variable that holds a secret
can be given as a file, with _FILE behind its name.

The environment variable in brackets sets a flag's default.`

const examples = `  # on this computer, without mail: messages are written to files
  pierre-admin-service --development

  # for everybody, behind a proxy that has the certificate
  pierre-admin-service --host 0.0.0.0 --trusted-proxies 10.0.0.0/8 \
    --base-url https://keys.example.com --mail-from keys@example.com`

func newRoot(w cli.World) *cobra.Command {
	c := &config{}
	serving := func(cmd *cobra.Command, _ []string) error {
		if err := c.load(); err != nil {
			return err
		}
		return serve(cmd.Context(), c, w)
	}
	root := &cobra.Command{
		Use: "pierre-admin-service", Short: "Serve the admin web site of a pierre-mcp-server", Long: longHelp, Example: examples,
		Args: cli.NoArgs, RunE: serving,
	}
	c.bind(root, w.Getenv)
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "Serve the site, as without a command", Args: cli.NoArgs, RunE: serving},
		newMigrate(c))
	return root
}

func newMigrate(c *config) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the site's database up to date, without serving",
		Args:  cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := c.loadDatabase(); err != nil {
				return err
			}
			d, err := db.Open(c.databaseURL, c.dataDir)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, d.Close()) }()
			applied, err := d.Migrate(cmd.Context())
			if err != nil {
				return err
			}
			for _, name := range applied {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), "applied", name); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the database is up to date")
			return err
		},
	}
}
