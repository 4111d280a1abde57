package serverdoctor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
)

const (
	leastSpace  = 256 << 20 // below, the server is about to refuse
	littleSpace = 2 << 30
	littleShare = 20 // a disk with less than one in so many parts is nearly full
)

// A volume is what a file system has left.
type volume struct {
	free, size    uint64 // bytes
	inodes, total uint64 // 0 of 0 where there is no such limit
	network       string // the kind of a file system of another machine, "" otherwise
}

// folder checks the data folder, its disk, and who can read what is in it.
func (x *examination) folder() {
	info, err := os.Stat(x.DataDir)
	if err != nil || !info.IsDir() {
		x.skip("data folder", x.DataDir+" is not there yet; the server makes it when it starts")
		return
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		x.warn("data folder", finding{
			fmt.Sprintf("%s has the mode %04o: other users of this machine can look into it", x.DataDir, info.Mode().Perm()),
			"The secrets and everybody's training are in it.", "chmod 700 " + x.DataDir,
		})
	} else {
		x.ok("data folder", "%s", x.DataDir)
	}
	x.modes()
	v, err := volumeOf(x.DataDir)
	if err != nil {
		x.skip("disk", "this system does not say what is free")
		return
	}
	x.disk(v)
	if v.network != "" && x.file() != "" {
		x.fail("file system", finding{
			"The database is on a file system of another machine (" + v.network + ").",
			"SQLite's locks do not work there: two programs at once damage the database.", "move the data folder to a local disk, or use PostgreSQL with --database-url",
		})
	}
}

// modes checks who can read the files of the database and the secrets.
func (x *examination) modes() {
	var exposed []string
	for _, path := range append([]string{x.file(), filepath.Join(x.DataDir, "jwt.secret"), filepath.Join(x.DataDir, "encryption.key")}, x.SecretFiles...) {
		info, err := os.Stat(path)
		if path != "" && err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			exposed = append(exposed, path)
		}
	}
	if len(exposed) > 0 {
		x.fail("file modes", finding{
			"Other users of this machine can read " + strings.Join(exposed, ", ") + ".",
			"Whoever has them can make keys, or read everybody's training.", "chmod 600 " + strings.Join(exposed, " "),
		})
		return
	}
	x.ok("file modes", "only their owner can read the files")
}

// disk checks space and inodes.
func (x *examination) disk(v volume) {
	left := fmt.Sprintf("%s of %s are free", human.Bytes(int64(v.free)), human.Bytes(int64(v.size)))
	f := finding{left, "Without space, calls are refused and imports fail.", "remove what is not needed there, or move --data-dir to a larger disk"}
	switch {
	case v.free < leastSpace:
		x.fail("disk", f)
	case v.free < littleSpace || v.free < v.size/littleShare:
		x.warn("disk", f)
	default:
		x.ok("disk", "%s", left)
	}
	if v.total > 0 && v.inodes < v.total/littleShare {
		x.warn("inodes", finding{
			fmt.Sprintf("%d of %d files can still be made on the disk", v.inodes, v.total),
			"Without inodes no file can be made, whatever space there is.", "remove small files, or make the file system anew with more inodes",
		})
	}
}
