package pgtest

import "os"

// folder makes the folder of a server. A database is hundreds of files: to make and remove them takes a quarter of the time in
// memory, where nothing survives the machine's crash.
func folder(fsync bool) (string, error) {
	in := ""
	if !fsync {
		in = memory()
	}
	return os.MkdirTemp(in, "pierre-pg-")
}
