package watch

import (
	"path/filepath"
	"strings"
)

// noEvents says why a folder has no events for what other computers or drivers change in it; "" if it has.
func noEvents(root, home string) string {
	volume := filepath.VolumeName(root)
	switch {
	case strings.HasPrefix(volume, `\\`):
		return "it is a network folder"
	case !strings.EqualFold(volume, filepath.VolumeName(home)):
		return "it is on another drive, which may be ejected" // not while one of its folders is open
	}
	return ""
}

// eventRemedy says what to do about an error of the system's events; "" if that is not known.
func eventRemedy(error) string { return "" }
