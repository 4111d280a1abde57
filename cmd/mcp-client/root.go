package main

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
)

const rootLong = `mcp-client connects an MCP host, such as Claude Desktop, to a remote MCP server:
it speaks MCP on stdin and stdout, and Streamable HTTP to the server.

An MCP host starts it. "mcp-client install" writes the entry into the hosts on this
computer and stores the key; by hand, the entry looks like this:

  {"mcpServers": {"pierre": {
    "command": "/usr/local/bin/mcp-client",
    "args": ["--url", "https://pierre.example.com"],
    "env": {"PIERRE_AUTH_KEY": "pk_live_..."}}}}

The key may also come from --auth-key-file or --auth-key; every user of this
computer can read the flags of a running program, so prefer the environment.`

const rootExample = `  # connect the hosts on this computer; find out why one does not work
  mcp-client install --url https://pierre.example.com
  mcp-client doctor

  # relay stdin and stdout to a server
  PIERRE_AUTH_KEY=pk_live_... mcp-client --url https://pierre.example.com

  # try it by hand: one request, one answer
  echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' | mcp-client --url http://127.0.0.1:8081

  # a private certificate authority, an extra header from the environment, a log to look at
  mcp-client --url https://mcp.corp.example --ca-cert corp.pem \
    --header 'X-Team: ${TEAM}' --log-level debug --log-file /tmp/mcp-client.log`

func newRootCmd(w cli.World) *cobra.Command {
	conn, opts := new(connection.Settings), new(connection.LogFlags)
	root := &cobra.Command{
		Use:     "mcp-client --url URL",
		Short:   "Connect an MCP host to a remote MCP server",
		Long:    rootLong,
		Example: rootExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return relay(cmd.Context(), w, conn, opts)
		},
	}
	conn.Register(root.PersistentFlags())
	opts.Register(root.Flags())
	root.AddCommand(commands(w, conn)...)
	return root
}

// commands lists the subcommands, in the order of a user's needs.
func commands(w cli.World, conn *connection.Settings) []*cobra.Command {
	return []*cobra.Command{
		newInstallCmd(w, conn),
		newUninstallCmd(w),
		newDoctorCmd(w, conn),
		newToolsCmd(w, conn),
		newCallCmd(w, conn),
		newWorkoutCmd(w, conn),
		newCalendarCmd(w, conn),
		newImportCmd(w, conn),
		newExportCmd(w, conn),
		newDeleteAccountCmd(w, conn),
		newWatchCmd(w, conn),
	}
}
