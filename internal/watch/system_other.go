//go:build !linux && !darwin && !windows

package watch

// noEvents says why a folder has no events for what other computers or drivers change in it; "" if it has.
func noEvents(string, string) string { return "" }

// eventRemedy says what to do about an error of the system's events; "" if that is not known.
func eventRemedy(error) string { return "" }
