package mcpload

import (
	"time"

	"golang.org/x/sys/unix"
)

// runFirst lets the system run this thread whenever it can run, if the program may ask for that, as root may. Threads and programs
// that it starts are as others.
func runFirst() bool {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	return unix.SchedSetAttr(0, &attr, 0) == nil
}

func poll(sockets []unix.PollFd, longest time.Duration) (int, error) {
	wait := unix.NsecToTimespec(longest.Nanoseconds())
	return unix.Ppoll(sockets, &wait, nil)
}
