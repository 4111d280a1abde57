package parent

import (
	"context"

	"golang.org/x/sys/windows"
)

// awaitExit waits until process pid, our parent, has ended; a handle to a process is signaled when it does.
func awaitExit(ctx context.Context, pid int) {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		<-ctx.Done() // not ours to watch: stdin must do
		return
	}
	defer windows.CloseHandle(h) //nolint:errcheck // nothing is lost with it
	if _, err := windows.WaitForSingleObject(h, windows.INFINITE); err != nil {
		<-ctx.Done()
	}
}
