package pierre

import "time"

// An ActivityQuery says which of a user's activities are wanted.
type ActivityQuery struct {
	Providers []Provider // with a source of one of these; empty: any
	Sports    []Sport    // of one of these; empty: any
	After     time.Time  // start at or after; zero: open
	Before    time.Time  // start before; zero: open
	Limit     int        // at most so many; 0: all
	Offset    int        // so many are skipped; not together with Cursor
	Cursor    string     // NextCursor of the page before, "" for the first page
	Ascending bool       // oldest first; else newest first
}

// An ActivityPage is a part of the answer to an [ActivityQuery].
type ActivityPage struct {
	Activities []Activity
	Total      int    // of all pages
	NextCursor string // "" on the last page
}

// A ProviderSummary says what a user has from one provider.
type ProviderSummary struct {
	Provider   Provider
	Activities int       // with at least one source of this provider
	First      time.Time // start of the first activity
	Last       time.Time // start of the last activity
	Imported   time.Time // last import
}
