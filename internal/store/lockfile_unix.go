//go:build !windows

package store

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks f for this process, and fails at once if another one has it.
func lockFile(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLocked
		default:
			return err
		}
	}
}

// linksOf returns how many names the file has.
func linksOf(path string) (uint64, error) {
	var info syscall.Stat_t
	err := syscall.Stat(path, &info)
	return uint64(info.Nlink), err //nolint:unconvert // some systems have it as a smaller number
}
