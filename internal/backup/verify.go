package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
)

// Verify proves a backup without restoring it: the archive is whole, every entry is what the manifest says, the database opens
// and is undamaged, each table has the rows it should, and the secrets can be decrypted, if there is a key. It reports
// whether they were.
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
	_, err = a.secrets(key)
	if errors.Is(err, errNoKey) {
		return a.Manifest, false, nil
	}
	return a.Manifest, err == nil && a.Secrets != SecretsAbsent, err
}

// prove unpacks the backup into the folder work and checks what is in it.
func (a *archive) prove(ctx context.Context, p Program, work string, opts Options) error {
	newest, err := newestSchema(ctx, p, work)
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

// newestSchema asks the program which tables it knows, by a database that is thrown away.
func newestSchema(ctx context.Context, p Program, work string) (newest int64, err error) {
	db, err := p.Open(filepath.Join(work, "empty"))
	if err != nil {
		return 0, fmt.Errorf("making an empty database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.MigrateForCopy(ctx); err != nil {
		return 0, fmt.Errorf("making an empty database: %w", err)
	}
	_, newest, err = db.SchemaVersion(ctx)
	return newest, err
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
