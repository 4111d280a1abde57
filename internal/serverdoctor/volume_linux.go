package serverdoctor

import "golang.org/x/sys/unix"

// volumeOf asks the system about the disk of a folder.
func volumeOf(dir string) (volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return volume{}, err
	}
	block := uint64(s.Bsize)
	return volume{free: s.Bavail * block, size: s.Blocks * block, inodes: s.Ffree, total: s.Files, network: networkKind(s.Type)}, nil
}

// networkKind names file systems of other machines; see statfs(2).
func networkKind(magic int64) string {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, 0xff534d42, unix.SMB2_SUPER_MAGIC:
		return "SMB"
	case 0x00c36400:
		return "Ceph"
	case unix.FUSE_SUPER_MAGIC:
		return "FUSE"
	}
	return ""
}
