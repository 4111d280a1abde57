package adminapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An updateRequest changes the fields that are there. null resets a limit to the tier's, ends an
// expiry, and allows all tools.
type updateRequest struct {
	Tier              *string            `json:"tier,omitempty"`
	RateLimitRequests nullable[int64]    `json:"rate_limit_requests,omitzero"`
	RateLimitPeriod   *string            `json:"rate_limit_period,omitempty"`
	Name              *string            `json:"name,omitempty"`
	Description       *string            `json:"description,omitempty"`
	ExpiresAt         nullable[string]   `json:"expires_at,omitzero"`
	ExpiresInDays     *int64             `json:"expires_in_days,omitempty"`
	AllowedTools      nullable[[]string] `json:"allowed_tools,omitzero"`
}

// Validate reports what is wrong whatever the key is.
func (u updateRequest) Validate() error {
	if u == (updateRequest{}) {
		return pierre.Invalid("", "The request changes nothing; give at least one of tier, rate_limit_requests, rate_limit_period, "+
			"name, description, expires_at, expires_in_days, allowed_tools.")
	}
	if u.ExpiresAt.given && u.ExpiresInDays != nil {
		return pierre.Invalid("expires_at", "Give either expires_at or expires_in_days, not both.")
	}
	return nil
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[updateRequest](w, r)
	if err != nil {
		return err
	}
	act := s.act(caller)
	var before []string
	k, err := s.store.UpdateAPIKey(r.Context(), act, pierre.KeyID(r.PathValue("id")), func(k *pierre.APIKey) error {
		before = k.Tools
		return req.apply(k, act.At)
	})
	if err != nil {
		return err
	}
	if narrowed(before, k.Tools) {
		s.opts.Keys.Revoked(k.ID)
	} else {
		s.opts.Keys.Changed(k.ID)
	}
	return web.WriteJSON(w, http.StatusOK, keyAnswer{true, viewOf(k, s.now())})
}

// narrowed reports whether the globs after may admit fewer tools than those before; nil admits all.
func narrowed(before, after []string) bool {
	if after == nil {
		return false
	}
	return before == nil || slices.ContainsFunc(before, func(glob string) bool { return !slices.Contains(after, glob) })
}

// apply changes k. A key that is over for good stays as it was.
func (u updateRequest) apply(k *pierre.APIKey, now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key is revoked and cannot be changed; provision a new one."}
	case k.ReplacedBy != "":
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key was rotated; change its successor " + string(k.ReplacedBy) + "."}
	}
	for _, change := range []func(*pierre.APIKey, time.Time) error{u.applyTier, u.applyLimit, u.applyText, u.applyExpiry, u.applyTools} {
		if err := change(k, now); err != nil {
			return err
		}
	}
	return nil
}

// applyTier sets the new tier's limit and lifetime; what the request says of them itself is applied after it. A limit that
// was chosen for this key stays, until the request resets it.
func (u updateRequest) applyTier(k *pierre.APIKey, now time.Time) error {
	if u.Tier == nil {
		return nil
	}
	tier, err := pierre.ParseTier(*u.Tier)
	if err != nil {
		return err
	}
	if chosen := k.Limit != k.Tier.Limit(); !chosen || u.RateLimitRequests.given {
		k.Limit = tier.Limit()
	}
	k.Expires = lifetime(k, tier, now)
	k.Tier = tier
	return nil
}

// lifetime returns when k expires in the new tier. A key that becomes a trial's ends with a trial's 14 days at the latest.
// One that was a trial's does not end with them any more; an expiry beyond them was chosen for this key, and stays.
func lifetime(k *pierre.APIKey, tier pierre.Tier, now time.Time) time.Time {
	end := now.Add(pierre.TrialLifetime).Truncate(time.Second)
	within := !k.Expires.IsZero() && !k.Expires.After(end)
	switch {
	case tier == k.Tier:
		return k.Expires
	case tier == pierre.TierTrial && !within:
		return end
	case k.Tier == pierre.TierTrial && within:
		return time.Time{}
	default:
		return k.Expires
	}
}

func (u updateRequest) applyLimit(k *pierre.APIKey, _ time.Time) error {
	switch requests := u.RateLimitRequests; {
	case requests.given && requests.value == nil:
		k.Limit = k.Tier.Limit()
	case requests.given:
		k.Limit.Requests = *requests.value
		if k.Limit.Unlimited() {
			k.Limit.Period = pierre.PeriodMonth
		}
	}
	if u.RateLimitPeriod != nil {
		period, err := pierre.ParsePeriod(*u.RateLimitPeriod)
		if err != nil {
			return err
		}
		if k.Limit.Unlimited() {
			return pierre.Invalid("rate_limit_requests", "This key has no limit yet; give rate_limit_requests beside rate_limit_period.")
		}
		k.Limit.Period = period
	}
	return k.Limit.Validate()
}

func (u updateRequest) applyText(k *pierre.APIKey, _ time.Time) error {
	if u.Name != nil {
		k.Name = strings.TrimSpace(*u.Name)
		if k.Name == "" {
			return pierre.Invalid("name", "name must not be empty.")
		}
	}
	if u.Description != nil {
		k.Description = strings.TrimSpace(*u.Description)
	}
	if err := checkText("name", k.Name, maxName); err != nil {
		return err
	}
	return checkText("description", k.Description, maxDescription)
}

func (u updateRequest) applyExpiry(k *pierre.APIKey, now time.Time) error {
	switch {
	case u.ExpiresInDays != nil:
		k.Expires = expiry(now, *u.ExpiresInDays)
		return checkDays(*u.ExpiresInDays)
	case u.ExpiresAt.given && u.ExpiresAt.value == nil:
		k.Expires = time.Time{}
	case u.ExpiresAt.given:
		t, err := time.Parse(time.RFC3339, *u.ExpiresAt.value)
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

func (u updateRequest) applyTools(k *pierre.APIKey, _ time.Time) error {
	switch tools := u.AllowedTools; {
	case tools.given && tools.value == nil:
		k.Tools = nil
	case tools.given:
		k.Tools = *tools.value
		return checkTools(k.Tools)
	}
	return nil
}
