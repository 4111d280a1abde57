package install

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// maxConfig bounds a configuration file; Claude Code's holds its history, and may have megabytes.
	maxConfig = 32 << 20
	// maxBackups is how many backups of one file are kept.
	maxBackups = 5
	// backupTime makes names that sort by age.
	backupTime = "20060102-150405.000"
)

// ErrChanged means that somebody else wrote the file since the change was computed.
var ErrChanged = errors.New("the file was changed meanwhile")

func readConfig(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, fmt.Errorf("reading a configuration: %s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a configuration: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("reading a configuration: %w", err)
	}
	if len(data) > maxConfig {
		return nil, fmt.Errorf("reading a configuration: %s is larger than %d MiB", path, maxConfig>>20)
	}
	return data, nil
}

// Apply carries c out and returns the path of the backup, "" if there was nothing
// to back up. The file is replaced by a rename, so that its host sees the old bytes
// or the new ones; a link stays a link, and the file behind it is replaced. If the
// file is not what it was when c was computed, the error is [ErrChanged].
func (c Change) Apply(now time.Time) (backup string, err error) {
	if c.None() {
		return "", nil
	}
	path := c.Target.File
	mode := fs.FileMode(0o600) // other entries of a new file may hold secrets, too
	if c.Exists {
		path, err = filepath.EvalSymlinks(path)
		if errors.Is(err, fs.ErrNotExist) {
			return "", changed(c.Target.File)
		}
		if err != nil {
			return "", fmt.Errorf("following the link: %w", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("looking at the old file: %w", err)
		}
		mode = info.Mode().Perm()
	} else if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("making the folder of a configuration: %w", err)
	}
	if err := c.unchanged(path); err != nil {
		return "", err
	}
	if c.Exists && !c.Delete {
		// Beside the name that the host knows: that is where people look.
		backup = c.Target.File + "." + now.UTC().Format(backupTime) + backupSuffix
		if err := Replace(backup, c.Before, mode); err != nil {
			return "", fmt.Errorf("backing up: %w", err)
		}
		prune(c.Target.File)
	}
	if c.Delete {
		if err := os.Remove(path); err != nil {
			return backup, fmt.Errorf("deleting a configuration: %w", err)
		}
		return backup, nil
	}
	return backup, Replace(path, c.After, mode)
}

func (c Change) unchanged(path string) error {
	data, err := readConfig(path)
	if errors.Is(err, fs.ErrNotExist) && !c.Exists {
		return nil
	}
	if err != nil {
		return err
	}
	if !c.Exists || !bytes.Equal(data, c.Before) {
		return changed(path)
	}
	return nil
}

func changed(path string) error { return fmt.Errorf("writing %s: %w: try again", path, ErrChanged) }

const backupSuffix = ".bak"

// backups lists the backups of a configuration, oldest first.
func backups(path string) []string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	var found []string
	prefix := filepath.Base(path) + "."
	for _, e := range entries {
		stamp, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), backupSuffix), prefix)
		if _, err := time.Parse(backupTime, stamp); ok && err == nil && strings.HasSuffix(e.Name(), backupSuffix) {
			found = append(found, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	slices.Sort(found)
	return found
}

// prune deletes all but the newest backups.
func prune(path string) {
	all := backups(path)
	for _, old := range all[:max(0, len(all)-maxBackups)] {
		_ = os.Remove(old) // one too many harms nobody
	}
}

// Replace writes data to path by way of a temporary file beside it, so that a
// crash leaves the old bytes or the new ones.
func Replace(path string, data []byte, mode fs.FileMode) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			tmp.Close()           //nolint:errcheck // the first error is the one to report
			os.Remove(tmp.Name()) //nolint:errcheck // likewise
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return err
	}
	if err = tmp.Chmod(mode); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
