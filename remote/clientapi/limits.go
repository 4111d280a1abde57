package clientapi

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Allowance is what the key may do.
type Allowance struct {
	Success   bool           `json:"success"`
	KeyID     pierre.KeyID   `json:"api_key_id"`
	KeyType   pierre.KeyType `json:"key_type"`
	Tier      pierre.Tier    `json:"tier"`
	ExpiresAt *time.Time     `json:"expires_at"`
	Limits    []Limit        `json:"limits"` // all of them must admit a call; empty: calls are not bounded
	Tools     []string       `json:"tools"`  // that the key may call
}

// A Limit is one of the limits that bound the key's calls: a quota per calendar period (UTC), or a burst.
type Limit struct {
	Policy     string            `json:"policy"`
	Scope      pierre.BucketKind `json:"scope"`
	Tool       *string           `json:"tool"`
	Requests   int64             `json:"requests"`
	Period     *pierre.Period    `json:"period"`
	PerSeconds *int64            `json:"per_seconds"`
	Used       int64             `json:"used"`
	Remaining  int64             `json:"remaining"`
	ResetsAt   time.Time         `json:"resets_at"`
}

func (s *Server) limits(w http.ResponseWriter, r *http.Request, caller access.Principal) error {
	if _, err := web.Query(r); err != nil {
		return err
	}
	a, err := s.allowances.Of(r.Context(), caller)
	if err != nil {
		return err
	}
	answer := Allowance{
		Success: true, KeyID: caller.KeyID, KeyType: caller.Type, Tier: a.Tier, ExpiresAt: instant(a.Expires),
		Limits: make([]Limit, len(a.Limits)), Tools: []string{},
	}
	for i, l := range a.Limits {
		answer.Limits[i] = Limit{
			Policy: l.Policy, Scope: l.Scope, Tool: orNull(l.Tool), Requests: l.Requests, Period: orNull(l.Period),
			PerSeconds: orNull(l.PerSeconds), Used: l.Used, Remaining: l.Remaining, ResetsAt: l.ResetsAt,
		}
	}
	for _, name := range s.opts.Tools() {
		if pierre.MayUse(caller.Tools, name) {
			answer.Tools = append(answer.Tools, name)
		}
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

// orNull is null for the zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
