package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/backupcmd"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/store"
)

// backupProgram is what a backup has to know of this program.
func backupProgram() backup.Program {
	return backup.Program{
		Name:   "pierre-mcp-server",
		Open:   func(databaseURL string) (backup.Database, error) { return store.Open(databaseURL, "") },
		Leave:  store.NotCopied,
		Sealed: trySealed,
		Calls:  func(w io.Writer, path string) (int, error) { return journal.WriteTo(w, path+journalSuffix) },
		Replay: func(ctx context.Context, r io.Reader, into backup.Database) (calls, refused int, err error) {
			st, ok := into.(*store.Store)
			if !ok {
				return 0, 0, fmt.Errorf("recording calls: %T takes none", into)
			}
			return journal.Replay(ctx, r, st)
		},
	}
}

// trySealed opens what a database of a backup keeps sealed with the backup's secrets.
func trySealed(ctx context.Context, from backup.Database, secrets []byte) (opened, unreadable int, err error) {
	st, ok := from.(*store.Store)
	if !ok {
		return 0, 0, fmt.Errorf("opening sealed rows: %T has none", from)
	}
	ring, err := keyring.ReadExport(secrets)
	if err != nil {
		return 0, 0, err
	}
	sum, err := st.Reseal(ctx, func(sealed, purpose []byte) ([]byte, bool, error) {
		_, err := ring.Open(sealed, purpose)
		return sealed, false, err
	})
	return sum.Current, sum.Unreadable, err
}

// newBackups returns the commands backup, restore and verify.
func newBackups(c *config, w cli.World) []*cobra.Command {
	host := backupcmd.Host{
		Program: backupProgram(),
		Load: func() (place backupcmd.Place, err error) {
			if err := c.load(); err != nil {
				return place, err
			}
			path, err := store.Path(c.databaseURL, c.dataDir)
			place = backupcmd.Place{DatabaseURL: c.databaseURL, Path: path, DataDir: c.dataDir}
			if path != "" {
				place.DatabaseURL = path
			}
			return place, err
		},
		Export: func() ([]byte, error) { return keyring.Export(c.dataDir, c.jwtSecret, c.encryptionKey) },
		Restore: func(text []byte) (func() ([]string, error), error) {
			r, err := keyring.Restore(text, c.dataDir, c.jwtSecret, c.encryptionKey)
			if err != nil {
				return nil, err
			}
			return r.Write, nil
		},
	}
	return []*cobra.Command{backupcmd.NewBackup(host, w), backupcmd.NewRestore(host, w), backupcmd.NewVerify(host, w)}
}
