package web

import "runtime/debug"

// TuneGC lets garbage grow to four times the live heap before it is collected.
// A server's live heap is small and every request leaves tens of kilobytes
// behind: with Go's default the collector would run dozens of times a second.
// The environment's GOGC, if there is one, is the operator's word and stays.
func TuneGC(gogc string) {
	if gogc == "" {
		debug.SetGCPercent(400)
	}
}
