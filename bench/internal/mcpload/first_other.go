//go:build unix && !linux

package mcpload

import (
	"time"

	"golang.org/x/sys/unix"
)

// runFirst would let the system run this thread whenever it can run.
func runFirst() bool { return false }

func poll(sockets []unix.PollFd, longest time.Duration) (int, error) {
	return unix.Poll(sockets, int((longest + time.Millisecond - 1).Milliseconds()))
}
