// Package sqlitetest gives tests SQLite databases that are copied from one that was filled once.
package sqlitetest

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A Template is a database that others are copied from, which takes far less time than to migrate each of them. Its zero
// value is ready.
type Template struct {
	once sync.Once
	data []byte
	err  error
}

// Copy makes a database at path that has what fill put into the template, which is done once. fill must leave no
// connection open.
func (tp *Template) Copy(t testing.TB, path string, fill func(path string) error) {
	t.Helper()
	tp.once.Do(func() {
		tp.err = errors.New("the test that filled it ended") // which fill may do to it
		tp.data, tp.err = filled(fill)
	})
	if tp.err != nil {
		t.Fatal("filling the template database:", tp.err)
	}
	if err := os.WriteFile(path, tp.data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func filled(fill func(path string) error) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "pierre-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.db")
	if err := fill(path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return nil, errors.New("a connection to it is open")
	}
	return os.ReadFile(path)
}
