package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Verify proves a backup without restoring it: the archive is whole, every entry is what the manifest says, the database opens
// and is undamaged, each table has the rows it should, and, if there is a key, the secrets can be decrypted and open what the
// database keeps sealed. It reports whether they were.
func Verify(ctx context.Context, p Program, path string, key Key, opts Options) (m *Manifest, secretsOpened bool, err error) {
	a, err := openArchive(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	work, err := os.MkdirTemp(opts.TempDir, "pierre-verify-")
	if err != nil {
		return nil, false, fmt.Errorf("making a folder to unpack the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := a.prove(ctx, p, work, opts); err != nil {
		return nil, false, err
	}
	text, err := a.secrets(key)
	if errors.Is(err, errNoKey) || err == nil && a.Secrets == SecretsAbsent {
		return a.Manifest, false, nil
	}
	if err == nil && p.Sealed != nil {
		err = trySecrets(ctx, p, filepath.Join(work, databaseEntry), text)
	}
	return a.Manifest, err == nil, err
}

// trySecrets opens what the unpacked database at path keeps sealed.
func trySecrets(ctx context.Context, p Program, path string, text []byte) (err error) {
	db, err := p.Open(path)
	if err != nil {
		return fmt.Errorf("opening the database of the backup: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.MigrateForCopy(ctx); err != nil {
		return fmt.Errorf("bringing the database of the backup up to date: %w", err)
	}
	opened, unreadable, err := p.Sealed(ctx, db, text)
	if err != nil {
		return fmt.Errorf("opening what is sealed in the backup: %w", err)
	}
	if unreadable > 0 {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The secrets of the backup do not open %d of the %d rows that are encrypted in it: they are without the key that these were encrypted with. "+
			"Make another backup. If it lacks the key, too, the program has lost it; what it encrypted has to be made anew.", unreadable, opened+unreadable)}
	}
	return nil
}

// prove unpacks the backup into the folder work and checks what is in it.
func (a *archive) prove(ctx context.Context, p Program, work string, opts Options) error {
	newest, err := newestSchema(p, work)
	if err != nil {
		return err
	}
	if err := a.usableBy(p.Name, newest); err != nil {
		return err
	}
	if a.Calls > 0 {
		if err := a.unpack(ctx, callsEntry, filepath.Join(work, callsEntry), opts); err != nil {
			return err
		}
	}
	path := filepath.Join(work, databaseEntry)
	if err := a.unpack(ctx, databaseEntry, path, opts); err != nil {
		return err
	}
	sums, err := examine(ctx, p, path, opts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return errors.Join(damaged("its database cannot be used"), err)
	}
	return a.compare(sums)
}

// compare reports a table that has other rows than the manifest says.
func (m *Manifest) compare(sums []dbcopy.TableSum) error {
	want := map[string]dbcopy.TableSum{}
	for _, t := range m.Tables {
		want[t.Table] = t
	}
	for _, t := range sums {
		if want[t.Table] != t {
			return damaged("the table %s has %d rows that are not the %d of the manifest", t.Table, t.Rows, want[t.Table].Rows)
		}
		delete(want, t.Table)
	}
	for name := range want {
		return damaged("the table %s is missing", name)
	}
	return nil
}

// newestSchema asks the program which tables it knows. It tells that of a database, of which an empty one is made and thrown away.
func newestSchema(p Program, work string) (newest int64, err error) {
	db, err := p.Open(filepath.Join(work, "none"))
	if err != nil {
		return 0, fmt.Errorf("making an empty database: %w", err)
	}
	return db.NewestSchema(), db.Close()
}

// secrets returns the decrypted secrets, nil if the backup has none.
func (a *archive) secrets(key Key) ([]byte, error) {
	if a.Secrets == SecretsAbsent {
		return nil, nil
	}
	sealed, err := a.read(secretsEntry)
	if err != nil {
		return nil, err
	}
	return key.open(a.Secrets, sealed)
}
