package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Lock locks f for this process until f is closed, however that happens. If another process has it, the error is [ErrLocked], at once.
func Lock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}
