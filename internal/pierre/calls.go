package pierre

import "time"

// A CallStatus is how a tool call ended.
type CallStatus string

// The statuses of a call. A rate-limited call was refused and does not count against the limit.
const (
	CallSucceeded   CallStatus = "succeeded"
	CallFailed      CallStatus = "failed"
	CallRateLimited CallStatus = "rate_limited"
)

// A Call is one tools/call, as it is recorded.
type Call struct {
	ID            CallID
	KeyID         KeyID
	UserID        UserID // whose data it was about
	Customer      UserID // whose key it was, "" if UserID's
	Tier          Tier   // of the key, "" for the single tenant
	Tool          string
	Status        CallStatus
	Started       time.Time
	Duration      time.Duration
	RequestBytes  int64
	ResponseBytes int64
	Country       string   // ISO 3166-1 alpha-2, "ZZ" if unknown
	ClientHash    string   // salted daily hash of the client's address: the address itself is never kept
	Buckets       []Bucket // what the call counts against
}

// A RunningCall is a call that was admitted and may not be recorded yet.
type RunningCall struct {
	ID CallID
	At time.Time // as Started of the call will be
}

// RefusedCalls counts the calls of a key that its limit refused within one minute.
type RefusedCalls struct {
	KeyID    KeyID
	Customer UserID // whose key it is
	Tier     Tier
	Minute   time.Time // its start, UTC
	Tool     string
	Country  string // as in Call
	Calls    int64
}

// A CallGroup counts the calls of one UTC day that have a tool, a country and a status in common.
type CallGroup struct {
	Day     time.Time // its start
	Tool    string
	Country string
	Status  CallStatus
	Calls   int64
}

// A CallSummary adds up the calls of a key.
type CallSummary struct {
	Groups []CallGroup
	Tools  map[string]*Durations // of the calls of each tool that were not refused
}
