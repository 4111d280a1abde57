package draft

// A Status says what became of one file.
type Status string

// The statuses.
const (
	StatusOK      Status = "ok"      // Recordings holds at least one
	StatusSkipped Status = "skipped" // not an activity; Reason says what it is
	StatusFailed  Status = "failed"  // meant to be one, but not readable; Reason says why
)
