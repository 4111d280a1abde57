// Package gc sets how often the garbage collector runs in a program that serves requests.
package gc

import "runtime/debug"

// Tune lets garbage grow to four times the live heap before it is collected.
// A server's live heap is small and every request leaves tens of kilobytes
// behind: with Go's default the collector would run dozens of times a second.
// The value of the environment's GOGC is given; if it is not empty, it stays in force.
func Tune(gogc string) {
	if gogc == "" {
		debug.SetGCPercent(400)
	}
}
