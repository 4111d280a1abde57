package watch_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// plugIn makes a folder appear as a device does: mounted if this user may, else created.
func plugIn(t *testing.T, dir string) error {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m") == nil {
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
	return os.MkdirAll(filepath.Join(dir, "Activity"), 0o750)
}

// unplug makes it disappear, also while its files are read, as they are when a cable is pulled.
func unplug(dir string) error {
	if syscall.Unmount(dir, syscall.MNT_DETACH) == nil {
		return nil
	}
	return os.RemoveAll(dir)
}
