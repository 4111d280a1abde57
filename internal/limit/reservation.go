package limit

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Reservation is a decision and, if the call was admitted, what is set aside for it of each limit. It ends
// when the call is recorded under CallID and At ([Reservation.Keep]), or when it is given back ([Reservation.Release]).
// Until then the call counts in every window that contains At, also in one that opens meanwhile because the limit
// was changed.
type Reservation struct {
	Decision
	Buckets []pierre.Bucket // what the call counts against
	CallID  pierre.CallID   // under which the call is to be recorded, "" if it was refused
	At      time.Time       // when the call counts: a moment in the windows that admitted it

	account string
	within  *account // of a [Limiter]
	counts  ledger   // nil if there is nothing to end
	local   *Limiter // of a [Shared], where it counts in this process
	epoch   int64    // of a [Shared]
	block   string   // of a [Shared]: that the call is of; "": none
}

// A ledger is the limiter that made a reservation. Whatever it does, ending a reservation twice is the same as once.
type ledger interface {
	end(ctx context.Context, r Reservation, stored bool) error
}

// Keep says that the call is in the database, and so counted there.
func (r Reservation) Keep(ctx context.Context) error {
	if r.counts == nil {
		return nil
	}
	return r.counts.end(ctx, r, true)
}

// Release gives the call back in all bursts and windows that count it: it could not be recorded, and so is not answered. Nothing
// happens if it was refused, was kept or has been given back.
func (r Reservation) Release(ctx context.Context) error {
	if r.counts == nil {
		return nil
	}
	return r.counts.end(ctx, r, false)
}
