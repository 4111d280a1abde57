package pierre

import (
	"crypto/rand"
	"strings"
)

// The identifiers of the domain are types of their own, which keeps them from being mixed up.
type (
	// A UserID is user_….
	UserID string
	// A KeyID is key_….
	KeyID string
	// An AdminTokenID is admin_token_….
	AdminTokenID string
	// An ActivityID is act_….
	ActivityID string
	// A CallID is call_….
	CallID string
	// A GrantID is grant_….
	GrantID string
	// A GoalID is goal_….
	GoalID string
	// A WorkoutID is workout_….
	WorkoutID string
)

// NewUserID returns a random identifier.
func NewUserID() UserID { return UserID(newID("user")) }

// NewKeyID returns a random identifier.
func NewKeyID() KeyID { return KeyID(newID("key")) }

// NewAdminTokenID returns a random identifier.
func NewAdminTokenID() AdminTokenID { return AdminTokenID(newID("admin_token")) }

// NewActivityID returns a random identifier.
func NewActivityID() ActivityID { return ActivityID(newID("act")) }

// NewCallID returns a random identifier.
func NewCallID() CallID { return CallID(newID("call")) }

// NewGrantID returns a random identifier.
func NewGrantID() GrantID { return GrantID(newID("grant")) }

// NewGoalID returns a random identifier.
func NewGoalID() GoalID { return GoalID(newID("goal")) }

// NewWorkoutID returns a random identifier.
func NewWorkoutID() WorkoutID { return WorkoutID(newID("workout")) }

// IsWorkoutID reports whether text can be one that [NewWorkoutID] returned.
func IsWorkoutID(text string) bool {
	random, ok := strings.CutPrefix(text, "workout_")
	return ok && isRandom(random, idLength)
}

// NewOAuthClientID returns a random identifier.
func NewOAuthClientID() string { return newID("client") }

// idLength is how many characters of an identifier are random: those of [rand.Text], in base 32.
const idLength = 26

func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }

// isRandom reports whether text is made of so many characters of base 32 (RFC 4648), in lower case.
func isRandom(text string, length int) bool {
	return len(text) == length && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '2' || c > '7') })
}
