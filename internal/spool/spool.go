// Package spool keeps data in temporary files that leave nothing behind, not even
// if the program is killed: where the system allows it, they never have a name,
// or lose it at once. Tidy removes what other systems keep.
package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// A File is a temporary file. Closing it removes it.
type File struct {
	*os.File

	name string // to be removed when the file is closed; "" if it has none by now
}

const pattern = "pierre-spool-*"

// New returns an empty file in the folder dir, "" being the system's for temporary files.
func New(dir string) (*File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	if f, err := nameless(dir); err == nil {
		return &File{File: f}, nil
	}
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	if os.Remove(f.Name()) == nil {
		return &File{File: f}, nil
	}
	return &File{f, f.Name()}, nil // some systems let no open file go
}

// Close implements io.Closer.
func (f *File) Close() error {
	err := f.File.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}

// Tidy removes from dir the temporary files of programs that were killed. Those that are in use have no name, or cannot
// be removed.
func Tidy(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ours := regexp.MustCompile(`^(pierre-spool-\d+|upload-\d+|pierre-import-\d+\.zip)$`) // the last two by earlier versions
	for _, e := range entries {
		if e.Type().IsRegular() && ours.MatchString(e.Name()) {
			_ = os.Remove(filepath.Join(dir, e.Name())) // in use, or somebody was faster
		}
	}
	return nil
}
