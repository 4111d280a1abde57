package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// tierRow is the row of a tier in tiers, but for its rank.
func tierRow(p *pierre.Plan) row {
	return row{
		{"name", &p.Tier, false},
		{"settings", tierRules{&p.Rules}, true},
		{"customer_requests", &p.Customer.Requests, true},
		{"customer_period", &p.Customer.Period, true},
		{"lifetime_days", &p.LifetimeDays, true},
		{"mode", &p.Mode, true},
	}
}

func selectTier() string { return `SELECT ` + tierRow(&pierre.Plan{}).names("") + ` FROM tiers` }

func scanTier(from scanner) (pierre.Plan, error) {
	var p pierre.Plan
	err := from.Scan(tierRow(&p).values()...)
	return p, err
}

// Tiers returns all tiers, the lowest first.
func (s *Store) Tiers(ctx context.Context) ([]pierre.Plan, error) {
	rows, err := s.query(ctx, selectTier()+` ORDER BY rank, name`)
	plans, err := collect(rows, err, scanTier)
	return plans, s.classify(err, "listing tiers")
}

// Tier returns the tier with that name.
func (s *Store) Tier(ctx context.Context, name pierre.Tier) (pierre.Plan, error) {
	p, err := scanTier(s.row(ctx, selectTier()+` WHERE name = $1`, name))
	return p, s.classify(err, "tier "+string(name))
}

// Plan returns the tier that a key is to have. An unknown name is a [pierre.KindInvalid] error that lists the tiers.
func (s *Store) Plan(ctx context.Context, name pierre.Tier) (pierre.Plan, error) {
	var p pierre.Plan
	err := s.view(ctx, "reading tier "+string(name), func(t *tx) error {
		var err error
		p, err = t.planOf(ctx, name)
		return err
	})
	return p, err
}

func (t *tx) tier(ctx context.Context, name pierre.Tier) (pierre.Plan, error) {
	p, err := scanTier(t.row(ctx, selectTier()+` WHERE name = $1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return p, pierre.NotFound("tier " + string(name))
	}
	return p, err
}

// planOf returns the plan of a key that is written. An unknown tier is a mistake in the key.
func (t *tx) planOf(ctx context.Context, name pierre.Tier) (pierre.Plan, error) {
	p, err := t.tier(ctx, name)
	if pierre.KindOf(err) != pierre.KindNotFound {
		return p, err
	}
	rows, err := t.query(ctx, selectTier()+` ORDER BY rank, name`)
	plans, err := collect(rows, err, scanTier)
	if err != nil {
		return p, err
	}
	names := make([]string, len(plans))
	for n, known := range plans {
		names[n] = string(known.Tier)
	}
	return p, pierre.Invalid("tier", "tier must be one of %s, not %.40q.", strings.Join(names, ", "), name)
}

// PutTier keeps the tier, which may be new: then made is true. Keys that follow it do so from their next use on.
func (s *Store) PutTier(ctx context.Context, act pierre.Act, p pierre.Plan) (made bool, err error) {
	err = s.update(ctx, "keeping tier "+string(p.Tier), func(t *tx) error {
		before, err := t.tier(ctx, p.Tier)
		if made = pierre.KindOf(err) == pierre.KindNotFound; made {
			return t.addTier(ctx, act, p) // which no key follows yet
		}
		if err != nil {
			return err
		}
		q, args := tierRow(&p).update("tiers")
		if _, err := t.exec(ctx, q, args...); err != nil {
			return err
		}
		details := struct {
			Before tierDetails `json:"before"`
			After  tierDetails `json:"after"`
		}{detailsOfTier(before), detailsOfTier(p)}
		if err := t.audit(ctx, act, "tier.update", string(p.Tier), details); err != nil {
			return err
		}
		return t.changed(ctx, act.At, pierre.Change{Kind: pierre.ChangeTier, ID: string(p.Tier)})
	})
	return made, err
}

func (t *tx) addTier(ctx context.Context, act pierre.Act, p pierre.Plan) error {
	var rank int64
	if err := t.row(ctx, `SELECT COALESCE(MAX(rank), 0) + 1 FROM tiers`).Scan(&rank); err != nil {
		return err
	}
	r := append(tierRow(&p), column{"rank", &rank, false})
	if _, err := t.exec(ctx, r.insert("tiers"), r.values()...); err != nil {
		return err
	}
	return t.audit(ctx, act, "tier.create", string(p.Tier), detailsOfTier(p))
}

// RemoveTier removes a tier that no key is of, ended keys included; else it is a [pierre.KindConflict] error.
func (s *Store) RemoveTier(ctx context.Context, act pierre.Act, name pierre.Tier) error {
	return s.update(ctx, "removing tier "+string(name), func(t *tx) error {
		if _, err := t.tier(ctx, name); err != nil {
			return err
		}
		var keys int64
		if err := t.row(ctx, `SELECT COUNT(*) FROM api_keys WHERE tier = $1`, name).Scan(&keys); err != nil {
			return err
		}
		if keys > 0 {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf(
				"The tier %s has %d API keys, ended ones included, and cannot be removed; give them another tier first.", name, keys)}
		}
		if _, err := t.exec(ctx, `DELETE FROM tiers WHERE name = $1`, name); err != nil {
			return err
		}
		return t.audit(ctx, act, "tier.remove", string(name), struct{}{})
	})
}

// tierDetails are what the audit log tells about a tier.
type tierDetails struct {
	pierre.Rules

	Customer     pierre.Limit   `json:"customer_limit,omitzero"`
	LifetimeDays int64          `json:"lifetime_days,omitempty"`
	Mode         pierre.KeyMode `json:"mode"`
}

func detailsOfTier(p pierre.Plan) tierDetails {
	return tierDetails{p.Rules, p.Customer, p.LifetimeDays, p.Mode}
}

// collect reads all rows, and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
