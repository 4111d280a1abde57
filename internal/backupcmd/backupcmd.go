// Package backupcmd is the command lines of backups, which every program with a database has: backup, restore and verify.
// Package backup does the work.
package backupcmd

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A Place is where a program's data are.
type Place struct {
	DatabaseURL string
	Path        string // of the SQLite file; "": it is PostgreSQL
	DataDir     string
}

// A Host is the program that has the commands.
type Host struct {
	Program backup.Program
	Load    func() (Place, error) // reads the program's settings

	Export  func() ([]byte, error) // returns the secrets
	Restore func(text []byte) (write func() (written []string, err error), err error)
}

// keyFlags are the flags with which secrets are opened.
type keyFlags struct {
	settings     *cli.Settings
	passphrase   secret.String
	identityFile string
}

// passphraseSettings are how a passphrase is given.
func passphraseSettings(into *secret.String) []cli.Setting {
	return []cli.Setting{
		{Env: "BACKUP_PASSPHRASE", Parse: func(text string) error {
			if text != "" {
				*into = secret.New(text)
			}
			return nil
		}},
		{Flag: "passphrase-file", Env: "BACKUP_PASSPHRASE_FILE", Help: "file with the passphrase that the secrets are encrypted with; BACKUP_PASSPHRASE is the passphrase itself", Parse: func(path string) error {
			if path == "" {
				return nil
			}
			if into.Reveal() != "" {
				return errors.New("is given beside BACKUP_PASSPHRASE; give one of them")
			}
			held, err := secret.ReadFile(path)
			*into = held
			return err
		}},
	}
}

func (k *keyFlags) bind(cmd *cobra.Command, getenv func(string) string) {
	k.settings = cli.BindSettings(cmd.Flags(), getenv, append(passphraseSettings(&k.passphrase), cli.Setting{
		Flag: "identity", Env: "BACKUP_IDENTITY_FILE", Help: "file with the age identity that the secrets were encrypted for",
		Parse: func(path string) error { k.identityFile = path; return nil },
	}))
}

// key reads the flags.
func (k *keyFlags) key() (key backup.Key, err error) {
	if err := k.settings.Parse(); err != nil {
		return key, cli.Usage(err)
	}
	if k.passphrase.Reveal() != "" {
		if key, err = key.OpenPassphrase(k.passphrase); err != nil {
			return key, err
		}
	}
	if k.identityFile == "" {
		return key, nil
	}
	f, err := os.Open(k.identityFile)
	if err != nil {
		return key, cli.Usage(fmt.Errorf("%s: %w", k.settings.Source("identity"), err))
	}
	defer f.Close() //nolint:errcheck // it was only read
	return key.OpenIdentities(f)
}

// progressPause is how often a long work says how far it is.
const progressPause = 2 * time.Second

// printProgress returns what tells on stderr how far a long work is. Work that is done soon says nothing.
func printProgress(w cli.World) func(backup.Progress) {
	last := time.Now()
	return func(p backup.Progress) {
		if time.Since(last) < progressPause {
			return
		}
		last = time.Now()
		if p.Total > 0 {
			fmt.Fprintf(w.Stderr, "%s: %d of %d\n", p.Step, p.Done, p.Total)
			return
		}
		fmt.Fprintf(w.Stderr, "%s\n", p.Step)
	}
}

// An answer is what the commands print with --json.
type answer struct {
	File string `json:"file"`
	*backup.Manifest
	SecretsOpened *bool    `json:"secrets_opened,omitempty"`
	Removed       []string `json:"removed,omitempty"`
	Written       []string `json:"secret_files_written,omitempty"`
	Refused       int      `json:"calls_refused,omitempty"`
}

// what describes a backup in a line.
func what(m *backup.Manifest) string {
	size := int64(0)
	for _, e := range m.Entries {
		size += e.Bytes
	}
	secrets := map[backup.Secrecy]string{
		backup.SecretsAbsent: "without the secrets", backup.SecretsPlain: "with the secrets, READABLE",
		backup.SecretsPassphrase: "with the secrets, encrypted with a passphrase", backup.SecretsRecipients: "with the secrets, encrypted for age recipients",
	}[m.Secrets]
	return fmt.Sprintf("%d rows of %d tables of %s (%s), %s", m.Rows(), len(m.Tables), m.From, human.Bytes(size), secrets)
}
