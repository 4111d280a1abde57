package watch

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// noEvents says why a folder has no events for what other computers or drivers change in it; "" if it has.
func noEvents(root, _ string) string {
	var info unix.Statfs_t
	if unix.Statfs(root, &info) == nil && info.Flags&unix.MNT_LOCAL == 0 {
		return "it is a network folder"
	}
	if strings.HasPrefix(root, "/Volumes/") {
		return "it is on a volume that may be ejected"
	}
	return ""
}

// eventRemedy says what to do about an error of kqueue; "" if that is not known.
func eventRemedy(err error) string {
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		return "there are too many files to watch each: raise the limit with “launchctl limit maxfiles”, or name fewer folders"
	}
	return ""
}
