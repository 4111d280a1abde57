package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// nextFile is added to the name of the file of a secret that is about to be used.
const nextFile = ".next"

// Outside names the secrets that are not in the data folder: whoever gives them has to change them.
func (r *Ring) Outside() []string {
	var names []string
	for _, f := range r.files() {
		if f.src.outside() {
			names = append(names, f.name)
		}
	}
	return names
}

type file struct {
	name string
	src  Source
	path string
}

func (r *Ring) files() []file {
	return []file{
		{jwtName, r.jwt, filepath.Join(r.dir, jwtFile)},
		{encryptionName, r.encryption, filepath.Join(r.dir, encryptionFile)},
	}
}

// Rotate makes new secrets in the data folder. Those before are accepted until [Ring.ForgetPrevious]. Servers that run notice
// it within seconds. It returns the files that it changed. If it was interrupted, running it again completes it.
func (r *Ring) Rotate() (changed []string, err error) {
	for _, f := range r.files() {
		if f.src.outside() {
			continue
		}
		if err := rotateFile(f.path); err != nil {
			return changed, fmt.Errorf("rotating %s: %w", f.path, err)
		}
		changed = append(changed, f.path)
	}
	_, err = r.Reload()
	return changed, err
}

// rotateFile puts a new secret into the file, and the old one into the one for previous secrets before. At no moment a
// secret is missing.
func rotateFile(path string) error {
	if err := makeSecret(path + nextFile); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	old, err := readSecret(path)
	if err != nil {
		return err
	}
	before, err := readSecret(path + previousFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines := []string{strings.TrimSpace(old)}
	for line := range strings.FieldsSeq(before) { // the files hold what makeSecret makes
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	lines = lines[:min(len(lines), maxPrevious)]
	if err := replaceFile(path+previousFile, strings.Join(lines, "\n")+"\n"); err != nil {
		return err
	}
	if err := os.Rename(path+nextFile, path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // another program has completed the same rotation
}

// replaceFile writes a file whole under another name, mode 0600, and gives it its own.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// ForgetPrevious ends the acceptance of the secrets in the data folder that were rotated. It returns the files that it
// removed.
func (r *Ring) ForgetPrevious() (removed []string, err error) {
	for _, f := range r.files() {
		if f.src.outside() {
			continue
		}
		switch err := os.Remove(f.path + previousFile); {
		case err == nil:
			removed = append(removed, f.path+previousFile)
		case !errors.Is(err, fs.ErrNotExist):
			return removed, err
		}
	}
	_, err = r.Reload()
	return removed, err
}
