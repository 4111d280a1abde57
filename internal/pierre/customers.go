package pierre

import "time"

// A Customer is a user with an e-mail address, and what an operator asks of one.
type Customer struct {
	User

	Keys       int64 // all of them, ended ones included
	ActiveKeys int64
	LastUsed   time.Time // of any key; zero: never
	Calls      int64     // with all keys since the beginning of the month, UTC; refused ones are not among them
}

// A CustomerQuery says which customers are wanted, newest first.
type CustomerQuery struct {
	EmailPart string    // of the e-mail address, in any letter case; "": everybody
	At        time.Time // for which active keys and calls are counted
	Limit     int       // at most so many
	Cursor    string    // NextCursor of the page before, "" for the first page
}

// A CustomerPage is a page of customers.
type CustomerPage struct {
	Customers  []Customer
	NextCursor string // "" on the last page
}
