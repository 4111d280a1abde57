// Package datadir finds the folder where the programs keep their data by default: the database,
// the secrets, uploads. It is the same folder for all programs, so that admin-setup finds what the
// server made. It follows each system's convention for a user's own data (on Linux the XDG Base Directory Specification).
package datadir

import (
	"errors"
	"path/filepath"
	"runtime"
)

const name = "pierre"

// Default returns the user's data folder, which need not exist yet:
//
//	Linux and others  $XDG_DATA_HOME/pierre, or ~/.local/share/pierre
//	macOS             ~/Library/Application Support/pierre
//	Windows           %LOCALAPPDATA%\pierre
//
// It fails if the environment names no home, as in some containers.
func Default(getenv func(string) string) (string, error) { return locate(runtime.GOOS, getenv) }

func locate(goos string, getenv func(string) string) (string, error) {
	switch goos {
	case "windows":
		if dir := getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, name), nil
		}
	case "darwin", "ios":
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, "Library", "Application Support", name), nil
		}
	default:
		// The specification says to ignore a relative path.
		if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, name), nil
		}
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, ".local", "share", name), nil
		}
	}
	return "", errors.New("finding the data folder: the environment names no home folder; set PIERRE_DATA_DIR")
}
