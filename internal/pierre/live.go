package pierre

import "time"

// A LiveUsage is how the usage of all keys stands at a moment.
type LiveUsage struct {
	At         time.Time
	Since      time.Time      // the start of the UTC day before
	Totals     UsageSums      // since then, without durations
	ActiveKeys int64          // keys with calls, refused ones too, in the last five minutes
	Refused    []RefusedCalls // of the last five minutes, the latest first, at most 20
	Calls      []LiveCall     // those that ran and began in the last five minutes, the latest first, at most 50
}

// A LiveCall is a call that has just ended, without its arguments and without where it came from.
type LiveCall struct {
	ID       CallID
	KeyID    KeyID // "" for the single tenant
	KeyName  string
	Customer UserID // whose key it was
	Email    string // the customer's; "" if they were deleted meanwhile
	Tool     string
	Status   CallStatus
	Started  time.Time
	Duration time.Duration
}
