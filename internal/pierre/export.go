package pierre

import "time"

// An Account is what is kept of a user besides keys and data.
type Account struct {
	ID      UserID
	Email   string      // "": an application's athlete
	Athlete AthleteName // by which an application knows the athlete; "": a customer
	Notes   string      // the operator's
	Limit   Limit       // as in [User]
	Created time.Time
}

// A DeletedRecording is a recording of an activity that the athlete deleted, so that an import leaves it out.
type DeletedRecording struct {
	Provider   Provider
	ExternalID string
	SHA256     [32]byte
	Part       int
	Activity   ActivityID // that it was of
	Deleted    time.Time
}

// Holdings count what goes when a user is deleted.
type Holdings struct {
	Activities, Values, Goals, Connections int
	Files                                  int   // from which activities were read
	Stored                                 int64 // bytes of samples, files and values of days
	Keys, Athletes                         int   // of a customer
}
