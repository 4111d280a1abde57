package adminapi

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxName        = 100  // characters
	maxDescription = 1000 // characters
)

// Settings are what can be set of a key. What is not given stays as it is, or as the tier has it.
type Settings struct {
	RuleSettings

	Name          *string          `json:"name,omitempty"`
	Description   *string          `json:"description,omitempty"`
	ExpiresAt     Nullable[string] `json:"expires_at,omitzero"`       // RFC 3339; null: never
	ExpiresInDays *int64           `json:"expires_in_days,omitempty"` // from now, instead of ExpiresAt
}

// A Key is what the API shows of an API key. Its rules are those in force: its own, and those of its tier that it follows.
type Key struct {
	APIKeyID    pierre.KeyID   `json:"api_key_id"`
	UserID      pierre.UserID  `json:"user_id"`
	UserEmail   string         `json:"user_email"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	KeyType     pierre.KeyType `json:"key_type"`
	Mode        pierre.KeyMode `json:"mode"` // as the beginning of its text says
	Tier        pierre.Tier    `json:"tier"`

	Rules

	OwnRules   []string         `json:"own_rules"` // the names of those rules that are its own, whatever its tier's are
	KeyPrefix  string           `json:"key_prefix"`
	KeyLast4   string           `json:"key_last4"`
	Status     pierre.KeyStatus `json:"status"`
	CreatedAt  time.Time        `json:"created_at"`
	ExpiresAt  *time.Time       `json:"expires_at"`
	RevokedAt  *time.Time       `json:"revoked_at"`
	LastUsedAt *time.Time       `json:"last_used_at"`
	ReplacedBy *pierre.KeyID    `json:"replaced_by"`

	// Used is how many calls of the limit are used in its window that is open now; nil unless keys are listed.
	Used *int64 `json:"limit_used,omitempty"`
}

// viewOf returns what is shown of a key.
func viewOf(k pierre.APIKey, now time.Time) Key {
	return Key{
		APIKeyID:    k.ID,
		UserID:      k.UserID,
		UserEmail:   k.Email,
		Name:        k.Name,
		Description: k.Description,
		KeyType:     k.Type,
		Mode:        k.Mode(),
		Tier:        k.Tier,
		Rules:       rulesOf(k.InForce()),
		OwnRules:    k.Chosen(),
		KeyPrefix:   k.Prefix,
		KeyLast4:    k.Last4,
		Status:      k.Status(now),
		CreatedAt:   k.Created.Truncate(time.Second),
		ExpiresAt:   instant(k.Expires),
		RevokedAt:   instant(k.Revoked),
		LastUsedAt:  instant(k.LastUsed),
		ReplacedBy:  orNull(k.ReplacedBy),
	}
}

// apply changes k as it is set, and reports the first mistake.
func (s Settings) apply(k *pierre.APIKey, now time.Time) error {
	if err := s.RuleSettings.apply(&k.Rules, k.Plan.Rules); err != nil {
		return err
	}
	if err := s.applyText(k); err != nil {
		return err
	}
	return s.applyExpiry(k, now)
}

func (s Settings) applyText(k *pierre.APIKey) error {
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

// checkLines is checkText for a text of several lines.
func checkLines(field, text string, limit int) error {
	if n := utf8.RuneCountInString(text); n > limit {
		return pierre.Invalid(field, "%s must have at most %d characters, not %d.", field, limit, n)
	}
	if !pierre.OneLine(strings.ReplaceAll(text, "\n", "")) {
		return pierre.Invalid(field, "%s must not have control characters but line feeds.", field)
	}
	return nil
}

func (s Settings) applyExpiry(k *pierre.APIKey, now time.Time) error {
	switch {
	case s.ExpiresAt.Given && s.ExpiresInDays != nil:
		return pierre.Invalid("expires_at", "Give either expires_at or expires_in_days, not both.")
	case s.ExpiresInDays != nil:
		if days := *s.ExpiresInDays; days < 1 || days > pierre.MaxLifetimeDays {
			return pierre.Invalid("expires_in_days", "expires_in_days must be between 1 and %d, not %d.", pierre.MaxLifetimeDays, days)
		}
		k.Expires = expiry(now, *s.ExpiresInDays)
	case s.ExpiresAt.Given && s.ExpiresAt.Value == nil:
		k.Expires = time.Time{}
	case s.ExpiresAt.Given:
		t, err := time.Parse(time.RFC3339, *s.ExpiresAt.Value)
		if err != nil {
			return pierre.Invalid("expires_at", "expires_at must be a time such as 2026-06-20T12:00:00Z (RFC 3339), or null for never.")
		}
		if !t.After(now) || t.After(expiry(now, pierre.MaxLifetimeDays)) {
			return pierre.Invalid("expires_at", "expires_at must lie within the next %d days; to end a key now, DELETE it.", pierre.MaxLifetimeDays)
		}
		k.Expires = t.UTC().Truncate(time.Second)
	}
	return nil
}

// expiry returns the end of a lifetime in days, in whole seconds.
func expiry(now time.Time, days int64) time.Time {
	return now.AddDate(0, 0, int(days)).Truncate(time.Second)
}
