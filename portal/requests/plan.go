package requests

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A Plan is how a key is made. What is not given, it has from its tier.
type Plan struct {
	Tier        pierre.Tier    `json:"tier"`
	Type        pierre.KeyType `json:"key_type,omitempty"`
	Name        string         `json:"name,omitempty"`
	Requests    int64          `json:"rate_limit_requests,omitempty"` // per Period
	Period      pierre.Period  `json:"rate_limit_period,omitempty"`
	ExpiresDays int64          `json:"expires_in_days,omitempty"` // from when it is made
	Tools       []string       `json:"allowed_tools,omitempty"`
}

// request returns what the server is asked for. The mark tells the key from others of the address.
func (p Plan) request(email, mark string) adminapi.ProvisionRequest {
	req := adminapi.ProvisionRequest{UserEmail: email, Tier: p.Tier, KeyType: p.Type}
	if p.Name != "" {
		req.Name = &p.Name
	}
	if mark != "" {
		req.Description = &mark
	}
	if p.Requests != 0 {
		req.RateLimitRequests = adminapi.Nullable[int64]{Given: true, Value: &p.Requests}
		if p.Period != "" {
			req.RateLimitPeriod = &p.Period
		}
	}
	if p.ExpiresDays != 0 {
		req.ExpiresInDays = &p.ExpiresDays
	}
	if len(p.Tools) > 0 {
		req.AllowedTools = adminapi.Nullable[[]string]{Given: true, Value: &p.Tools}
	}
	return req
}

// parsePlan reads a plan as it is kept.
func parsePlan(text string) (Plan, error) {
	var p Plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("decoding a plan: %w", err)
	}
	return p, nil
}

// limit returns the limit as people read it, or the tier's.
func (p Plan) limit(tiers string) string {
	if p.Requests == 0 {
		return tiers
	}
	period := p.Period
	if period == "" {
		period = pierre.PeriodMonth
	}
	return human.Count(p.Requests) + " calls per " + string(period)
}

// String says what differs from the tier.
func (p Plan) String() string {
	parts := []string{ui.Capital(string(p.Tier))}
	if p.Type == pierre.KeyApplication {
		parts = append(parts, "for an application")
	}
	if p.Requests != 0 {
		parts = append(parts, p.limit(""))
	}
	if p.ExpiresDays != 0 {
		parts = append(parts, "ends after "+human.Plural(p.ExpiresDays, "day"))
	}
	if len(p.Tools) > 0 {
		parts = append(parts, "tools "+strings.Join(p.Tools, ", "))
	}
	return strings.Join(parts, ", ")
}

// markOf is the description of a request's key.
func markOf(id string) string { return fmt.Sprintf("Made for request %s.", id) }

// plainInfo is what a mail says of a request that has no plan.
func (*Service) plainInfo(r db.Request) mail.RequestInfo {
	return mail.RequestInfo{Company: r.Company, Tier: ui.Capital(string(r.Tier))}
}
