package adminapi

import (
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// This file has all that the API sets and shows of a key: a new setting is a field of [Settings], a step of apply, a field of
// [Key] and its line in viewOf.

const (
	maxName        = 100  // characters
	maxDescription = 1000 // characters
	maxDays        = 3650
	maxTools       = 100
	maxToolLength  = 100
)

// Settings are what can be set of a key. What is not given stays as it is, or as the tier has it.
type Settings struct {
	RateLimitRequests Nullable[int64]    `json:"rate_limit_requests,omitzero"` // null: the tier's limit
	RateLimitPeriod   *pierre.Period     `json:"rate_limit_period,omitempty"`
	Name              *string            `json:"name,omitempty"`
	Description       *string            `json:"description,omitempty"`
	ExpiresAt         Nullable[string]   `json:"expires_at,omitzero"`       // RFC 3339; null: never
	ExpiresInDays     *int64             `json:"expires_in_days,omitempty"` // from now, instead of ExpiresAt
	AllowedTools      Nullable[[]string] `json:"allowed_tools,omitzero"`    // names or globs; null: all
}

// A Key is what the API shows of an API key.
type Key struct {
	APIKeyID     pierre.KeyID     `json:"api_key_id"`
	UserID       pierre.UserID    `json:"user_id"`
	UserEmail    string           `json:"user_email"`
	Name         string           `json:"name"`
	Description  string           `json:"description"`
	Tier         pierre.Tier      `json:"tier"`
	RateLimit    *RateLimit       `json:"rate_limit"`    // null: unlimited
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

// viewOf returns what is shown of a key.
func viewOf(k pierre.APIKey, now time.Time) Key {
	return Key{
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

// apply changes k as it is set, and reports the first mistake.
func (s Settings) apply(k *pierre.APIKey, now time.Time) error {
	for _, change := range []func(*pierre.APIKey, time.Time) error{s.applyLimit, s.applyText, s.applyExpiry, s.applyTools} {
		if err := change(k, now); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) applyLimit(k *pierre.APIKey, _ time.Time) error {
	switch requests := s.RateLimitRequests; {
	case requests.Given && requests.Value == nil:
		k.Limit = k.Tier.Limit()
	case requests.Given:
		if k.Limit.Requests = *requests.Value; k.Limit.Unlimited() {
			k.Limit.Period = pierre.PeriodMonth
		}
	}
	if s.RateLimitPeriod != nil {
		if _, err := pierre.ParsePeriod(string(*s.RateLimitPeriod)); err != nil {
			return err
		}
		if k.Limit.Unlimited() {
			return pierre.Invalid("rate_limit_requests", "This key has no limit yet; give rate_limit_requests beside rate_limit_period.")
		}
		k.Limit.Period = *s.RateLimitPeriod
	}
	return k.Limit.Validate()
}

func (s Settings) applyText(k *pierre.APIKey, _ time.Time) error {
	if s.Name != nil {
		if k.Name = strings.TrimSpace(*s.Name); k.Name == "" {
			return pierre.Invalid("name", "name must not be empty.")
		}
	}
	if s.Description != nil {
		k.Description = strings.TrimSpace(*s.Description)
	}
	if err := checkText("name", k.Name, maxName); err != nil {
		return err
	}
	return checkText("description", k.Description, maxDescription)
}

func checkText(field, text string, limit int) error {
	if n := utf8.RuneCountInString(text); n > limit {
		return pierre.Invalid(field, "%s must have at most %d characters, not %d.", field, limit, n)
	}
	if !pierre.OneLine(text) {
		return pierre.Invalid(field, "%s must be one line without control characters.", field)
	}
	return nil
}

func (s Settings) applyExpiry(k *pierre.APIKey, now time.Time) error {
	switch {
	case s.ExpiresAt.Given && s.ExpiresInDays != nil:
		return pierre.Invalid("expires_at", "Give either expires_at or expires_in_days, not both.")
	case s.ExpiresInDays != nil:
		if days := *s.ExpiresInDays; days < 1 || days > maxDays {
			return pierre.Invalid("expires_in_days", "expires_in_days must be between 1 and %d, not %d.", maxDays, days)
		}
		k.Expires = expiry(now, *s.ExpiresInDays)
	case s.ExpiresAt.Given && s.ExpiresAt.Value == nil:
		k.Expires = time.Time{}
	case s.ExpiresAt.Given:
		t, err := time.Parse(time.RFC3339, *s.ExpiresAt.Value)
		if err != nil {
			return pierre.Invalid("expires_at", "expires_at must be a time such as 2026-06-20T12:00:00Z (RFC 3339), or null for never.")
		}
		if !t.After(now) || t.After(expiry(now, maxDays)) {
			return pierre.Invalid("expires_at", "expires_at must lie within the next %d days; to end a key now, DELETE it.", maxDays)
		}
		k.Expires = t.UTC().Truncate(time.Second)
	}
	return nil
}

// expiry returns the end of a lifetime in days, in whole seconds.
func expiry(now time.Time, days int64) time.Time {
	return now.AddDate(0, 0, int(days)).Truncate(time.Second)
}

func (s Settings) applyTools(k *pierre.APIKey, _ time.Time) error {
	switch tools := s.AllowedTools; {
	case tools.Given && tools.Value == nil:
		k.Tools = nil
	case tools.Given:
		k.Tools = *tools.Value
		return checkTools(k.Tools)
	}
	return nil
}

func checkTools(globs []string) error {
	const field = "allowed_tools"
	if len(globs) == 0 || len(globs) > maxTools {
		return pierre.Invalid(field, "allowed_tools must name 1 to %d tools, or be null for all.", maxTools)
	}
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || len(glob) > maxToolLength {
			return pierre.Invalid(field, "allowed_tools holds %.100q, which is no tool's name or pattern such as get_*.", glob)
		}
	}
	return nil
}
