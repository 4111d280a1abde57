package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/store"
)

func newMigrate(c *config, _ cli.World) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database up to date, without serving",
		Long: `Bring the database up to date, without serving. The server does it by itself when it
starts; this is for those who want to do it at a time of their own.`,
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
			applied, err := st.Migrate(cmd.Context())
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
