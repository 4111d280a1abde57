// Package cpuprofile writes a profile of what a benchmark measures to a file.
package cpuprofile

import (
	"errors"
	"os"
	"runtime/pprof"
)

// Start writes a profile to the file until stop is called. "": there is none.
func Start(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}
