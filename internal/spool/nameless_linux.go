package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// nameless opens a file without a name (O_TMPFILE, see open(2)). Not every file system has them.
func nameless(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
}
