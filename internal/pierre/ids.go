package pierre

import (
	"crypto/rand"
	"strings"
)

// The identifiers of the domain. Types of their own keep them from being mixed up.
type (
	UserID       string // user_…
	KeyID        string // key_…
	AdminTokenID string // admin_token_…
	ActivityID   string // act_…
	CallID       string // call_…
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

func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }
