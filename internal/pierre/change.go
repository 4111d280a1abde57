package pierre

import (
	"slices"
	"time"
)

// A ChangeKind says what was changed.
type ChangeKind string

// The kinds of changes that every server has to hear of.
const (
	ChangeKeyRevoked  ChangeKind = "key_revoked"     // a key, or a tool that it could use, was taken away; ID is the key's
	ChangeKey         ChangeKind = "key"             // something else of a key; ID is the key's
	ChangeTier        ChangeKind = "tier"            // a tier, and with it all keys that follow it; ID is its name
	ChangeUser        ChangeKind = "user"            // what a user's keys follow, such as the customer's limit; ID is the user's
	ChangeUserDeleted ChangeKind = "user_deleted"    // a user, and all keys; ID is the user's
	ChangeAthleteGone ChangeKind = "athlete_deleted" // an athlete of an application; ID is the user's
	ChangeAdminToken  ChangeKind = "admin_token"     // an admin token was revoked or rotated; ID is the token's
)

// A Change says that something changed which servers remember, so that they look it up again. It is written in the
// transaction that makes the change.
type Change struct {
	Seq        int64 // rises with the changes; those of transactions that ran side by side may become visible in another order
	Kind       ChangeKind
	ID         string
	Generation int64 // of the key after the change; 0 if it is not about one key
	At         time.Time
}

// Narrowed reports whether the globs after may admit fewer tools than those before; nil admits all.
func Narrowed(before, after []string) bool {
	if after == nil {
		return false
	}
	return before == nil || slices.ContainsFunc(before, func(glob string) bool { return !slices.Contains(after, glob) })
}
