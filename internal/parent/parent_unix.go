//go:build unix && !linux && !darwin

package parent

import (
	"context"
	"time"
)

// awaitExit waits until process pid, our parent, has ended or ctx has.
func awaitExit(ctx context.Context, pid int) { pollParent(ctx, pid, time.Second) }
