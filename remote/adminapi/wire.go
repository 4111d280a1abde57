package adminapi

import (
	"encoding/json"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// In answers a missing value is null: a key without expiry has "expires_at": null. Times of keys have whole seconds.

// A freshKey answers provisioning and rotation. It is the only answer that ever holds a key.
type freshKey struct {
	Success   bool          `json:"success"`
	APIKey    string        `json:"api_key"`
	APIKeyID  pierre.KeyID  `json:"api_key_id"`
	UserID    pierre.UserID `json:"user_id"`
	Tier      pierre.Tier   `json:"tier"`
	ExpiresAt *time.Time    `json:"expires_at"`
	RateLimit *rateLimit    `json:"rate_limit"`
	KeyPrefix string        `json:"key_prefix"`
	Replaces  *replaced     `json:"replaces,omitempty"` // of a rotation
}

// A replaced key is valid for its grace.
type replaced struct {
	APIKeyID   pierre.KeyID `json:"api_key_id"`
	ValidUntil *time.Time   `json:"valid_until"`
}

type rateLimit struct {
	Requests int64         `json:"requests"`
	Period   pierre.Period `json:"period"`
}

// A keyView is what the API shows of a key.
type keyView struct {
	APIKeyID     pierre.KeyID     `json:"api_key_id"`
	UserID       pierre.UserID    `json:"user_id"`
	UserEmail    string           `json:"user_email"`
	Name         string           `json:"name"`
	Description  string           `json:"description"`
	Tier         pierre.Tier      `json:"tier"`
	RateLimit    *rateLimit       `json:"rate_limit"`    // null: unlimited
	AllowedTools []string         `json:"allowed_tools"` // null: all
	KeyPrefix    string           `json:"key_prefix"`
	KeyLast4     string           `json:"key_last4"`
	Status       pierre.KeyStatus `json:"status"`
	CreatedAt    time.Time        `json:"created_at"`
	ExpiresAt    *time.Time       `json:"expires_at"`
	RevokedAt    *time.Time       `json:"revoked_at"`
	LastUsedAt   *time.Time       `json:"last_used_at"`
	ReplacedBy   *pierre.KeyID    `json:"replaced_by"`
}

type keyAnswer struct {
	Success bool    `json:"success"`
	APIKey  keyView `json:"api_key"`
}

type keyListAnswer struct {
	Success    bool      `json:"success"`
	APIKeys    []keyView `json:"api_keys"`
	NextCursor *string   `json:"next_cursor"`
}

type revokeAnswer struct {
	Success   bool         `json:"success"`
	APIKeyID  pierre.KeyID `json:"api_key_id"`
	RevokedAt *time.Time   `json:"revoked_at"`
}

type auditView struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Action  string          `json:"action"`
	Target  string          `json:"target"`
	Details json.RawMessage `json:"details"`
}

type auditAnswer struct {
	Success    bool        `json:"success"`
	Entries    []auditView `json:"entries"`
	NextCursor *string     `json:"next_cursor"`
}

type tokenInfo struct {
	Success     bool                `json:"success"`
	TokenID     pierre.AdminTokenID `json:"token_id"`
	Service     string              `json:"service"`
	Description string              `json:"description"`
	Permissions []pierre.Permission `json:"permissions"`
	CreatedAt   time.Time           `json:"created_at"`
	ExpiresAt   *time.Time          `json:"expires_at"`
	LastUsedAt  *time.Time          `json:"last_used_at"`
}

func viewOf(k pierre.APIKey, now time.Time) keyView {
	return keyView{
		APIKeyID:     k.ID,
		UserID:       k.UserID,
		UserEmail:    k.Email,
		Name:         k.Name,
		Description:  k.Description,
		Tier:         k.Tier,
		RateLimit:    limitOf(k.Limit),
		AllowedTools: k.Tools,
		KeyPrefix:    k.Prefix,
		KeyLast4:     k.Last4,
		Status:       k.Status(now),
		CreatedAt:    k.Created.Truncate(time.Second),
		ExpiresAt:    instant(k.Expires),
		RevokedAt:    instant(k.Revoked),
		LastUsedAt:   instant(k.LastUsed),
		ReplacedBy:   orNull(k.ReplacedBy),
	}
}

func limitOf(l pierre.Limit) *rateLimit {
	if l.Unlimited() {
		return nil
	}
	return &rateLimit{l.Requests, l.Period}
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
