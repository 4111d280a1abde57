package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// workPrefix begins the name of the folder in which a backup is made, beside it.
const workPrefix = ".pierre-backup-"

// abandoned is after which such a folder is of a program that was killed.
const abandoned = 24 * time.Hour

// Make writes a backup of the database and of the secrets to a new file at path. The database may be in use; all calls that
// were answered before are in the backup.
func Make(ctx context.Context, p Program, db Database, path string, secrets Secrets, opts Options) (_ *Manifest, err error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, taken(path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the backup: %w", err)
	}
	if err := tidy(filepath.Dir(path), time.Now()); err != nil {
		return nil, fmt.Errorf("removing what a backup before left: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(path), workPrefix)
	if err != nil {
		return nil, fmt.Errorf("making a folder for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	m := &Manifest{
		Format: format, Program: p.Name, Version: buildinfo.Version(), Created: time.Now().UTC().Truncate(time.Millisecond), From: "sqlite",
		Secrets: secrets.Lock.Way(), Entries: map[string]EntryInfo{},
	}
	files := map[string]string{}
	if err := m.addCalls(work, files, p, db); err != nil { // before the database, which gets calls meanwhile
		return nil, fmt.Errorf("adding the calls that the database does not have: %w", err)
	}
	if err := m.addDatabase(ctx, work, files, p, db, opts); err != nil {
		return nil, err
	}
	if err := m.addSecrets(work, files, secrets); err != nil { // after the database; see Secrets
		return nil, fmt.Errorf("adding the secrets: %w", err)
	}
	whole := filepath.Join(work, "whole")
	if err := writeArchive(ctx, whole, m, files, opts); err != nil {
		return nil, fmt.Errorf("writing the backup: %w", err)
	}
	return m, publish(whole, path)
}

func taken(path string) error {
	return &pierre.Error{Kind: pierre.KindConflict, Msg: path + " is there already, and a backup replaces nothing. Give another name, or a folder."}
}

// publish gives the whole file its name, unless that is taken.
func publish(whole, path string) error {
	err := os.Link(whole, path)
	if errors.Is(err, fs.ErrExist) {
		return taken(path)
	}
	if err != nil { // not every file system has links
		err = os.Rename(whole, path)
	}
	if err != nil {
		return fmt.Errorf("naming the backup: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder outlast a power cut, where the system has that.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync() // some file systems do not have it
	return f.Close()
}

// tidy removes from dir what programs that were killed left.
func tidy(dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), workPrefix) && now.Sub(info.ModTime()) > abandoned {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// add notes what a file of the archive holds.
func (m *Manifest) add(files map[string]string, name, path string) (err error) {
	files[name] = path
	m.Entries[name], err = sumFile(path)
	return err
}

func (m *Manifest) addSecrets(work string, files map[string]string, secrets Secrets) error {
	if m.Secrets == SecretsAbsent {
		return nil
	}
	text, err := secrets.Export()
	if err != nil {
		return fmt.Errorf("reading them: %w", err)
	}
	sealed, err := secrets.Lock.seal(text)
	if err != nil {
		return err
	}
	path := filepath.Join(work, secretsEntry)
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		return err
	}
	return m.add(files, secretsEntry, path)
}

func (m *Manifest) addCalls(work string, files map[string]string, p Program, db Database) (err error) {
	if p.Calls == nil || db.Base().Postgres() {
		return nil
	}
	path := filepath.Join(work, callsEntry)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	m.Calls, err = p.Calls(f, db.Base().Path())
	if err = errors.Join(err, f.Close()); err != nil || m.Calls == 0 {
		return err
	}
	return m.add(files, callsEntry, path)
}

func (m *Manifest) addDatabase(ctx context.Context, work string, files map[string]string, p Program, db Database, opts Options) error {
	path := filepath.Join(work, databaseEntry)
	var err error
	if m.Schema, err = checkVersion(ctx, p, db); err != nil {
		return err
	}
	if db.Base().Postgres() {
		m.From = "postgresql"
		err = copyPostgres(ctx, p, db, path, opts)
	} else {
		opts.report(Progress{Step: "copying the database"})
		err = db.Base().CopySQLite(ctx, path)
	}
	if err != nil {
		return err
	}
	if m.Tables, err = examine(ctx, p, path, opts); err != nil {
		return err
	}
	if err := m.add(files, databaseEntry, path); err != nil {
		return fmt.Errorf("reading the copy: %w", err)
	}
	return nil
}

// checkVersion refuses a database that this program cannot copy: rows are copied between tables of one version.
func checkVersion(ctx context.Context, p Program, db Database) (int64, error) {
	version, newest, err := db.SchemaVersion(ctx)
	switch {
	case err != nil:
		return 0, &pierre.Error{Kind: pierre.KindUnavailable, Err: err, Msg: "The database " + db.Base().Name() + " cannot be read, or has no tables yet. Is it the right one?"}
	case version > newest:
		return 0, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The tables of the database have version %d, and this program knows them up to %d. Make the backup with the newer %s.", version, newest, p.Name)}
	case version < newest && db.Base().Postgres():
		return 0, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
			"The tables of the database have version %d, and this program's have %d. Make the backup with the %s that serves the database, before the upgrade, or run migrate first.", version, newest, p.Name)}
	}
	return version, nil
}

// copyPostgres copies the database, as it is at one moment, to a new SQLite file.
func copyPostgres(ctx context.Context, p Program, db Database, path string, opts Options) (err error) {
	into, err := p.Open(path)
	if err != nil {
		return fmt.Errorf("making the copy: %w", err)
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	if _, err := into.MigrateForCopy(ctx); err != nil {
		return fmt.Errorf("making the tables of the copy: %w", err)
	}
	tables, err := dbcopy.Tables(ctx, into.Base(), p.Leave)
	if err != nil {
		return err
	}
	base := db.Base()
	return base.View(ctx, "copying the database", func(tx *dbTx) error {
		_, err := dbcopy.Copy(ctx, dbcopy.Source{Reader: tx, DB: base, Name: base.Name()}, into.Base(), tables, opts.copying)
		return err
	})
}

// examine checks a SQLite file that nobody else uses, and returns what is in its tables, whatever their version.
func examine(ctx context.Context, p Program, path string, opts Options) (sums []dbcopy.TableSum, err error) {
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	opts.report(Progress{Step: "checking the copy"})
	if err = db.CheckSQLite(ctx); err == nil {
		var tables []*dbcopy.Table
		if tables, err = dbcopy.Tables(ctx, db, p.Leave); err == nil {
			sums, err = dbcopy.Sums(ctx, db, tables, opts.copying)
		}
	}
	return sums, errors.Join(err, db.Close(), settle(ctx, path))
}
