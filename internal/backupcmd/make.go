package backupcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const (
	minEvery   = time.Minute
	retryAfter = 15 * time.Minute // after a backup that failed
)

// A making is the command backup.
type making struct {
	host Host
	w    cli.World

	settings   *cli.Settings
	passphrase secret.String
	recipients string
	dir        string // BACKUP_DIR
	without    bool
	plain      bool
	keep       int
	every      time.Duration
	json       bool
}

// NewBackup returns the command backup.
func NewBackup(h Host, w cli.World) *cobra.Command {
	m := &making{host: h, w: w}
	cmd := &cobra.Command{
		Use:   "backup FILE|FOLDER",
		Short: "Write a backup of the database and the secrets, while the program serves",
		Long: `backup writes all that the database has at one moment, and the secrets, to one file. The
program may serve meanwhile; every call that it answered before is in the backup. The file
appears when it is whole: a backup that is interrupted leaves none. It holds the same whatever
the database, and can be restored to SQLite and to PostgreSQL.

The secrets are encrypted with a passphrase or for age recipients, or left out. What is in the
database is not encrypted: keep the file where only you can read it.

In a FOLDER the file gets a name with the time, and --keep removes the oldest ones. With --every
the command goes on and makes a backup whenever that time has passed since the last one.`,
		Example: fmt.Sprintf(`  %[1]s backup /var/backups/pierre --keep 14 --passphrase-file /etc/pierre/backup.passphrase
  %[1]s backup before-upgrade.zip --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
  %[1]s backup /backups --every 24h --keep 14 --without-secrets`, h.Program.Name),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return m.run(cmd.Context(), args) },
	}
	m.bind(cmd)
	return cmd
}

func (m *making) bind(cmd *cobra.Command) {
	m.settings = cli.BindSettings(cmd.Flags(), m.w.Getenv, append(passphraseSettings(&m.passphrase),
		cli.Setting{Env: "BACKUP_DIR", Parse: func(text string) error { m.dir = text; return nil }},
		cli.Setting{Flag: "recipient", Env: "BACKUP_RECIPIENTS", Help: "age recipients that the secrets are encrypted for, comma-separated", Parse: func(text string) error {
			m.recipients = strings.ReplaceAll(text, ",", "\n")
			return nil
		}},
		cli.Setting{Flag: "keep", Env: "BACKUP_KEEP", Default: "0", Help: "backups that stay in the folder; older ones are removed. 0: all stay", Parse: func(text string) (err error) {
			if m.keep, err = strconv.Atoi(text); err != nil || m.keep < 0 {
				return fmt.Errorf("must be a number of backups, not %q", text)
			}
			return nil
		}},
		cli.Setting{Flag: "every", Env: "BACKUP_EVERY", Default: "0s", Help: "go on, and make a backup so often, such as 24h. 0s: once", Parse: func(text string) (err error) {
			if m.every, err = time.ParseDuration(text); err != nil || m.every != 0 && m.every < minEvery {
				return fmt.Errorf("must be a time such as 24h, of at least %s, not %q", minEvery, text)
			}
			return nil
		}},
	))
	cmd.Flags().BoolVar(&m.without, "without-secrets", false, "leave the secrets out: what is encrypted in the database cannot be read without them")
	cmd.Flags().BoolVar(&m.plain, "plain-secrets", false, "keep the secrets as they are: whoever has the backup has them")
	cmd.Flags().BoolVar(&m.json, "json", false, "print what is in the backup as JSON")
}

func (m *making) run(ctx context.Context, args []string) error {
	if err := m.settings.Parse(); err != nil {
		return cli.Usage(err)
	}
	place, err := m.host.Load()
	if err != nil {
		return err
	}
	lock, err := m.lock()
	if err != nil {
		return err
	}
	path := m.dir
	if len(args) == 1 {
		path = args[0]
	}
	if path == "" {
		return cli.Usagef("backup needs a FILE or a FOLDER, or BACKUP_DIR")
	}
	info, err := os.Stat(path)
	folder := err == nil && info.IsDir() || strings.HasSuffix(path, string(filepath.Separator)) || len(args) == 0
	if !folder {
		if m.every > 0 || m.keep > 0 {
			return cli.Usagef("--every and --keep are for a folder of backups, and %s is none; make it first", path)
		}
		return m.once(ctx, place, path, lock)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("making the folder of backups: %w", err)
	}
	if m.every == 0 {
		return m.inFolder(ctx, place, path, lock)
	}
	return m.repeat(ctx, place, path, lock)
}

// lock decides how the secrets are kept. There is no default: whoever makes the backup must know.
func (m *making) lock() (lock backup.Lock, err error) {
	ways := 0
	for _, chosen := range []bool{m.passphrase.Reveal() != "", m.recipients != "", m.without, m.plain} {
		if chosen {
			ways++
		}
	}
	if ways != 1 {
		return lock, cli.Usagef("say once what becomes of the secrets: --passphrase-file FILE or --recipient age1… encrypts them, --without-secrets leaves them out, --plain-secrets keeps them readable")
	}
	switch {
	case m.passphrase.Reveal() != "":
		return backup.Passphrase(m.passphrase)
	case m.recipients != "":
		return backup.Recipients(m.recipients)
	case m.plain:
		return backup.Plain(), nil
	}
	return lock, nil
}

// repeat makes backups until ctx ends.
func (m *making) repeat(ctx context.Context, place Place, dir string, lock backup.Lock) error {
	for {
		_, made, err := backup.List(dir, m.host.Program.Name)
		if err != nil {
			return err
		}
		wait := time.Duration(0)
		if len(made) > 0 {
			wait = min(m.every-time.Since(made[len(made)-1]), m.every) // the clock may have been put back
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		err = m.inFolder(ctx, place, dir, lock)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		fmt.Fprintf(m.w.Stderr, "%s: the backup failed and is tried again: %s\n", m.host.Program.Name, strings.ReplaceAll(err.Error(), "\n", "; "))
		if err := sleep(ctx, min(retryAfter, m.every)); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inFolder makes a backup in a folder and removes those that are too many.
func (m *making) inFolder(ctx context.Context, place Place, dir string, lock backup.Lock) error {
	return m.once(ctx, place, filepath.Join(dir, backup.FileName(m.host.Program.Name, time.Now())), lock)
}

func (m *making) once(ctx context.Context, place Place, path string, lock backup.Lock) (err error) {
	if place.Path != "" {
		if _, err := os.Stat(place.Path); err != nil { // opening it would make it
			return fmt.Errorf("there is no database to back up: %w", err)
		}
	}
	db, err := m.host.Program.Open(place.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	secrets := backup.Secrets{Export: m.host.Export, Lock: lock}
	made, err := backup.Make(ctx, m.host.Program, db, path, secrets, backup.Options{Progress: printProgress(m.w)})
	if ctx.Err() != nil {
		return errors.New("interrupted: no backup was made")
	}
	if err != nil {
		return err
	}
	out := answer{File: path, Manifest: made}
	if m.keep > 0 {
		if out.Removed, err = backup.Prune(filepath.Dir(path), m.host.Program.Name, m.keep); err != nil {
			return fmt.Errorf("removing old backups: %w", err)
		}
	}
	if m.json {
		return cli.WriteJSON(m.w.Stdout, out)
	}
	_, err = fmt.Fprintf(m.w.Stdout, "%s: %s\n", path, what(made))
	for _, old := range out.Removed {
		_, more := fmt.Fprintf(m.w.Stdout, "removed %s\n", old)
		err = errors.Join(err, more)
	}
	return err
}
