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
	Uncounted bool       // the page's Total is not wanted
	Hidden    bool       // those that the athlete hid, in place of the others
	Twins     bool       // only those in whose place another one counts
	Twin      ActivityID // only those in whose place this one counts; "": any
	Days      LocalDays  // on these days of the athlete
	Name      string     // with this in their name, whatever the case; "": any
	Indoor    *bool      // known to have been indoors, or not known to; nil: both
	Race      *bool      // called a race by the athlete, or not; nil: both
	Ranges    []Range    // with these totals
	SortBy    string     // the name of one of [Totals.Fields], by which to sort in place of the start; those without it are left out
}

// A Split is what became of an activity that was split.
type Split struct {
	Activities []ActivityID // that of the sources that stayed in front
	Lost       []string     // the files whose samples were given up when they were merged; importing them again brings these back
}

// A Range is what a total may be.
type Range struct {
	Total    string   // one of [Totals.Fields]
	Min, Max *float64 // both included; nil: open
}

// LocalDays are days by the offset that a recording brought along, or else by a zone.
type LocalDays struct {
	From, To time.Time      // the first and the last day, as midnight UTC; both zero: any
	Zone     *time.Location // nil: UTC
}

// Location returns the zone.
func (d LocalDays) Location() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// An ActivityPage is a part of the answer to an [ActivityQuery].
type ActivityPage struct {
	Activities []Activity
	Total      int    // of all pages, unless the query is Uncounted
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
