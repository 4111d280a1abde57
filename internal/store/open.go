package store

import (
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// fileName is the database's name in the data folder.
const fileName = "pierre.db"

// DefaultConnections is how many connections to PostgreSQL a [Store] opens at most, unless [Store.SetMaxConnections] says
// otherwise.
const DefaultConnections = sqldb.DefaultConnections

// Open opens the database that databaseURL names, or pierre.db in the data folder if it names none; see [sqldb.Open].
func Open(databaseURL, dataDir string) (*Store, error) {
	return opened(sqldb.Open(databaseURL, filepath.Join(dataDir, fileName)))
}

// Path returns the path of the file that [Open] opens, or "" if that is no file but a PostgreSQL database. It makes nothing.
func Path(databaseURL, dataDir string) (string, error) {
	return sqldb.Path(databaseURL, filepath.Join(dataDir, fileName))
}

// OpenExisting is [Open] for a program that makes no database: a file that is not there is [pierre.KindInvalid].
func OpenExisting(databaseURL, dataDir string) (*Store, error) {
	if err := Exists(databaseURL, dataDir); err != nil {
		return nil, err
	}
	return Open(databaseURL, dataDir)
}

// Exists reports that the file which [Open] opens is not there, as [pierre.KindInvalid]. A PostgreSQL database is not asked.
func Exists(databaseURL, dataDir string) error {
	path, err := Path(databaseURL, dataDir)
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return pierre.Invalid("database-url", "there is no database %s: name the one that the server made", path)
	}
	return nil
}

// OpenSQLite opens the database file at path, which is created if missing.
func OpenSQLite(path string) (*Store, error) { return opened(sqldb.OpenSQLite(path)) }

// OpenPostgres opens the PostgreSQL database that databaseURL names; see [sqldb.OpenPostgres].
func OpenPostgres(databaseURL string) (*Store, error) { return opened(sqldb.OpenPostgres(databaseURL)) }

func opened(db *sqldb.DB, err error) (*Store, error) {
	if err != nil {
		return nil, err
	}
	return of(db)
}
