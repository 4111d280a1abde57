package pierre

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// A User owns activities and API keys. The e-mail address names one user.
type User struct {
	ID      UserID
	Email   string // as NormalizeEmail returns it
	Limit   Limit  // of all their keys together, instead of the tiers'; zero: the tiers'
	Notes   string // the operator's
	Created time.Time
}

// A Tier names the [Plan] of a key.
type Tier string

// The tiers that every database begins with. There may be others: tiers are data.
const (
	TierTrial        Tier = "trial"
	TierStarter      Tier = "starter"
	TierProfessional Tier = "professional"
	TierEnterprise   Tier = "enterprise"
)

// A Period is a calendar window in UTC; weeks start on Monday (ISO 8601).
type Period string

// The periods.
const (
	PeriodMinute Period = "minute"
	PeriodHour   Period = "hour"
	PeriodDay    Period = "day"
	PeriodWeek   Period = "week"
	PeriodMonth  Period = "month"
)

// Periods lists the periods, the shortest first.
func Periods() []Period {
	return []Period{PeriodMinute, PeriodHour, PeriodDay, PeriodWeek, PeriodMonth}
}

// ParsePeriod reads a period's name.
func ParsePeriod(s string) (Period, error) {
	if p := Period(s); slices.Contains(Periods(), p) {
		return p, nil
	}
	return "", Invalid("rate_limit_period", "rate_limit_period must be one of minute, hour, day, week, month, not %.40q.", s)
}

// Window returns the start and the end of the period that contains now.
func (p Period) Window(now time.Time) (start, end time.Time) {
	now = now.UTC()
	switch p {
	case PeriodMinute:
		start = now.Truncate(time.Minute)
		return start, start.Add(time.Minute)
	case PeriodHour:
		start = now.Truncate(time.Hour)
		return start, start.Add(time.Hour)
	case PeriodDay:
		start = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 1)
	case PeriodWeek:
		sinceMonday := (int(now.Weekday()) + 6) % 7
		start = time.Date(now.Year(), now.Month(), now.Day()-sinceMonday, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 7)
	default:
		start = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	}
}

// A Limit is a number of tool calls per period. The zero Limit is unlimited.
type Limit struct {
	Requests int64  `json:"requests"`
	Period   Period `json:"period"`
}

// Unlimited reports whether l refuses nothing.
func (l Limit) Unlimited() bool { return l.Period == "" }

// Validate reports what is wrong with l.
func (l Limit) Validate() error {
	if l.Unlimited() {
		return nil
	}
	if _, err := ParsePeriod(string(l.Period)); err != nil {
		return err
	}
	if l.Requests < 1 || l.Requests > maxRequests {
		return Invalid("rate_limit_requests", "rate_limit_requests must be between 1 and %d, not %d.", maxRequests, l.Requests)
	}
	return nil
}

// Policy names l in errors and headers, such as "key-month".
func (l Limit) Policy() string { return fmt.Sprintf("key-%s", l.Period) }

// An APIKey lets a client act as its user. The key itself is never kept: Hash stands for it.
type APIKey struct {
	ID          KeyID
	UserID      UserID
	Email       string // the user's
	Name        string
	Description string
	Type        KeyType
	Tier        Tier
	Rules                // the key's own; see InForce
	Plan        Plan     // the tier's, as it is now
	Customer    Limit    // the user's own, see [User]
	Hash        [32]byte // SHA-256 of the key
	Prefix      string   // the key's first 12 characters
	Last4       string   // the last 4 characters before the checksum
	Created     time.Time
	Expires     time.Time // zero: never
	Revoked     time.Time // zero: not revoked; any other time means revoked for good
	LastUsed    time.Time // zero: never
	ReplacedBy  KeyID     // the key that a rotation made, "" if none
	Generation  int64     // rises with each change
	Family      KeyID     // the first key of the rotations that led to this one; they share a quota
}

// InForce returns the rules that the key is held to: its own, and its tier's where it has none.
func (k *APIKey) InForce() Rules { return k.over(k.Plan.Rules) }

// Limits returns what each call of the key must stay within, by the scope of its limit. A customer's own limit always holds.
func (k *APIKey) Limits() Limits {
	r := k.InForce()
	l := Limits{Quota: r.Limit, Burst: r.Burst, Tools: r.ToolLimits, Customer: k.Customer}
	switch r.Scope {
	case ScopeCustomer:
		l.Customer = cmp.Or(k.Customer, k.Limit, k.Plan.Customer, k.Plan.Limit)
		l.CustomerBurst = l.Burst
		l.Quota, l.Burst = Limit{}, Burst{}
	case ScopeBoth:
		l.Customer = cmp.Or(k.Customer, k.Plan.Customer, k.Plan.Limit)
	case ScopeKey:
	}
	return l
}

// Mode returns what the key was made as.
func (k *APIKey) Mode() KeyMode {
	if strings.HasPrefix(k.Prefix, "pk_trial_") {
		return ModeTrial
	}
	return ModeLive
}

// MayUse reports whether the globs in tools, nil meaning all, admit the tool called name.
func MayUse(tools []string, name string) bool {
	return tools == nil || slices.ContainsFunc(tools, func(glob string) bool {
		ok, err := path.Match(glob, name)
		return ok && err == nil
	})
}
