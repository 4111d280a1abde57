package pierre

import (
	"net/netip"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Rules are what a key may do, and how much of it. A tier has them, and a key has its own: in a member that is zero there, the
// key follows its tier, at once whenever the tier changes. As JSON they are what the database keeps and the audit log shows.
//
// A new rule is a member here, its line in over and in Validate, and how it is set and shown in remote/adminapi/rules.go.
type Rules struct {
	Limit      Limit            `json:"rate_limit,omitzero"`        // of tool calls; zero: unlimited
	Burst      Burst            `json:"burst,omitzero"`             // how fast calls may follow each other; zero: no matter how
	ToolLimits map[string]Limit `json:"tool_limits,omitempty"`      // of calls of a tool, by its name, beside Limit
	Tools      []string         `json:"allowed_tools,omitempty"`    // names or globs of the tools that may be used; nil: all
	Networks   []netip.Prefix   `json:"allowed_networks,omitempty"` // where requests may come from; nil: anywhere
	Profile    string           `json:"tool_profile,omitempty"`     // which tools tools/list shows, and how; "": all
	Scope      LimitScope       `json:"limit_scope,omitempty"`      // what Limit and Burst count for; "": the key
}

// over returns r with tier's rules where r has none.
func (r Rules) over(tier Rules) Rules {
	follow(&r.Limit, r.Limit.Unlimited(), tier.Limit)
	follow(&r.Burst, r.Burst.None(), tier.Burst)
	follow(&r.ToolLimits, r.ToolLimits == nil, tier.ToolLimits)
	follow(&r.Tools, r.Tools == nil, tier.Tools)
	follow(&r.Networks, r.Networks == nil, tier.Networks)
	follow(&r.Profile, r.Profile == "", tier.Profile)
	follow(&r.Scope, r.Scope == "", tier.Scope)
	return r
}

func follow[T any](own *T, none bool, tier T) {
	if none {
		*own = tier
	}
}

// Chosen returns the names, in JSON, of the rules that are not zero.
func (r Rules) Chosen() []string {
	names := []string{}
	for f, v := range reflect.ValueOf(r).Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); !v.IsZero() {
			names = append(names, name)
		}
	}
	return names
}

// Validate reports the first mistake.
func (r Rules) Validate() error {
	for _, check := range []func() error{
		r.Limit.Validate, r.Burst.Validate, r.validateToolLimits, r.validateTools, r.validateNetworks, r.validateProfile, r.validateScope,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

const (
	maxRequests   = 1_000_000_000
	maxTools      = 100
	maxToolLength = 100
	maxNetworks   = 100
	maxProfile    = 40
)

func (r Rules) validateToolLimits() error {
	const field = "tool_limits"
	if r.ToolLimits != nil && len(r.ToolLimits) == 0 || len(r.ToolLimits) > maxTools {
		return Invalid(field, "tool_limits must name 1 to %d tools, or be null for no limits.", maxTools)
	}
	for tool, l := range r.ToolLimits {
		if tool == "" || len(tool) > maxToolLength || strings.ContainsFunc(tool, notInNames) {
			return Invalid(field, "tool_limits names %.100q, which is no tool's name; patterns are not taken here.", tool)
		}
		if l.Unlimited() || l.Validate() != nil {
			return Invalid(field, `tool_limits of %s must be such as {"requests":20,"period":"day"}: 1 to %d requests per minute, hour, day, week or month.`,
				tool, maxRequests)
		}
	}
	return nil
}

// notInNames reports whether c is in no name of a tool, a profile or a tier.
func notInNames(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
}

func (r Rules) validateTools() error {
	const field = "allowed_tools"
	if r.Tools != nil && len(r.Tools) == 0 || len(r.Tools) > maxTools {
		return Invalid(field, "allowed_tools must name 1 to %d tools, or be null for all.", maxTools)
	}
	for _, glob := range r.Tools {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || len(glob) > maxToolLength {
			return Invalid(field, "allowed_tools holds %.100q, which is no tool's name or pattern such as get_*.", glob)
		}
	}
	return nil
}

func (r Rules) validateNetworks() error {
	if r.Networks != nil && len(r.Networks) == 0 || len(r.Networks) > maxNetworks {
		return Invalid("allowed_networks", "allowed_networks must have 1 to %d networks, or be null for any.", maxNetworks)
	}
	return nil
}

func (r Rules) validateProfile() error {
	if r.Profile == "" {
		return nil
	}
	_, err := ParseToolProfile("tool_profile", r.Profile)
	return err
}

func (r Rules) validateScope() error {
	if r.Scope != "" && !slices.Contains(LimitScopes(), r.Scope) {
		return Invalid("limit_scope", "limit_scope must be one of key, customer, both, not %.40q.", r.Scope)
	}
	return nil
}

// ParseNetwork reads a network such as 203.0.113.0/24, or one address. IPv4 addresses that are written as IPv6 become IPv4,
// and bits behind the network's length are cut off.
func ParseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if addr, single := netip.ParseAddr(text); single == nil && addr.Zone() == "" {
		network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	const mapped = 96 // bits before the IPv4 address
	if err == nil && network.Addr().Is4In6() && network.Bits() >= mapped {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
	}
	if err != nil {
		return network, Invalid("allowed_networks", "allowed_networks holds %.60q, which is no network such as 203.0.113.0/24 or 2001:db8::/32.", text)
	}
	return network.Masked(), nil
}

// MayCallFrom reports whether networks, nil meaning all, admit a client at addr.
func MayCallFrom(networks []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return networks == nil || slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// A LimitScope is what a limit counts for.
type LimitScope string

// The scopes of limits.
const (
	ScopeKey      LimitScope = "key"      // each key, with those that rotation made of it, on its own
	ScopeCustomer LimitScope = "customer" // all keys of a customer together: a new key is no fresh quota
	ScopeBoth     LimitScope = "both"     // the key's for the key, the customer's for all keys
)

// LimitScopes lists the scopes.
func LimitScopes() []LimitScope { return []LimitScope{ScopeKey, ScopeCustomer, ScopeBoth} }

// A KeyMode says what a key was made as: the beginning of its text shows it.
type KeyMode string

// The modes of keys.
const (
	ModeLive  KeyMode = "live"  // pk_live_
	ModeTrial KeyMode = "trial" // pk_trial_
)

// A KeyType says whose data a key is for.
type KeyType string

// The types of keys.
const (
	KeyPersonal    KeyType = "personal"    // its user's
	KeyApplication KeyType = "application" // that of its customer's athletes, whom each request names
)

// A Plan is what a tier gives to its keys.
type Plan struct {
	Tier Tier // its name
	Rules

	Customer     Limit   // of all keys of a customer together, see [ScopeBoth]; zero: as Limit
	LifetimeDays int64   // of a key, unless its provisioning says otherwise; 0: for ever
	Mode         KeyMode // of new keys
}

// MaxLifetimeDays is the longest lifetime of a key that is not for ever.
const MaxLifetimeDays = 3650

// Validate reports the first mistake.
func (p Plan) Validate() error {
	if err := p.Tier.Validate(); err != nil {
		return err
	}
	if err := p.Rules.Validate(); err != nil {
		return err
	}
	if p.Customer.Validate() != nil {
		return Invalid("customer_limit", `customer_limit must be such as {"requests":1000,"period":"month"}, or null.`)
	}
	if p.LifetimeDays < 0 || p.LifetimeDays > MaxLifetimeDays {
		return Invalid("lifetime_days", "lifetime_days must be between 1 and %d, or null for ever.", MaxLifetimeDays)
	}
	if p.Mode != ModeLive && p.Mode != ModeTrial {
		return Invalid("mode", "mode must be live or trial, not %.40q.", p.Mode)
	}
	return nil
}

// End returns when a key that is made at now expires, in whole seconds; zero: never.
func (p Plan) End(now time.Time) time.Time {
	if p.LifetimeDays == 0 {
		return time.Time{}
	}
	return now.AddDate(0, 0, int(p.LifetimeDays)).Truncate(time.Second)
}

// Validate reports whether t cannot be a name.
func (t Tier) Validate() error {
	if s := string(t); s == "" || len(s) > maxProfile || strings.ContainsFunc(s, notInNames) || strings.ToLower(s) != s {
		return Invalid("tier", "A tier's name has 1 to %d small letters, digits, _, - and . .", maxProfile)
	}
	return nil
}
