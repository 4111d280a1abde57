package parent

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitExit waits until process pid, our parent, has ended. It costs no wake-up:
// the kernel's event queue reports the exit.
func awaitExit(ctx context.Context, pid int) {
	queue, err := unix.Kqueue()
	if err != nil {
		pollParent(ctx, pid, time.Second)
		return
	}
	defer unix.Close(queue) //nolint:errcheck // nothing is lost with it
	exit := unix.Kevent_t{Filter: unix.EVFILT_PROC, Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT}
	exit.Ident = uint64(pid)
	if _, err := unix.Kevent(queue, []unix.Kevent_t{exit}, nil, nil); err != nil {
		pollParent(ctx, pid, time.Second)
		return
	}
	for os.Getppid() == pid {
		events := make([]unix.Kevent_t, 1)
		if n, err := unix.Kevent(queue, nil, events, nil); n == 1 || err != nil && err != unix.EINTR { //nolint:errorlint // a bare errno
			return
		}
	}
}
