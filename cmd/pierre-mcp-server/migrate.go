package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/sqldb"
	"github.com/pierre-mcp/pierre/internal/store"
)

func newMigrate(c *config, _ cli.World) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database up to date, without serving",
		Long: `Bring the database up to date, without serving. The server does it by itself when it
starts; this is for those who want to do it at a time of their own. In a SQLite database it
also adds what calls add up to, and still waits, to the roll-ups and quotas: do this after
the server has stopped, before a server of the version before starts.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := c.load(); err != nil {
				return err
			}
			st, err := store.Open(c.databaseURL, c.dataDir)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			if err := sqldb.RunMigrate(cmd.Context(), st, cmd.OutOrStdout()); err != nil || st.Base().Postgres() {
				return err
			}
			return st.FoldUsage(cmd.Context())
		},
	}
}
