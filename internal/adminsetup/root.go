// Package adminsetup is the operator's program, admin-setup: it makes, rotates, revokes and lists admin tokens, in the database of a
// server that may be running.
package adminsetup

import (
	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const longHelp = `admin-setup makes the tokens with which a service or an operator uses the admin API
of pierre-mcp-server: to provision API keys, to list and to revoke them.

Run it where the server keeps its data, or name the same database and the same
secrets. The server may be running; what is revoked or rotated here is refused
by its next request.

A token is printed once, alone on stdout; everything else goes to stderr. The
environment variable in brackets sets a flag's default. JWT_SECRET and
ENCRYPTION_KEY (or JWT_SECRET_FILE and ENCRYPTION_KEY_FILE) must be the server's;
without them those in the data folder are used, and made there if missing.`

const examples = `  # a token for the console that may provision, revoke and list keys, for a year
  admin-setup generate-token --service console \
    --permissions "provision_keys,revoke_keys,list_keys" --expires-in-days 365

  # keep it in a variable and use it
  TOKEN=$(admin-setup generate-token --service laptop)
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8081/admin/token-info

  # which tokens there are, and a new one in place of an old one
  admin-setup list-tokens
  admin-setup rotate-token admin_token_r4fd…`

// NewRoot returns the program's command.
func NewRoot(w cli.World) *cobra.Command {
	c := &config{world: w}
	root := &cobra.Command{
		Use:     "admin-setup",
		Short:   "Make and revoke the tokens for the admin API",
		Long:    longHelp,
		Example: examples,
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.bind(root)
	root.AddCommand(newGenerate(c), newRotate(c), newRevoke(c), newList(c), newVerify(c), newRotateSecrets(c))
	return root
}

// oneID takes the id of a token as the only argument.
func oneID(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.Usagef("%s takes one token id, which admin-setup list-tokens shows", cmd.Name())
	}
	return nil
}

// explain marks the mistakes of the operator for exit code 2.
func explain(err error) error {
	if pierre.KindOf(err) == pierre.KindInvalid {
		return cli.Usage(err)
	}
	return err
}
