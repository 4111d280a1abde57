package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A database is one that is measured, and what has to be closed with it.
type database struct {
	*store.Store

	server *pgtest.Server // nil: SQLite
	dir    string
}

// open makes an empty database of that name, sqlite or postgres.
func open(ctx context.Context, name string) (*database, error) {
	d := &database{}
	err := d.make(name)
	if err == nil {
		_, err = d.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *database) make(name string) (err error) {
	switch name {
	case "sqlite":
		if d.dir, err = os.MkdirTemp("", "pierre-bench-"); err == nil {
			d.Store, err = store.OpenSQLite(filepath.Join(d.dir, "pierre.db"))
		}
		return err
	case "postgres":
		if d.server, err = pgtest.Open(false); err != nil {
			return fmt.Errorf("starting PostgreSQL: %w", err)
		}
		url, err := d.server.Database()
		if err == nil {
			d.Store, err = store.OpenPostgres(url)
		}
		return err
	}
	return fmt.Errorf("there is no database %q, only sqlite and postgres", name)
}

func (d *database) close() (err error) {
	if d.Store != nil {
		err = d.Close()
	}
	if d.server != nil {
		d.server.Close()
	}
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}
