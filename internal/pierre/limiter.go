package pierre

import "time"

// A LimiterMode says how the servers of one database count together.
type LimiterMode string

// The modes of limiters.
const (
	LimiterAlone LimiterMode = "alone" // one server counts in its memory
	LimiterRedis LimiterMode = "redis" // all count in Redis
	LimiterShare LimiterMode = "share" // Redis cannot be reached: each admits a share of what was left
)

// A LimiterView is what the database says about the servers that count together. An epoch is a time in which nothing was
// forgotten: whenever counts may have been lost, a new one begins, for which each server says what runs.
type LimiterView struct {
	Epoch    int64
	Mode     LimiterMode
	Leader   string // the replica that began the epoch
	Replicas []LimiterReplica
}

// A LimiterReplica is a server among those that count together.
type LimiterReplica struct {
	ID      string
	Beat    int64 // rises as long as it lives
	Epoch   int64 // the latest for which it said what runs
	Reaches bool  // it reaches Redis
}

// A ReportedCall is one that ran when an epoch began.
type ReportedCall struct {
	ID      CallID
	At      time.Time
	Buckets []string // ids of what it counts against
}
