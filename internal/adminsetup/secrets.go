package adminsetup

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/store"
)

const rotateSecretsHelp = `rotate-secrets replaces JWT_SECRET and ENCRYPTION_KEY.

Secrets that are in the data folder get new values. Those before are kept beside
them, in jwt.secret.previous and encryption.key.previous: what was signed or
encrypted with them stays valid until --forget-previous. Servers that run notice it
within seconds, without a restart.

Secrets that come from outside cannot be changed here; the command says what to do.
Either way, what the database keeps encrypted is then encrypted anew with the
current key. If that is interrupted, --reencrypt goes on with it.`

// A rotation is what rotate-secrets does.
type rotation struct{ reencrypt, forget bool }

// A secretsView is the outcome in JSON.
type secretsView struct {
	Rotated    []string `json:"rotated"` // files
	Removed    []string `json:"removed"` // files
	Outside    []string `json:"outside"` // names of the secrets that are not in the data folder
	Renewed    int      `json:"reencrypted"`
	Current    int      `json:"already_current"`
	Unreadable int      `json:"unreadable"`
}

func newRotateSecrets(c *config) *cobra.Command {
	r := &rotation{}
	cmd := &cobra.Command{
		Use:   "rotate-secrets",
		Short: "Replace the server's secrets",
		Long:  rotateSecretsHelp,
		Example: `  admin-setup rotate-secrets
  # when no token that was signed with the old secret is needed any more
  admin-setup rotate-secrets --forget-previous`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.reencrypt && r.forget {
				return cli.Usagef("--reencrypt and --forget-previous are two steps; give one of them")
			}
			return c.run(cmd.Context(), func(a *app) error { return a.rotateSecrets(cmd.Context(), *r) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&r.reencrypt, "reencrypt", false, "make no new secrets, only encrypt anew what is encrypted with an old one")
	f.BoolVar(&r.forget, "forget-previous", false, "accept the secrets before no more; what was signed with them is refused")
	return cmd
}

func (a *app) rotateSecrets(ctx context.Context, r rotation) error {
	ring, err := a.secrets(ctx)
	if err != nil {
		return err
	}
	v := secretsView{Rotated: []string{}, Removed: []string{}, Outside: append([]string{}, ring.Outside()...)}
	if !r.reencrypt && !r.forget {
		if v.Rotated, err = ring.Rotate(); err != nil {
			return err
		}
		if _, err := ring.Compare(ctx, a.Store); err != nil {
			return err
		}
	}
	sum, err := a.Reseal(ctx, renewWith(ring))
	v.Renewed, v.Current, v.Unreadable = sum.Renewed, sum.Current, sum.Unreadable
	if err != nil {
		a.note("what is encrypted was not all encrypted anew; admin-setup rotate-secrets --reencrypt goes on")
		return err
	}
	if r.forget {
		if v.Removed, err = ring.ForgetPrevious(); err != nil {
			return err
		}
	}
	if a.c.json {
		return a.encode(v)
	}
	a.tellRotation(r, v, sum)
	return nil
}

// renewWith returns what encrypts anew with the ring's current key.
func renewWith(ring *keyring.Ring) func(sealed, purpose []byte) ([]byte, bool, error) {
	return func(sealed, purpose []byte) ([]byte, bool, error) {
		if ring.Current(sealed) {
			return sealed, false, nil
		}
		text, err := ring.Open(sealed, purpose)
		if err != nil {
			return nil, false, err
		}
		return ring.Seal(text, purpose), true, nil
	}
}

func (a *app) tellRotation(r rotation, v secretsView, sum store.Resealed) {
	for _, file := range v.Rotated {
		a.note("%s is new; the one before is accepted, too", file)
	}
	for _, file := range v.Removed {
		a.note("removed %s: what was signed with it is refused within seconds", file)
	}
	if r.forget && len(v.Removed) == 0 {
		a.note("the data folder has no previous secrets")
	}
	a.note("encrypted anew: %d; current already: %d", sum.Renewed, sum.Current)
	if sum.Unreadable > 0 {
		a.note("warning: %d cannot be read with any key that is given", sum.Unreadable)
	}
	for _, name := range v.Outside {
		a.note("%s", outsideAdvice(name, r))
	}
	if len(v.Rotated) > 0 {
		a.note("admin-setup rotate-secrets --forget-previous ends the acceptance of the secrets before")
	}
}

// outsideAdvice says how a secret is rotated that the data folder does not hold.
func outsideAdvice(name string, r rotation) string {
	text := `NAME is given from outside and was not changed. To rotate it:
  1. give every server the new value as NAME_PREVIOUS and restart one after the other: all accept both
  2. give every server the new value as NAME, the old one as NAME_PREVIOUS, and restart one after the other
  3. run admin-setup rotate-secrets --reencrypt with these values
  4. when nothing made with the old value is needed any more, take NAME_PREVIOUS away and restart`
	if r.reencrypt || r.forget {
		text = "NAME is given from outside; take NAME_PREVIOUS away when nothing made with it is needed any more"
	}
	return strings.ReplaceAll(text, "NAME", name)
}
