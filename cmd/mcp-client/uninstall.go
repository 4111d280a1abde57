package main

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/clientinstall"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
)

const uninstallLong = `uninstall takes the entry that install wrote out of the MCP hosts on this
computer, and deletes the stored access key. Everything else in the hosts' files
stays as it is; if nothing else has changed since, they get their old bytes back.

An entry of that name that starts another program is left alone. The key is kept
as long as an entry in another host uses it.`

const uninstallExample = `  mcp-client uninstall
  mcp-client uninstall --host cursor --dry-run`

func newUninstallCmd(w cli.World) *cobra.Command {
	opts := new(installflow.Options)
	cmd := &cobra.Command{
		Use:     "uninstall",
		Short:   "Take the client out of the MCP hosts on this computer",
		Long:    uninstallLong,
		Example: uninstallExample,
		Args:    cli.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return clientinstall.Uninstall(w, *opts) },
	}
	opts.Register(cmd.Flags(), connection.DefaultEntry)
	return cmd
}
