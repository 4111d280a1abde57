//go:build unix

package web

import "syscall"

// descriptors returns how many descriptors this process may have open.
func descriptors() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return minConns
	}
	return int(min(lim.Cur, 1<<20))
}
