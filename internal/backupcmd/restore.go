package backupcmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/cli"
)

// NewVerify returns the command verify.
func NewVerify(h Host, w cli.World) *cobra.Command {
	key, tempDir, asJSON := &keyFlags{}, "", false
	cmd := &cobra.Command{
		Use:   "verify BACKUP",
		Short: "Prove a backup without restoring it",
		Long: `verify proves that a backup can be restored: the file is whole, the database in it opens and
is undamaged, each table has the rows that the backup says, and, if you give the passphrase or
the identity, the secrets can be decrypted and fit what the database encrypts. It unpacks the database into a temporary folder.`,
		Example: fmt.Sprintf(`  %[1]s verify /var/backups/pierre/%[1]s-20261126T030000.000Z.zip --passphrase-file /etc/pierre/backup.passphrase`, h.Program.Name),
		Args:    oneBackup,
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := key.key()
			if err != nil {
				return err
			}
			m, opened, err := backup.Verify(cmd.Context(), h.Program, args[0], k, backup.Options{Progress: printProgress(w), TempDir: tempDir})
			if err != nil {
				return interrupted(cmd, err)
			}
			if asJSON {
				return cli.WriteJSON(w.Stdout, answer{File: args[0], Manifest: m, SecretsOpened: &opened})
			}
			secrets := ""
			if !opened && m.Secrets != backup.SecretsAbsent {
				secrets = "; whether they can be decrypted was not tried: give --passphrase-file or --identity"
			}
			_, err = fmt.Fprintf(w.Stdout, "%s is whole: %s%s; made on %s by version %s\n", args[0], what(m), secrets, m.Created.Format("2006-01-02 15:04:05 MST"), m.Version)
			return err
		},
	}
	key.bind(cmd, w.Getenv)
	cmd.Flags().StringVar(&tempDir, "temp-dir", "", "folder with space for the unpacked database (default the system's)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what is in the backup as JSON")
	return cmd
}

func oneBackup(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.Usagef("%s needs the file of one backup", cmd.Name())
	}
	return nil
}

func interrupted(cmd *cobra.Command, err error) error {
	if cmd.Context().Err() != nil {
		return errors.New("interrupted: " + cmd.Name() + " was not finished; give it again")
	}
	return err
}

// NewRestore returns the command restore.
func NewRestore(h Host, w cli.World) *cobra.Command {
	key, without, asJSON := &keyFlags{}, false, false
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Restore a backup into an empty place, and compare",
		Long: `restore proves a backup and puts it into an empty place: the database that --database-url or
--data-dir name, SQLite or PostgreSQL, whichever the backup was made of, and the secrets into
the data folder. What is there already is never replaced. Secrets that are given as settings must
be those of the backup. At the end the restored database is compared with the backup. An
interrupted restoration is given again.`,
		Example: fmt.Sprintf(`  %[1]s restore before-upgrade.zip --data-dir /var/lib/pierre --passphrase-file /etc/pierre/backup.passphrase
  %[1]s restore backup.zip --database-url postgresql://pierre@db.example.com:5432/pierre --identity key.txt`, h.Program.Name),
		Args: oneBackup,
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := key.key()
			if err != nil {
				return err
			}
			place, err := h.Load()
			if err != nil {
				return err
			}
			to := backup.Target{DatabaseURL: place.DatabaseURL, Path: place.Path, DataDir: place.DataDir, Secrets: h.Restore}
			if without {
				to.Secrets = nil
			}
			done, err := backup.Restore(cmd.Context(), h.Program, args[0], k, to, backup.Options{Progress: printProgress(w)})
			if err != nil {
				return interrupted(cmd, err)
			}
			return printRestored(w, args[0], done, asJSON)
		},
	}
	key.bind(cmd, w.Getenv)
	cmd.Flags().BoolVar(&without, "without-secrets", false, "restore the database alone")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was restored as JSON")
	return cmd
}

func printRestored(w cli.World, file string, done *backup.Restored, asJSON bool) error {
	if asJSON {
		return cli.WriteJSON(w.Stdout, answer{File: file, Manifest: done.Manifest, Written: done.Files, Refused: done.Refused})
	}
	text := fmt.Sprintf("restored %d rows of %d tables; the database agrees with the backup\n", done.Manifest.Rows(), len(done.Manifest.Tables))
	if done.Calls > 0 {
		text += fmt.Sprintf("recorded %d calls that were in the journal\n", done.Calls-done.Refused)
	}
	if done.Refused > 0 {
		text += fmt.Sprintf("%d calls are of keys that the database does not have; they stay in the backup\n", done.Refused)
	}
	if len(done.Files) > 0 {
		text += "wrote the secrets " + strings.Join(done.Files, ", ") + "\n"
	}
	if done.Manifest.Secrets == backup.SecretsAbsent {
		text += "the backup has no secrets: give JWT_SECRET and ENCRYPTION_KEY, or put their files into the data folder, before you start the program\n"
	}
	_, err := fmt.Fprint(w.Stdout, text)
	return err
}
