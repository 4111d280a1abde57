package adminapi

import (
	"net/http"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A TierRequest says all of a tier: what is not given, it has not.
type TierRequest struct {
	RuleSettings

	CustomerLimit Nullable[pierre.Limit] `json:"customer_limit,omitzero"` // of all keys of a customer together; null: as the limit
	LifetimeDays  Nullable[int64]        `json:"lifetime_days,omitzero"`  // of new keys; null: for ever
	Mode          pierre.KeyMode         `json:"mode,omitempty"`          // of new keys; "": live
}

// Validate reports the first mistake.
func (q TierRequest) Validate() error {
	_, err := q.plan("tier")
	return err
}

func (q TierRequest) plan(name pierre.Tier) (pierre.Plan, error) {
	p := pierre.Plan{Tier: name, Mode: pierre.ModeLive}
	if q.Mode != "" {
		p.Mode = q.Mode
	}
	set(&p.Customer, q.CustomerLimit)
	set(&p.LifetimeDays, q.LifetimeDays)
	for _, err := range []error{notNothing("customer_limit", q.CustomerLimit), notNothing("lifetime_days", q.LifetimeDays)} {
		if err != nil {
			return p, err
		}
	}
	if err := q.apply(&p.Rules, pierre.Rules{}); err != nil {
		return p, err
	}
	return p, p.Validate()
}

// A Tier is what the API shows of a tier.
type Tier struct {
	Name pierre.Tier `json:"name"`

	Rules

	CustomerLimit *RateLimit     `json:"customer_limit"` // null: as rate_limit
	LifetimeDays  *int64         `json:"lifetime_days"`  // null: for ever
	Mode          pierre.KeyMode `json:"mode"`
}

// A TierAnswer is one tier.
type TierAnswer struct {
	Success bool `json:"success"`
	Tier    Tier `json:"tier"`
}

// A TierList is all tiers, the lowest first.
type TierList struct {
	Success bool   `json:"success"`
	Tiers   []Tier `json:"tiers"`
}

// A RemovedTier answers the removal of a tier.
type RemovedTier struct {
	Success bool        `json:"success"`
	Name    pierre.Tier `json:"name"`
}

func tierOf(p pierre.Plan) Tier {
	shown := Tier{Name: p.Tier, Rules: rulesOf(p.Rules), CustomerLimit: limitOf(p.Customer), Mode: p.Mode}
	if p.LifetimeDays > 0 {
		shown.LifetimeDays = &p.LifetimeDays
	}
	return shown
}

func (s *Server) listTiers(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	plans, err := s.store.Tiers(r.Context())
	if err != nil {
		return err
	}
	answer := TierList{Success: true, Tiers: make([]Tier, len(plans))}
	for n, p := range plans {
		answer.Tiers[n] = tierOf(p)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) getTier(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	name, err := tierName(r)
	if err != nil {
		return err
	}
	p, err := s.store.Tier(r.Context(), name)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, TierAnswer{true, tierOf(p)})
}

// putTier changes a tier, or makes one. Every key that follows it does so from its next use on.
func (s *Server) putTier(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[TierRequest](w, r)
	if err == nil {
		err = req.knownTools(s.opts.Tools)
	}
	if err != nil {
		return err
	}
	p, err := req.plan(pierre.Tier(r.PathValue("name")))
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	made, err := s.store.PutTier(r.Context(), act, p)
	if err != nil {
		return err
	}
	s.opts.Keys.AllChanged()
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	return web.WriteJSON(w, status, TierAnswer{true, tierOf(p)})
}

func (s *Server) removeTier(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	name, err := tierName(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	if err := s.store.RemoveTier(r.Context(), act, name); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, RemovedTier{true, name})
}

// tierName returns the name in the path. What cannot be one is not looked for.
func tierName(r *http.Request) (pierre.Tier, error) {
	name := pierre.Tier(r.PathValue("name"))
	if name.Validate() != nil {
		return "", &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no tier with this name; GET /admin/tiers lists them."}
	}
	return name, nil
}
