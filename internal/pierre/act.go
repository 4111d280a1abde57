package pierre

import "time"

// An Act is who changes something, and when: what the audit log needs to know of every change.
type Act struct {
	Actor string // as in [AuditEntry]
	At    time.Time
	Once  *Once // nil: the request, repeated, makes the change again
}

// Once names a request that makes its change a single time, however often it is repeated.
type Once struct {
	Token   AdminTokenID
	Route   string   // method and path
	Key     string   // the client's Idempotency-Key
	Request [32]byte // SHA-256 of the body, which a repetition must share
}

// An AuditPage is a page of the audit log, newest first.
type AuditPage struct {
	Entries    []AuditEntry
	NextCursor string // "" on the last page
}
