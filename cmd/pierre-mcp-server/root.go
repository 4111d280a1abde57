package main

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/healthcheck"
)

const longHelp = `pierre-mcp-server answers an AI assistant's questions about its users' own training.

As a server for many it listens for mcp-client and for the operator. As a
personal program (--single-tenant) it is the command of a Claude Desktop entry:
it speaks MCP on stdin and stdout and asks for no key.

The environment variable in brackets sets a flag's default.` + providersHelp + weatherHelp

const examples = `  # a server for many
  pierre-mcp-server --port 8081
  admin-setup generate-token --service console --permissions provision_keys,list_keys,revoke_keys

  # several servers over one PostgreSQL; each needs the same JWT_SECRET and ENCRYPTION_KEY
  pierre-mcp-server --database-url postgresql://pierre@db.example.com:5432/pierre --redis-url redis://redis.example.com:6379/0 --port 8081

  # a personal program: import recordings, connect the hosts on this computer
  pierre-mcp-server --single-tenant import ~/Downloads/export_1234.zip
  pierre-mcp-server --single-tenant install

  # what a host then starts
  pierre-mcp-server --single-tenant --port 8080`

func newRoot(w cli.World) *cobra.Command { return newRootOf(&config{}, w) }

// newRootOf returns the program of a config in which tests set what no operator can.
func newRootOf(c *config, w cli.World) *cobra.Command {
	root := &cobra.Command{
		Use:     "pierre-mcp-server",
		Short:   "Answer an AI assistant's questions about its users' own training",
		Long:    longHelp,
		Example: examples,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.serves = !c.singleTenant
			if err := c.load(); err != nil {
				return err
			}
			if c.singleTenant {
				return servePersonal(cmd.Context(), c, w)
			}
			return serve(cmd.Context(), c, w)
		},
	}
	c.bind(root, w.Getenv)
	root.AddCommand(newImport(c, w), newExport(c, w), newInstall(c, w), newUninstall(c, w), newMigrate(c, w), newCopyDatabase(c, w), newReconcile(c, w),
		healthcheck.Command(c.target))
	root.AddCommand(append(newBackups(c, w), newDoctor(c, w), newFood(c, w))...)
	return root
}
