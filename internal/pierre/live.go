package pierre

import "time"

// A LiveUsage is how the usage of all keys stands at a moment.
type LiveUsage struct {
	At         time.Time
	Since      time.Time      // the start of the UTC day before
	Totals     UsageSums      // since then, without durations
	ActiveKeys int64          // keys with calls, refused ones too, in the last five minutes
	Refused    []RefusedCalls // of the last five minutes, the latest first, at most 20
}
