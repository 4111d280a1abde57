package main

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/clientinstall"
	"github.com/pierre-mcp/pierre/internal/connection"
)

const installLong = `install connects the MCP hosts on this computer to a server: it finds their
configuration files, shows what it would change, and changes them when you agree.

The access key is asked for (nothing is shown while you type) or taken from
PIERRE_AUTH_KEY, tried on the server, and stored in the system's keychain or, on
Linux, in a file that only you can read. It does not go into the hosts' files
unless you add --key-in-config.

Everything else in those files stays as it is, comments included, and a backup
is left beside each. Installing again changes nothing; "mcp-client uninstall"
takes everything out again.`

const installExample = `  # every host on this computer
  mcp-client install --url https://pierre.example.com

  # two of them; first only look
  mcp-client install --url https://pierre.example.com --host claude-desktop --host cursor --dry-run

  # in a script
  PIERRE_AUTH_KEY=pk_live_... mcp-client install --url https://pierre.example.com --yes --json`

func newInstallCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(clientinstall.Options)
	cmd := &cobra.Command{
		Use:     "install --url URL",
		Short:   "Put the client into the MCP hosts on this computer",
		Long:    installLong,
		Example: installExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return clientinstall.Run(cmd.Context(), w, conn, *opts)
		},
	}
	opts.Register(cmd.Flags(), connection.DefaultEntry)
	opts.RegisterPrint(cmd.Flags())
	cmd.Flags().BoolVar(&opts.KeyInConfig, "key-in-config", false, "write the key into the hosts' files instead of storing it")
	return cmd
}
