package pierre

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
