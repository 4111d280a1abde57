// Package filelock locks files between processes: a lock ends with the process that has it.
package filelock

import "errors"

// ErrLocked means that another process has the lock.
var ErrLocked = errors.New("locked by another process")
