package parent

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitExit waits until process pid, our parent, has ended or ctx has. It costs no
// wake-up: a pidfd becomes readable when its process ends.
func awaitExit(ctx context.Context, pid int) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil { // Linux before 5.10, or a sandbox
		pollParent(ctx, pid, time.Second)
		return
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	stop := context.AfterFunc(ctx, func() { f.Close() }) //nolint:errcheck // it only ends the wait
	defer stop()
	if os.Getppid() != pid { // it ended before we had a hold of it
		return
	}
	conn, err := f.SyscallConn()
	if err != nil {
		pollParent(ctx, pid, time.Second)
		return
	}
	woken := false
	err = conn.Read(func(uintptr) bool {
		defer func() { woken = true }()
		return woken // false at first: wait until the file is readable
	})
	if err != nil && ctx.Err() == nil { // this kernel's pidfd cannot be waited for
		pollParent(ctx, pid, time.Second)
	}
}
