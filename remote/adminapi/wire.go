package adminapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// In answers a missing value is null: a key without expiry has "expires_at": null. Times of keys have whole seconds.
// openapi.json describes the same types for other languages; a test holds the two together.

// A FreshKey answers provisioning and rotation. It is the only answer that ever holds a key.
type FreshKey struct {
	Success   bool          `json:"success"`
	APIKey    ClearKey      `json:"api_key"`
	APIKeyID  pierre.KeyID  `json:"api_key_id"`
	UserID    pierre.UserID `json:"user_id"`
	Tier      pierre.Tier   `json:"tier"`
	ExpiresAt *time.Time    `json:"expires_at"`
	RateLimit *RateLimit    `json:"rate_limit"`
	KeyPrefix string        `json:"key_prefix"`
	Replaces  *ReplacedKey  `json:"replaces,omitempty"` // of a rotation
}

// A ClearKey is an API key in clear. Only JSON carries it: logs and fmt show that it was left out.
type ClearKey string

// Reveal returns the key, for its owner.
func (k ClearKey) Reveal() string { return string(k) }

// Format implements [fmt.Formatter] for every verb.
func (ClearKey) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") } //nolint:errcheck // fmt.State does not fail

// LogValue implements [slog.LogValuer].
func (ClearKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// A ReplacedKey is valid for its grace.
type ReplacedKey struct {
	APIKeyID   pierre.KeyID `json:"api_key_id"`
	ValidUntil *time.Time   `json:"valid_until"`
}

// A RateLimit is a number of tool calls per calendar period.
type RateLimit struct {
	Requests int64         `json:"requests"`
	Period   pierre.Period `json:"period"`
}

// A KeyAnswer is one key.
type KeyAnswer struct {
	Success bool `json:"success"`
	APIKey  Key  `json:"api_key"`

	// ConnectedApps is how many apps can act with the key now, by OAuth; nil after a change, which does not count them.
	ConnectedApps *int `json:"connected_apps,omitempty"`
}

// A KeyList is a page of keys, newest first.
type KeyList struct {
	Success    bool    `json:"success"`
	APIKeys    []Key   `json:"api_keys"`
	NextCursor *string `json:"next_cursor"` // null on the last page
}

// A RevokedKey answers a revocation, the first one and every one after it.
type RevokedKey struct {
	Success   bool         `json:"success"`
	APIKeyID  pierre.KeyID `json:"api_key_id"`
	RevokedAt *time.Time   `json:"revoked_at"`
}

// An AuditEntry is one change.
type AuditEntry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Person  *string         `json:"person"` // for whom the actor made the change; null: nobody was named
	Action  string          `json:"action"`
	Target  string          `json:"target"`
	Details json.RawMessage `json:"details"`
	Place   *int64          `json:"place"` // in the chain of hashes; null: it has none yet
	Hash    *string         `json:"hash"`  // over the entry and the hash before it, in hexadecimal; null: it has no place
}

// An AuditPage is a page of the audit log, newest first.
type AuditPage struct {
	Success    bool         `json:"success"`
	Entries    []AuditEntry `json:"entries"`
	NextCursor *string      `json:"next_cursor"` // null on the last page
}

// A TokenInfo is what an admin token may do.
type TokenInfo struct {
	Success     bool                `json:"success"`
	TokenID     pierre.AdminTokenID `json:"token_id"`
	Service     string              `json:"service"`
	Description string              `json:"description"`
	Permissions []pierre.Permission `json:"permissions"`
	CreatedAt   time.Time           `json:"created_at"`
	ExpiresAt   *time.Time          `json:"expires_at"`
	LastUsedAt  *time.Time          `json:"last_used_at"`
}

func limitOf(l pierre.Limit) *RateLimit {
	if l.Unlimited() {
		return nil
	}
	return &RateLimit{l.Requests, l.Period}
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.Truncate(time.Second))
}

// orNull returns nil for the empty string.
func orNull[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}
