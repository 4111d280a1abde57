package limit

import (
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The generic cell rate algorithm (ITU-T I.371, annex A) keeps a rate in one number: the theoretical arrival time, the
// moment at which everything that was taken has come back. All times are microseconds since 1970, as Redis has them.

// burstState is the state at now of a burst whose theoretical arrival time is tat.
func burstState(b pierre.Bucket, tat, now int64) State {
	interval, capacity := burstTimes(b.Burst)
	tat = burstTAT(b.Burst, tat, now)
	free := (capacity - (tat - now)) / interval
	s := State{Bucket: b, Used: b.Burst.Requests - free, Remaining: free, ResetsAt: time.UnixMicro(tat).UTC()}
	if free == 0 {
		s.FreesAt = time.UnixMicro(tat + interval - capacity).UTC()
	}
	return s
}

// burstTAT puts tat into its bounds: a burst is never more than free, nor more than used up, whatever it was before its
// rate was changed or the clock set back.
func burstTAT(b pierre.Burst, tat, now int64) int64 {
	_, capacity := burstTimes(b)
	return min(max(tat, now), now+capacity)
}

// burstTimes returns the time that one call takes away, and that of all.
func burstTimes(b pierre.Burst) (interval, capacity int64) {
	interval = b.Interval().Microseconds()
	return interval, interval * b.Requests
}
