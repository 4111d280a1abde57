// Package parent ends a context when the process that started this one ends.
package parent

import (
	"context"
	"os"
)

// Context returns a context that ends when the parent process does: a host that
// was killed cannot close our stdin if another process holds it open too.
func Context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	go func() { // ends with ctx, or with the program
		awaitExit(ctx, parent)
		cancel()
	}()
	return ctx, cancel
}
