package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// restorePrefix begins the name of the folder in which a backup is unpacked, beside the database.
const restorePrefix = ".pierre-restore-"

// A Target is where a backup is restored to.
type Target struct {
	DatabaseURL string
	Path        string // of the SQLite file that DatabaseURL names; "": it is PostgreSQL
	DataDir     string // for what is unpacked, if there is no file

	// Secrets gets the decrypted secrets before anything is changed, and returns what writes them. It may refuse them. nil: they
	// are not wanted.
	Secrets func(text []byte) (write func() (written []string, err error), err error)
}

// A Restored says what was restored.
type Restored struct {
	Manifest *Manifest
	Files    []string // with secrets, that were written
	Calls    int      // that were brought to the database from the journal
	Refused  int      // of them, that the database does not take; they stay in the backup
}

// Restore puts a backup into an empty place, after it was proved, and compares what is there then with the backup. A place
// that is not empty is [pierre.KindConflict]. If it is killed, giving it again goes on or begins anew; until it is done, no
// program uses a part of it.
func Restore(ctx context.Context, p Program, path string, key Key, to Target, opts Options) (_ *Restored, err error) {
	if err := to.checkEmpty(); err != nil {
		return nil, err
	}
	a, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	beside := to.DataDir
	if to.Path != "" {
		beside = filepath.Dir(to.Path)
	}
	if err := os.MkdirAll(beside, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	if err := tidyNow(beside); err != nil {
		return nil, fmt.Errorf("removing what a restoration before left: %w", err)
	}
	work, err := os.MkdirTemp(beside, restorePrefix)
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is unpacked: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	write, err := a.prepareSecrets(key, to)
	if err != nil {
		return nil, err
	}
	if err := a.prove(ctx, p, work, opts); err != nil {
		return nil, err
	}
	done := &Restored{Manifest: a.Manifest}
	if err := a.bringUpToDate(ctx, p, work, done); err != nil {
		return nil, err
	}
	if done.Files, err = write(); err != nil { // before the database: whoever finds that finds its secrets
		return nil, err
	}
	return done, a.place(ctx, p, work, to, opts)
}

// tidyNow removes what a restoration to the same place left: there is one at a time.
func tidyNow(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, restorePrefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range old {
		errs = append(errs, os.RemoveAll(name))
	}
	return errors.Join(errs...)
}

// checkEmpty refuses a file that is there, and files of its journal.
func (t Target) checkEmpty() error {
	if t.Path == "" {
		return nil // the copy finds rows
	}
	entries, err := os.ReadDir(filepath.Dir(t.Path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for a database: %w", err)
	}
	base := filepath.Base(t.Path)
	for _, e := range entries {
		if e.Name() == base || strings.HasPrefix(e.Name(), base+"-") {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: filepath.Join(filepath.Dir(t.Path), e.Name()) + " is there already, and a backup is restored into an empty place only. " +
				"Stop the server, move the file away, or give another --data-dir or --database-url."}
		}
	}
	return nil
}

// prepareSecrets decrypts the secrets and asks whether they can be put there.
func (a *archive) prepareSecrets(key Key, to Target) (func() ([]string, error), error) {
	nothing := func() ([]string, error) { return nil, nil }
	if a.Secrets == SecretsAbsent || to.Secrets == nil {
		return nothing, nil
	}
	text, err := a.secrets(key)
	if errors.Is(err, errNoKey) {
		what := "--passphrase-file with the passphrase"
		if a.Secrets == SecretsRecipients {
			what = "--identity with the file of the age identity"
		}
		return nil, &pierre.Error{Kind: pierre.KindDenied, Msg: "The backup holds the secrets, encrypted. Give " + what + ", or --without-secrets to restore the database alone."}
	}
	if err != nil {
		return nil, err
	}
	return to.Secrets(text)
}

// bringUpToDate migrates the unpacked database and gives it the calls of the journal.
func (a *archive) bringUpToDate(ctx context.Context, p Program, work string, done *Restored) (err error) {
	path := filepath.Join(work, databaseEntry)
	db, err := p.Open(path)
	if err != nil {
		return fmt.Errorf("opening the unpacked database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close(), settle(ctx, path)) }()
	if _, err := db.MigrateForCopy(ctx); err != nil {
		return fmt.Errorf("bringing the unpacked database up to date: %w", err)
	}
	if a.Calls == 0 || p.Replay == nil {
		return nil
	}
	f, err := os.Open(filepath.Join(work, callsEntry))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	done.Calls, done.Refused, err = p.Replay(ctx, f, db)
	if err == nil && done.Calls != a.Calls {
		err = damaged("it holds %d calls of the journal, not %d", done.Calls, a.Calls)
	}
	return err
}

// place puts the unpacked database where it belongs, and compares.
func (a *archive) place(ctx context.Context, p Program, work string, to Target, opts Options) error {
	path := filepath.Join(work, databaseEntry)
	if to.Path == "" {
		return a.toPostgres(ctx, p, path, to, opts)
	}
	want, err := sumFile(path)
	if err != nil {
		return fmt.Errorf("reading the unpacked database: %w", err)
	}
	if err := to.checkEmpty(); err != nil { // unpacking took a while
		return err
	}
	if err := os.Rename(path, to.Path); err != nil { // a link would leave a second name if the program was killed
		return fmt.Errorf("naming the restored database: %w", err)
	}
	if err := syncFolder(filepath.Dir(to.Path)); err != nil {
		return err
	}
	got, err := sumFile(to.Path)
	if err == nil && got != want {
		err = errors.New("the restored file is not the one that was unpacked: does the disk work")
	}
	return err
}

// toPostgres copies the unpacked database to an empty one, row by row, and compares each row.
func (a *archive) toPostgres(ctx context.Context, p Program, path string, to Target, opts Options) (err error) {
	from, err := p.Open(path)
	if err != nil {
		return fmt.Errorf("opening the unpacked database: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	into, err := p.Open(to.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	if _, err := into.MigrateForCopy(ctx); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	tables, err := seededTables(ctx, p, filepath.Dir(path))
	if err != nil {
		return err
	}
	name := "the backup " + a.Created.Format("2006-01-02 15:04:05") + " " + a.Entries[databaseEntry].SHA256[:12]
	_, err = dbcopy.Copy(ctx, dbcopy.Source{Reader: from.Base(), DB: from.Base(), Name: name}, into.Base(), tables, opts.copying)
	return err
}

// seededTables describes the tables by a database that has nothing but them.
func seededTables(ctx context.Context, p Program, work string) (tables []*dbcopy.Table, err error) {
	db, err := p.Open(filepath.Join(work, "empty"))
	if err != nil {
		return nil, fmt.Errorf("making an empty database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.MigrateForCopy(ctx); err != nil {
		return nil, fmt.Errorf("making an empty database: %w", err)
	}
	return dbcopy.Tables(ctx, db.Base(), p.Leave)
}
