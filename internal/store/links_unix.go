//go:build !windows

package store

import "syscall"

// linksOf returns how many names the file has.
func linksOf(path string) (uint64, error) {
	var info syscall.Stat_t
	err := syscall.Stat(path, &info)
	return uint64(info.Nlink), err //nolint:unconvert // some systems have it as a smaller number
}
