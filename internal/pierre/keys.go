package pierre

import (
	"fmt"
	"path"
	"slices"
	"time"
)

// A User owns activities and API keys. The e-mail address names one user.
type User struct {
	ID    UserID
	Email string // as NormalizeEmail returns it
}

// A Tier is a plan: it sets a key's default limit and lifetime.
type Tier string

// The tiers.
const (
	TierTrial        Tier = "trial"
	TierStarter      Tier = "starter"
	TierProfessional Tier = "professional"
	TierEnterprise   Tier = "enterprise"
)

// Tiers lists the tiers in rising order.
func Tiers() []Tier { return []Tier{TierTrial, TierStarter, TierProfessional, TierEnterprise} }

// TrialLifetime is how long a trial key lives unless the provisioning says otherwise.
const TrialLifetime = 14 * 24 * time.Hour

// Limit returns the tier's default limit; the zero Limit is unlimited.
func (t Tier) Limit() Limit {
	switch t {
	case TierTrial:
		return Limit{1_000, PeriodMonth}
	case TierStarter:
		return Limit{10_000, PeriodMonth}
	case TierProfessional:
		return Limit{100_000, PeriodMonth}
	default:
		return Limit{}
	}
}

// ParseTier reads a tier's name.
func ParseTier(s string) (Tier, error) {
	if t := Tier(s); slices.Contains(Tiers(), t) {
		return t, nil
	}
	return "", Invalid("tier", "tier must be one of trial, starter, professional, enterprise, not %.40q.", s)
}

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
	Requests int64
	Period   Period
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
	if l.Requests < 1 || l.Requests > 1_000_000_000 {
		return Invalid("rate_limit_requests", "rate_limit_requests must be between 1 and 1000000000, not %d.", l.Requests)
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
	Tier        Tier
	Limit       Limit
	Tools       []string // names or globs of the tools that the key may use; nil means all
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

// MayUse reports whether the globs in tools, nil meaning all, admit the tool called name.
func MayUse(tools []string, name string) bool {
	return tools == nil || slices.ContainsFunc(tools, func(glob string) bool {
		ok, err := path.Match(glob, name)
		return ok && err == nil
	})
}
