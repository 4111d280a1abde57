package watch

import (
	"errors"

	"golang.org/x/sys/unix"
)

// noEvents says why a folder has no events for what other computers or drivers change in it; "" if it has.
func noEvents(root, _ string) string {
	var info unix.Statfs_t
	if unix.Statfs(root, &info) != nil {
		return ""
	}
	switch int64(info.Type) { //nolint:unconvert // some systems have it as a smaller number
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC:
		return "it is a network folder"
	case unix.FUSE_SUPER_MAGIC:
		return "its driver (FUSE) tells of some changes only"
	}
	return ""
}

// eventRemedy says what to do about an error of inotify; "" if that is not known.
func eventRemedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return "this user may not watch more folders: raise the limit with “sudo sysctl fs.inotify.max_user_watches=524288”"
	case errors.Is(err, unix.EMFILE):
		return "this user may not begin to watch: raise the limit with “sudo sysctl fs.inotify.max_user_instances=512”, or the number of open files"
	}
	return ""
}
