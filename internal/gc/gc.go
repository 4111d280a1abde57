// Package gc sets how often the garbage collector runs in a program that serves requests.
package gc

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Garbage may grow to so many percent of the live heap before it is collected, or to about garbageBytes, whichever is less.
const (
	mostPercent  = 400
	leastPercent = 50
	garbageBytes = 256 << 20
)

// Tune lets garbage grow to four times the live heap before it is collected, but not beyond 256 MB or half the live
// heap. A server's live heap is small and every request leaves tens of kilobytes behind: with Go's default the
// collector would run dozens of times a second. Four times a large heap would be too much memory.
// The value of the environment's GOGC is given; if it is not empty, it stays in force.
func Tune(gogc string) {
	if gogc == "" {
		debug.SetGCPercent(mostPercent)
		afterNext(mostPercent)
	}
}

// A cycle is garbage as soon as it is made: its cleanup runs after the next collection.
type cycle struct{ _ *cycle }

// afterNext adapts the percentage after every collection, beginning with the next one.
func afterNext(now int) {
	runtime.AddCleanup(&cycle{}, func(now int) {
		next := percent(read("/gc/heap/live:bytes"))
		if next != now {
			debug.SetGCPercent(next)
		}
		afterNext(next)
	}, now)
}

// percent returns what garbage may be of a live heap of so many bytes.
func percent(live uint64) int {
	if live == 0 {
		return mostPercent
	}
	return int(min(mostPercent, max(leastPercent, 100*garbageBytes/live)))
}

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
