// Package adminservice is the admin site's program, pierre-admin-service: its settings, its commands, and how the site is put
// together.
package adminservice

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/healthcheck"
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

  # the first owner's link
  pierre-admin-service create-owner --email olivia@example.com

  # what is missing?
  pierre-admin-service doctor

  # for everybody, behind a proxy that has the certificate
  pierre-admin-service --host 0.0.0.0 --trusted-proxies 10.0.0.0/8 \
    --base-url https://keys.example.com --mail-from keys@example.com`

// NewRoot returns the program's command.
func NewRoot(w cli.World) *cobra.Command {
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
		newCreateOwner(c), newDoctor(c), newPreviewMail(c), newMigrate(c), healthcheck.Command(c.target))
	root.AddCommand(newBackups(c, w)...)
	return root
}
