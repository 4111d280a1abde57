package adminapi

import (
	"net/netip"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// This file has how the rules of keys and tiers are set and shown: a rule is a field of [RuleSettings], its line in apply, a
// field of [Rules] and its line in rulesOf.

// RuleSettings are what can be set of the rules of a key or a tier. Of a key, what is not given stays as it is, and null
// means its tier's; of a tier, both mean none.
type RuleSettings struct {
	RateLimitRequests Nullable[int64]                   `json:"rate_limit_requests,omitzero"`
	RateLimitPeriod   *pierre.Period                    `json:"rate_limit_period,omitempty"`
	Burst             Nullable[pierre.Burst]            `json:"burst,omitzero"`            // beside the limit
	ToolLimits        Nullable[map[string]pierre.Limit] `json:"tool_limits,omitzero"`      // by the tool's name, beside the limit
	AllowedTools      Nullable[[]string]                `json:"allowed_tools,omitzero"`    // names or globs
	AllowedNetworks   Nullable[[]string]                `json:"allowed_networks,omitzero"` // as in CIDR, or addresses
	ToolProfile       Nullable[string]                  `json:"tool_profile,omitzero"`
	LimitScope        Nullable[pierre.LimitScope]       `json:"limit_scope,omitzero"`
}

// Rules are what the API shows of the rules in force.
type Rules struct {
	RateLimit       *RateLimit              `json:"rate_limit"`       // null: unlimited
	Burst           *pierre.Burst           `json:"burst"`            // null: none
	ToolLimits      map[string]pierre.Limit `json:"tool_limits"`      // null: none
	AllowedTools    []string                `json:"allowed_tools"`    // null: all
	AllowedNetworks []netip.Prefix          `json:"allowed_networks"` // null: any
	ToolProfile     *string                 `json:"tool_profile"`     // null: every tool
	LimitScope      pierre.LimitScope       `json:"limit_scope"`
}

func rulesOf(r pierre.Rules) Rules {
	shown := Rules{
		RateLimit:       limitOf(r.Limit),
		ToolLimits:      r.ToolLimits,
		AllowedTools:    r.Tools,
		AllowedNetworks: r.Networks,
		ToolProfile:     orNull(r.Profile),
		LimitScope:      pierre.ScopeKey,
	}
	if !r.Burst.None() {
		shown.Burst = &r.Burst
	}
	if r.Scope != "" {
		shown.LimitScope = r.Scope
	}
	return shown
}

// apply changes r as it is set, and reports the first mistake. What the period is a period of is r's limit, or tier's.
func (s RuleSettings) apply(r *pierre.Rules, tier pierre.Rules) error {
	if err := s.applyLimit(&r.Limit, tier.Limit); err != nil {
		return err
	}
	if err := s.applyNetworks(&r.Networks); err != nil {
		return err
	}
	set(&r.Burst, s.Burst)
	set(&r.ToolLimits, s.ToolLimits)
	set(&r.Tools, s.AllowedTools)
	set(&r.Profile, s.ToolProfile)
	set(&r.Scope, s.LimitScope)
	for _, err := range []error{notNothing("burst", s.Burst), notNothing("tool_profile", s.ToolProfile), notNothing("limit_scope", s.LimitScope)} {
		if err != nil {
			return err
		}
	}
	return r.Validate()
}

// set sets what is given; null is the zero value.
func set[T any](to *T, given Nullable[T]) {
	if given.Given {
		var none T
		if *to = none; given.Value != nil {
			*to = *given.Value
		}
	}
}

// notNothing refuses a value that would mean null.
func notNothing[T comparable](field string, given Nullable[T]) error {
	var none T
	if given.Given && given.Value != nil && *given.Value == none {
		return pierre.Invalid(field, "%s must not be empty; null takes it away.", field)
	}
	return nil
}

func (s RuleSettings) applyLimit(l *pierre.Limit, tier pierre.Limit) error {
	inForce := func() pierre.Limit {
		if l.Unlimited() {
			return tier
		}
		return *l
	}
	switch requests := s.RateLimitRequests; {
	case requests.Given && requests.Value == nil:
		*l = pierre.Limit{}
	case requests.Given:
		period := inForce().Period
		if period == "" {
			period = pierre.PeriodMonth
		}
		*l = pierre.Limit{Requests: *requests.Value, Period: period}
	}
	if s.RateLimitPeriod != nil {
		if _, err := pierre.ParsePeriod(string(*s.RateLimitPeriod)); err != nil {
			return err
		}
		if *l = inForce(); l.Unlimited() {
			return pierre.Invalid("rate_limit_requests", "There is no limit yet; give rate_limit_requests beside rate_limit_period.")
		}
		l.Period = *s.RateLimitPeriod
	}
	return l.Validate()
}

func (s RuleSettings) applyNetworks(networks *[]netip.Prefix) error {
	if !s.AllowedNetworks.Given {
		return nil
	}
	if *networks = nil; s.AllowedNetworks.Value == nil {
		return nil
	}
	*networks = []netip.Prefix{}
	for _, text := range *s.AllowedNetworks.Value {
		network, err := pierre.ParseNetwork(text)
		if err != nil {
			return err
		}
		*networks = append(*networks, network)
	}
	return nil
}
