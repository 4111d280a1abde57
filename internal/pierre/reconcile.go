package pierre

import "time"

// A Difference is a number that should be another. What is counted in several places is the same everywhere.
type Difference struct {
	Where   string    `json:"where"`           // minutes, hours, days, all keys' minutes …, or quota
	From    time.Time `json:"from"`            // the start of the UTC day, or of the quota's window
	Key     string    `json:"key"`             // "*" for all keys; of a quota the bucket
	Tool    string    `json:"tool"`            // "" of a quota
	Country string    `json:"country"`         // "" of a quota
	Field   string    `json:"field"`           // succeeded, failed, refused, request_bytes, response_bytes, durations or used
	Is      int64     `json:"is"`              // what is kept
	Should  int64     `json:"should_be"`       // by the calls, or by the longest roll-ups of late where calls are no longer kept
	Of      string    `json:"by"`              // calls, or hours
	Mended  bool      `json:"mended"`          // it is right now
	Period  Period    `json:"period,omitzero"` // of a quota
}

// A Reconciliation compares what calls add up to with what is kept of it.
type Reconciliation struct {
	From        time.Time    `json:"from"` // UTC days [From, To)
	To          time.Time    `json:"to"`
	Calls       int64        `json:"calls"`  // that were added up, refused ones too
	Later       int64        `json:"later"`  // calls of days after these, by a server's clock that was ahead, which were not added up
	Quotas      int64        `json:"quotas"` // counters that were looked at
	Differences []Difference `json:"differences"`

	Damaged []DamagedUsage `json:"damaged"` // that was found before or now
}

// DamagedUsage is a row of what calls add up to that is not what was written. It counts for nothing; its calls are kept, and missing in
// what they add up to until reconciliation mends that.
type DamagedUsage struct {
	Batch  int64     `json:"batch"` // its number
	Sums   int64     `json:"sums"`  // how many it had: at least as many calls
	Found  time.Time `json:"found"`
	Mended bool      `json:"mended"` // its calls are added up now
	Lost   bool      `json:"lost"`   // those that were still kept are; calls of its time were deleted for their age before
}
