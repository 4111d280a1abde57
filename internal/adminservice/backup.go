package adminservice

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/backupcmd"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/portal/db"
)

// newBackups returns the commands backup, restore and verify; without a backup, verify checks the audit log.
func newBackups(c *config, w cli.World) []*cobra.Command {
	secrets := func() string { return filepath.Join(c.dataDir, secretsFolder) }
	host := backupcmd.Host{
		Program: backup.Program{
			Name:  "pierre-admin-service",
			Open:  func(databaseURL string) (backup.Database, error) { return db.Open(databaseURL, "") },
			Leave: db.NotCopied,
		},
		Load: func() (place backupcmd.Place, err error) {
			if err := c.loadDatabase(); err != nil {
				return place, err
			}
			path, err := db.Path(c.databaseURL, c.dataDir)
			place = backupcmd.Place{DatabaseURL: c.databaseURL, Path: path, DataDir: c.dataDir}
			if path != "" {
				place.DatabaseURL = path
			}
			return place, err
		},
		Export: func() ([]byte, error) { return keyring.Export(secrets(), keyring.Source{}, c.encryptionKey) },
		Restore: func(text []byte) (func() ([]string, error), error) {
			r, err := keyring.Restore(text, secrets(), keyring.Source{}, c.encryptionKey)
			if err != nil {
				return nil, err
			}
			return r.Write, nil
		},
	}
	return []*cobra.Command{backupcmd.NewBackup(host, w), backupcmd.NewRestore(host, w), newVerify(c, backupcmd.NewVerify(host, w))}
}
