package adminapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A ProvisionRequest asks for a new key. Only the e-mail address and the tier are required.
type ProvisionRequest struct {
	UserEmail string         `json:"user_email"`
	Tier      pierre.Tier    `json:"tier"`
	KeyType   pierre.KeyType `json:"key_type,omitempty"` // "": personal

	Settings
}

const defaultName = "API key"

// Validate reports the first mistake that can be found without the tier.
func (p ProvisionRequest) Validate() error {
	_, err := p.key(pierre.Plan{Tier: p.Tier}, time.Unix(0, 0))
	return err
}

// key returns the key that is asked for, without its secret.
func (p ProvisionRequest) key(plan pierre.Plan, now time.Time) (pierre.APIKey, error) {
	email, err := pierre.NormalizeEmail(p.UserEmail)
	if err != nil {
		return pierre.APIKey{}, err
	}
	if p.KeyType != "" && p.KeyType != pierre.KeyPersonal && p.KeyType != pierre.KeyApplication {
		return pierre.APIKey{}, pierre.Invalid("key_type", "key_type must be personal or application, not %.40q.", p.KeyType)
	}
	if p.RateLimitPeriod != nil && p.RateLimitRequests.Value == nil {
		return pierre.APIKey{}, pierre.Invalid("rate_limit_requests", "rate_limit_period needs rate_limit_requests beside it.")
	}
	k := pierre.APIKey{Email: email, Type: p.KeyType, Tier: plan.Tier, Plan: plan, Name: defaultName, Expires: plan.End(now)}
	if p.Name != nil && strings.TrimSpace(*p.Name) == "" {
		p.Name = nil
	}
	return k, p.apply(&k, now)
}

func (s *Server) provision(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[ProvisionRequest](w, r)
	if err == nil {
		err = req.knownTools(s.opts.Tools)
	}
	if err != nil {
		return err
	}
	act, err := s.actOnce(r, caller, req)
	if err != nil {
		return err
	}
	plan, err := s.store.Plan(r.Context(), req.Tier)
	if err != nil {
		return err
	}
	k, err := req.key(plan, act.At)
	if err != nil {
		return err
	}
	fresh := access.GenerateKey(plan.Mode)
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

func freshAnswer(k pierre.APIKey, fresh access.Key) FreshKey {
	return FreshKey{
		Success:   true,
		APIKey:    ClearKey(fresh.Reveal()),
		APIKeyID:  k.ID,
		UserID:    k.UserID,
		Tier:      k.Tier,
		ExpiresAt: instant(k.Expires),
		RateLimit: limitOf(k.InForce().Limit),
		KeyPrefix: k.Prefix,
	}
}
