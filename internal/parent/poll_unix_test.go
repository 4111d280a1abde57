//go:build unix

package parent

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Where the kernel reports no exits, the parent is looked for again and again, until the context ends.
func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			pollParent(ctx, os.Getppid(), time.Second)
		}()
		<-time.After(time.Hour) // of the bubble's time
		synctest.Wait()
		select {
		case <-ended:
			t.Error("it ended with the parent alive")
		default:
		}
		stop()
		<-ended
	})
}

// A process that is not our parent any more, or never was, is not waited for.
func TestPollingAnotherParent(t *testing.T) {
	pollParent(t.Context(), -1, time.Hour)
	awaitExit(t.Context(), os.Getpid()) // it lives, but it is not our parent
}
