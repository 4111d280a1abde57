package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// A world is everything that the program sees of its surroundings, so that tests can replace them.
type world struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	version        string
}

// A usageError is a mistake in the command line or the environment: exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is main without the process: it returns the exit code, 2 for a mistake in
// the command line and 1 for everything else that went wrong.
func run(ctx context.Context, args []string, w world) int {
	root := newRootCmd(w) //nolint:contextcheck // cobra hands the commands their context
	root.SetArgs(args)
	root.SetIn(w.stdin)
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	if _, wrong := errors.AsType[usageError](err); wrong {
		fmt.Fprintf(w.stderr, "mcp-client: %v (mcp-client --help shows how)\n", err)
		return 2
	}
	fmt.Fprintf(w.stderr, "mcp-client: %v\n", err)
	return 1
}

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

func newRootCmd(w world) *cobra.Command {
	conn, opts := new(connection), new(relayOptions)
	root := &cobra.Command{
		Use:           "mcp-client --url URL",
		Short:         "Connect an MCP host to a remote MCP server",
		Long:          rootLong,
		Example:       rootExample,
		Args:          noArgs,
		SilenceErrors: true, // run reports them, in one line
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return relay(cmd.Context(), w, conn, opts)
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	conn.register(root.PersistentFlags())
	opts.register(root.Flags())
	root.AddCommand(commands(w, conn)...)
	return root
}

// commands lists the subcommands, in the order of a user's needs.
func commands(w world, conn *connection) []*cobra.Command {
	return []*cobra.Command{
		newInstallCmd(w, conn),
		newUninstallCmd(w),
		newDoctorCmd(w, conn),
		newToolsCmd(w, conn),
		newCallCmd(w, conn),
		newImportCmd(w, conn),
		newVersionCmd(w),
	}
}

// noArgs refuses positional arguments: a mistyped subcommand must not start a relay.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("there is no command %q", args[0])
	}
	return nil
}
