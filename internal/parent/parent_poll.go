//go:build unix

package parent

import (
	"context"
	"os"
	"time"
)

// pollParent waits until our parent is no longer pid, or ctx ends: an orphan gets another parent.
func pollParent(ctx context.Context, pid int, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for os.Getppid() == pid {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
