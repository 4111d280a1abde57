package adminapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A provisionRequest asks for a new key. Only the e-mail address and the tier are required.
type provisionRequest struct {
	UserEmail         string   `json:"user_email"`
	Tier              string   `json:"tier"`
	RateLimitRequests *int64   `json:"rate_limit_requests,omitempty"`
	RateLimitPeriod   *string  `json:"rate_limit_period,omitempty"`
	ExpiresInDays     *int64   `json:"expires_in_days,omitempty"`
	Name              string   `json:"name,omitempty"`
	Description       string   `json:"description,omitempty"`
	AllowedTools      []string `json:"allowed_tools,omitempty"`
}

// Validate reports the first mistake.
func (p provisionRequest) Validate() error {
	_, err := p.key(time.Time{})
	return err
}

// key returns the key that is asked for, without its secret.
func (p provisionRequest) key(now time.Time) (pierre.APIKey, error) {
	email, err := pierre.NormalizeEmail(p.UserEmail)
	if err != nil {
		return pierre.APIKey{}, err
	}
	tier, err := pierre.ParseTier(p.Tier)
	if err != nil {
		return pierre.APIKey{}, err
	}
	limit, err := p.limit(tier)
	if err != nil {
		return pierre.APIKey{}, err
	}
	k := pierre.APIKey{
		Email: email, Tier: tier, Limit: limit, Tools: p.AllowedTools,
		Name: strings.TrimSpace(p.Name), Description: strings.TrimSpace(p.Description),
	}
	if k.Name == "" {
		k.Name = "API key"
	}
	switch {
	case p.ExpiresInDays != nil:
		k.Expires = expiry(now, *p.ExpiresInDays)
		err = checkDays(*p.ExpiresInDays)
	case tier == pierre.TierTrial:
		k.Expires = now.Add(pierre.TrialLifetime).Truncate(time.Second)
	}
	if err != nil {
		return pierre.APIKey{}, err
	}
	if err := checkText("name", k.Name, maxName); err != nil {
		return pierre.APIKey{}, err
	}
	if k.Tools != nil {
		if err := checkTools(k.Tools); err != nil {
			return pierre.APIKey{}, err
		}
	}
	return k, checkText("description", k.Description, maxDescription)
}

// limit returns the tier's limit unless the request has its own, which is for a month if it does not say.
func (p provisionRequest) limit(tier pierre.Tier) (pierre.Limit, error) {
	switch {
	case p.RateLimitRequests == nil && p.RateLimitPeriod == nil:
		return tier.Limit(), nil
	case p.RateLimitRequests == nil:
		return pierre.Limit{}, pierre.Invalid("rate_limit_requests", "rate_limit_period needs rate_limit_requests beside it.")
	}
	l := pierre.Limit{Requests: *p.RateLimitRequests, Period: pierre.PeriodMonth}
	if p.RateLimitPeriod != nil {
		var err error
		if l.Period, err = pierre.ParsePeriod(*p.RateLimitPeriod); err != nil {
			return pierre.Limit{}, err
		}
	}
	return l, l.Validate()
}

func (s *Server) provision(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[provisionRequest](w, r)
	if err != nil {
		return err
	}
	act, err := s.actOnce(r, caller, req)
	if err != nil {
		return err
	}
	k, err := req.key(act.At)
	if err != nil {
		return err
	}
	fresh := access.GenerateKey(k.Tier)
	equip(&k, fresh)
	sealed, repeated, err := s.store.ProvisionAPIKey(r.Context(), act, k, func(kept pierre.APIKey) ([]byte, error) {
		return s.seal(act, freshAnswer(kept, fresh))
	})
	if err != nil {
		return err
	}
	return s.answerOnce(w, act, sealed, repeated)
}

// equip gives k an id, and what is kept of its secret.
func equip(k *pierre.APIKey, fresh access.Key) {
	k.ID, k.Hash, k.Prefix, k.Last4 = pierre.NewKeyID(), fresh.Hash(), fresh.Prefix(), fresh.Last4()
}

func freshAnswer(k pierre.APIKey, fresh access.Key) freshKey {
	return freshKey{
		Success:   true,
		APIKey:    fresh.Reveal(),
		APIKeyID:  k.ID,
		UserID:    k.UserID,
		Tier:      k.Tier,
		ExpiresAt: instant(k.Expires),
		RateLimit: limitOf(k.Limit),
		KeyPrefix: k.Prefix,
	}
}
