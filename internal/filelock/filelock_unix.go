//go:build !windows

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// Lock locks f for this process until f is closed, however that happens. If another process has it, the error is [ErrLocked], at once.
func Lock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		default:
			return err
		}
	}
}
