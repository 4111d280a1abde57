package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	nameTime = "20060102T150405.000Z" // in UTC, so that names sort as times do
	suffix   = ".zip"
)

// FileName returns the name of a backup in a folder of backups.
func FileName(program string, at time.Time) string {
	return program + "-" + at.UTC().Format(nameTime) + suffix
}

// List returns the backups of a program in a folder by their names, oldest first, and when each was made.
func List(dir, program string) (paths []string, made []time.Time, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("looking for backups: %w", err)
	}
	for _, e := range entries { // sorted by name
		text, ok := strings.CutPrefix(e.Name(), program+"-")
		if !ok || !e.Type().IsRegular() {
			continue
		}
		at, err := time.Parse(nameTime, strings.TrimSuffix(text, suffix))
		if err != nil || !strings.HasSuffix(text, suffix) {
			continue
		}
		paths, made = append(paths, filepath.Join(dir, e.Name())), append(made, at)
	}
	return paths, made, nil
}

// Prune removes the oldest backups of a program from a folder, all but keep, and returns them.
func Prune(dir, program string, keep int) (removed []string, err error) {
	paths, _, err := List(dir, program)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, path := range paths[:max(0, len(paths)-keep)] {
		if err := os.Remove(path); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, path)
	}
	slices.Sort(removed)
	return removed, errors.Join(errs...)
}
