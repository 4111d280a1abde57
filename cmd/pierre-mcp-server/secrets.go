package main

import (
	"context"
	"log/slog"

	"github.com/pierre-mcp/pierre/internal/keyring"
)

// secrets finds the server's secrets, or makes them. New secrets beside a database that is not new mean that the old
// ones were lost; the log says so, because what was made with the old ones no longer works.
func (a *app) secrets(ctx context.Context, c *config) (*keyring.Ring, error) {
	ring, err := keyring.Load(c.dataDir, c.jwtSecret, c.encryptionKey)
	if err != nil {
		return nil, err
	}
	tokens, err := a.store.AdminTokens(ctx)
	if err != nil {
		return nil, err
	}
	for _, file := range ring.Made {
		if len(tokens) > 0 {
			a.log.WarnContext(ctx, "made a new secret beside a database that is not new: admin tokens that were issued before are refused; "+
				"if this is a restored backup, stop the server and restore this file, too", slog.String("file", file))
		} else {
			a.log.InfoContext(ctx, "made a secret", slog.String("file", file))
		}
	}
	for _, file := range ring.Exposed {
		a.log.WarnContext(ctx, "other users of this machine can read this secret; chmod 600 it", slog.String("file", file))
	}
	return ring, nil
}
