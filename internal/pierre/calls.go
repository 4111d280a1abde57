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
	UserID        UserID
	Tool          string
	Status        CallStatus
	Started       time.Time
	Duration      time.Duration
	RequestBytes  int64
	ResponseBytes int64
	Country       string    // ISO 3166-1 alpha-2, "ZZ" if unknown
	ClientHash    string    // salted daily hash of the client's address: the address itself is never kept
	Period        Period    // of the limit that the call counts against, "" if unlimited
	WindowStart   time.Time // of the limit's window that the call counts against
}
