package exportfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// DefaultName is how an archive is called that is made at now.
func DefaultName(now time.Time) string { return "pierre-export-" + now.Format("2006-01-02") + ".zip" }

// Save makes the archive of that name out of what write writes, and returns its manifest and size. Until it is complete the
// archive has another name, and whatever goes wrong nothing is left of it. It takes no other file's place.
func Save(name string, write func(io.Writer) error) (m Manifest, size int64, err error) {
	if err := Free(name); err != nil {
		return m, 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".pierre-export-*.part") // only its owner can read it
	if err != nil {
		return m, 0, fmt.Errorf("making %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if err = write(f); err != nil {
		return m, 0, err
	}
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return m, 0, err
	}
	if m, err = Check(f, size); err != nil {
		return m, 0, err
	}
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return m, 0, fmt.Errorf("writing %s: %w", name, err)
	}
	if err = Free(name); err != nil {
		return m, 0, err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return m, 0, fmt.Errorf("naming %s: %w", name, err)
	}
	return m, size, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Free reports what is wrong with a name for a new archive.
func Free(name string) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("there is a file %s already: name another one with --output", name)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s", filepath.Dir(name))
	}
	return nil
}
