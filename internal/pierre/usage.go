package pierre

import "time"

// A UsageSplit is what usage can be told apart by.
type UsageSplit string

// What usage can be split by.
const (
	SplitTool    UsageSplit = "tool"
	SplitCountry UsageSplit = "country"
	SplitKey     UsageSplit = "key"
	SplitUser    UsageSplit = "user" // the customer, whose key it is
	SplitTier    UsageSplit = "tier" // of the key at the time of the call; "": not recorded
)

// UsageSplits lists them.
func UsageSplits() []UsageSplit {
	return []UsageSplit{SplitTool, SplitCountry, SplitKey, SplitUser, SplitTier}
}

// A UsageQuery says which calls are added up, those that started in [From, To), and in which groups. Empty fields
// restrict and divide nothing.
type UsageQuery struct {
	Key      KeyID
	Customer UserID
	Tier     Tier
	Tool     string
	Country  string
	From, To time.Time
	By       Period // UTC
	Split    UsageSplit
}

// A UsageGroup is what the calls of one period and one value of the split add up to.
type UsageGroup struct {
	Start time.Time // of the period; zero if the usage is not divided by periods
	Of    string    // the value; "" if the usage is not split
	UsageSums
}

// UsageSums are what calls add up to.
type UsageSums struct {
	Succeeded     int64
	Failed        int64
	Refused       int64 // by a limit
	RequestBytes  int64 // of succeeded and failed calls, as are the following
	ResponseBytes int64
	Durations     Durations
}

// Calls returns the number of calls, refused ones too.
func (s *UsageSums) Calls() int64 { return s.Succeeded + s.Failed + s.Refused }

// AddCall adds a call.
func (s *UsageSums) AddCall(c *Call) {
	switch c.Status {
	case CallSucceeded:
		s.Succeeded++
	case CallFailed:
		s.Failed++
	case CallRateLimited: // of a version that kept each refused call
		s.Refused++
		return
	}
	s.RequestBytes += c.RequestBytes
	s.ResponseBytes += c.ResponseBytes
	s.Durations.Add(c.Duration)
}

// Add adds all that other has.
func (s *UsageSums) Add(other *UsageSums) {
	s.AddCounts(other)
	s.Durations.Merge(&other.Durations)
}

// AddCounts adds all that other has but the durations.
func (s *UsageSums) AddCounts(other *UsageSums) {
	s.Succeeded += other.Succeeded
	s.Failed += other.Failed
	s.Refused += other.Refused
	s.RequestBytes += other.RequestBytes
	s.ResponseBytes += other.ResponseBytes
}

// A LimitUse says how much of a limit is used in the window that is open.
type LimitUse struct {
	Key      KeyID  // whose limit it is; "" if a customer's
	Customer UserID // "" if a key's
	Limit    Limit
	Used     int64
	ResetsAt time.Time // UTC
}

// Percent returns how much is used, rounded down.
func (u *LimitUse) Percent() int64 {
	return u.Used/u.Limit.Requests*100 + u.Used%u.Limit.Requests*100/u.Limit.Requests
}
