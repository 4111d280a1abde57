package main

import (
	"context"
	"log/slog"

	"github.com/pierre-mcp/pierre/internal/keyring"
)

// rereadSecrets takes up secrets that admin-setup rotated in the data folder.
func (a *app) rereadSecrets(ctx context.Context, ring *keyring.Ring) error {
	changed, err := ring.Reload()
	if changed {
		a.log.InfoContext(ctx, "the secrets were rotated")
	}
	return err
}

// secrets finds the server's secrets, or makes them. Other secrets than the database was used with before mean that those
// were lost; the log says so, because what was made with them no longer works.
func (a *app) secrets(ctx context.Context, c *config) (*keyring.Ring, error) {
	ring, err := keyring.Load(c.dataDir, c.jwtSecret, c.encryptionKey)
	if err != nil {
		return nil, err
	}
	for _, file := range ring.Made {
		a.log.InfoContext(ctx, "made a secret", slog.String("file", file))
	}
	for _, file := range ring.Exposed {
		a.log.WarnContext(ctx, "other users of this machine can read this secret; chmod 600 it", slog.String("file", file))
	}
	warnings, err := ring.Compare(ctx, a.store)
	for _, w := range warnings {
		a.log.WarnContext(ctx, "a secret has changed", slog.String("what", w))
	}
	return ring, err
}
