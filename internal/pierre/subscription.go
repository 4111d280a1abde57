package pierre

import "time"

// A CalendarSubscription is a secret address under which calendar programs read what a user plans, without a key. It is kept by
// the SHA-256 of its token.
type CalendarSubscription struct {
	UserID  UserID
	Token   [32]byte
	Created time.Time
	Read    time.Time // when it was read last, to the minute; zero: never
}

// A CalendarReader is what is found by the token of a subscription.
type CalendarReader struct {
	CalendarSubscription

	Customer UserID // whose keys the user is reached with: the user, or an athlete's application
	HasKey   bool   // one of these keys can be used, and serves calendars
}
