package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A tierRules is a column of rules, as JSON.
type tierRules struct{ rules *pierre.Rules }

// Value implements [driver.Valuer].
func (r tierRules) Value() (driver.Value, error) {
	b, err := json.Marshal(r.rules)
	return string(b), err
}

// Scan implements [database/sql.Scanner].
func (r tierRules) Scan(v any) error {
	*r.rules = pierre.Rules{}
	switch v := v.(type) {
	case string:
		return json.Unmarshal([]byte(v), r.rules)
	case []byte:
		return json.Unmarshal(v, r.rules)
	default:
		return fmt.Errorf("rules are not %T", v)
	}
}

// A keyRules is a column of a key's own rules, as JSON, but for the limit and the tools, which have columns.
type keyRules struct{ rules *pierre.Rules }

// Value implements [driver.Valuer].
func (r keyRules) Value() (driver.Value, error) {
	rest := *r.rules
	rest.Limit, rest.Tools = pierre.Limit{}, nil
	return tierRules{&rest}.Value()
}

// Scan implements [database/sql.Scanner].
func (r keyRules) Scan(v any) error {
	var rest pierre.Rules
	if err := (tierRules{&rest}).Scan(v); err != nil {
		return err
	}
	rest.Limit, rest.Tools = r.rules.Limit, r.rules.Tools
	*r.rules = rest
	return nil
}

// limitRequests and limitPeriod are written with the limit that the key is held to, which a program that knows no tiers
// takes for the key's own; limitFollows, which is read after them, tells whether it is.
type (
	limitRequests struct{ k *pierre.APIKey }
	limitPeriod   struct{ k *pierre.APIKey }
	limitFollows  struct{ own *pierre.Limit }
)

// Value implements [driver.Valuer].
func (l limitRequests) Value() (driver.Value, error) { return l.k.InForce().Limit.Requests, nil }

// Scan implements [database/sql.Scanner].
func (l limitRequests) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a number is not %T", v)
	}
	l.k.Limit.Requests = n
	return nil
}

// Value implements [driver.Valuer].
func (l limitPeriod) Value() (driver.Value, error) { return string(l.k.InForce().Limit.Period), nil }

// Scan implements [database/sql.Scanner].
func (l limitPeriod) Scan(v any) error {
	switch v := v.(type) {
	case string:
		l.k.Limit.Period = pierre.Period(v)
	case []byte:
		l.k.Limit.Period = pierre.Period(v)
	default:
		return fmt.Errorf("a period is not %T", v)
	}
	return nil
}

// Value implements [driver.Valuer].
func (l limitFollows) Value() (driver.Value, error) { return l.own.Unlimited(), nil }

// Scan implements [database/sql.Scanner].
func (l limitFollows) Scan(v any) error {
	follows, ok := v.(bool)
	if !ok {
		return fmt.Errorf("a truth value is not %T", v)
	}
	if follows {
		*l.own = pierre.Limit{}
	}
	return nil
}
