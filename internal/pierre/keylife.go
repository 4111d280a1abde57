package pierre

import "time"

// A KeyStatus says whether a key may be used.
type KeyStatus string

// The statuses of a key.
const (
	KeyActive  KeyStatus = "active"
	KeyExpired KeyStatus = "expired"
	KeyRevoked KeyStatus = "revoked"
)

// Status returns the key's status at now. It is computed at each use: nothing has to run for a key to expire. A revoked key
// is revoked whatever the clock says, which may be behind that of the machine that revoked it, or be set back.
func (k *APIKey) Status(now time.Time) KeyStatus { return StatusAt(k.Revoked, k.Expires, now) }

// StatusAt is [APIKey.Status] of a key that was revoked and expires at those times.
func StatusAt(revoked, expires, now time.Time) KeyStatus {
	switch {
	case !revoked.IsZero():
		return KeyRevoked
	case !expires.IsZero() && !now.Before(expires):
		return KeyExpired
	default:
		return KeyActive
	}
}

// Move puts k into another tier. Its own rules stay. The tier's lifetime begins now: k ends with it at the latest. A key
// that the tier before would have ended within its lifetime does not end by it any more; an expiry further away was chosen
// for this key, and stays.
func (k *APIKey) Move(to Plan, now time.Time) {
	from := k.Plan
	if k.Tier, k.Plan = to.Tier, to; from.Tier == to.Tier {
		return
	}
	endsBy := func(p Plan) bool { return p.LifetimeDays > 0 && !k.Expires.IsZero() && !k.Expires.After(p.End(now)) }
	if endsBy(from) {
		k.Expires = time.Time{}
	}
	if to.LifetimeDays > 0 && !endsBy(to) {
		k.Expires = to.End(now)
	}
}

// Replace ends k in favour of the key called by: at once if grace is 0, else when the grace
// is over, but never later than k would have ended anyway.
func (k *APIKey) Replace(by KeyID, grace time.Duration, now time.Time) error {
	if k.ReplacedBy != "" {
		return &Error{Kind: KindConflict, Msg: "This key was rotated before; rotate its successor " + string(k.ReplacedBy) + "."}
	}
	if s := k.Status(now); s != KeyActive {
		return &Error{Kind: KindConflict, Msg: "This key is " + string(s) + " and cannot be rotated; provision a new one."}
	}
	k.ReplacedBy = by
	end := now.Add(grace)
	switch {
	case grace == 0:
		k.Revoked = now
	case k.Expires.IsZero() || end.Before(k.Expires):
		k.Expires = end
	}
	return nil
}

// A KeyQuery says which API keys are wanted, and in which order.
type KeyQuery struct {
	Email    string    // of the user; "": everybody's
	User     UserID    // "": everybody's
	Text     string    // a part of the user's address or the key's name, in any letter case, or the beginning of its id or text; "": any
	Tier     Tier      // "": of any
	ActiveAt time.Time // only keys that are active then; zero: all
	Status   KeyStatus // at At; "": any
	At       time.Time // for Status and use; the zero time knows no use
	Sort     KeySort   // "": by time of creation
	Upwards  bool      // the smallest first; else the largest, such as the newest
	Limit    int       // at most so many
	Cursor   string    // NextCursor of the page before, "" for the first page
}

// A KeySort is an order of keys.
type KeySort string

// The orders of keys.
const (
	SortCreated  KeySort = "created"
	SortName     KeySort = "name"
	SortEmail    KeySort = "email"
	SortExpires  KeySort = "expires" // those that never do are after all others
	SortLastUsed KeySort = "last_used"
	SortUse      KeySort = "use" // by the share of the key's own limit that is used
)

// KeySorts lists the orders.
func KeySorts() []KeySort {
	return []KeySort{SortCreated, SortName, SortEmail, SortExpires, SortLastUsed, SortUse}
}

// A KeyPage is a page of API keys.
type KeyPage struct {
	Keys       []APIKey
	Used       []int64 // of each key: the calls in the window of its own limit that is open at At, without those of the last moments
	NextCursor string  // "" on the last page
}
