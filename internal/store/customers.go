package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// selectCustomer is a SELECT of the users that have an e-mail address: those that are no athletes and are not being deleted. Its
// two arguments are those of customerArgs.
const selectCustomer = `SELECT u.id, u.email, u.limit_requests, u.limit_period, u.notes, u.created_us,
	(SELECT COUNT(*) FROM api_keys k WHERE k.user_id = u.id),
	(SELECT COUNT(*) FROM api_keys k WHERE k.user_id = u.id AND k.revoked_us IS NULL AND (k.expires_us IS NULL OR k.expires_us > $1)),
	(SELECT MAX(k.last_used_us) FROM api_keys k WHERE k.user_id = u.id),
	COALESCE((SELECT SUM(r.succeeded + r.failed) FROM usage_rollups r
		WHERE r.customer_id = u.id AND r.span_s = 86400 AND r.start_us >= $2), 0)
	FROM users u WHERE u.email IS NOT NULL AND u.customer_id IS NULL`

func customerArgs(q pierre.CustomerQuery) []any {
	month, _ := pierre.PeriodMonth.Window(q.At)
	return []any{q.At.UnixMicro(), month.UnixMicro()}
}

func scanCustomer(from scanner) (pierre.Customer, error) {
	var c pierre.Customer
	err := from.Scan(&c.ID, &c.Email, &c.Limit.Requests, &c.Limit.Period, &c.Notes, instant{&c.Created},
		&c.Keys, &c.ActiveKeys, instant{&c.LastUsed}, &c.Calls)
	return c, err
}

// Customers returns a page of customers, newest first.
func (s *Store) Customers(ctx context.Context, q pierre.CustomerQuery) (pierre.CustomerPage, error) {
	f := &filter{args: customerArgs(q)}
	f.and("TRUE")
	if q.EmailPart != "" {
		f.and(`LOWER(u.email) LIKE ` + f.arg("%"+likeText(strings.ToLower(q.EmailPart))+"%") + ` ESCAPE '\'`)
	}
	if q.Cursor != "" {
		p, err := parsePosition(q.Cursor)
		if err != nil {
			return pierre.CustomerPage{}, err
		}
		f.and("(u.created_us, u.id) < (" + f.arg(p.At) + ", " + f.arg(p.ID) + ")")
	}
	list, err := s.customers(ctx, q, "", selectCustomer+` AND `+f.where()+` ORDER BY u.created_us DESC, u.id DESC LIMIT `+f.arg(q.Limit+1), f.args...)
	if err != nil {
		return pierre.CustomerPage{}, s.classify(err, "listing users")
	}
	page := pierre.CustomerPage{Customers: list}
	if len(list) > q.Limit { // one more than wanted was read, to know if there are more
		page.Customers = list[:q.Limit]
		last := list[q.Limit-1]
		page.NextCursor = position{At: last.Created.UnixMicro(), ID: string(last.ID)}.cursor()
	}
	return page, nil
}

// Customer returns the customer with that id, counted at q.At.
func (s *Store) Customer(ctx context.Context, id pierre.UserID, q pierre.CustomerQuery) (pierre.Customer, error) {
	list, err := s.customers(ctx, q, id, selectCustomer+` AND u.id = $3`, append(customerArgs(q), id)...)
	if err == nil && len(list) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return pierre.Customer{}, s.classify(err, "user "+string(id))
	}
	return list[0], nil
}

// customers returns those that a selectCustomer finds, with the calls that are in no roll-up yet: of one of them, unless it is "".
func (s *Store) customers(ctx context.Context, q pierre.CustomerQuery, only pierre.UserID, query string, args ...any) (list []pierre.Customer, err error) {
	err = s.view(ctx, "reading users", func(t *tx) error {
		rows, err := t.query(ctx, query, args...)
		if list, err = collect(rows, err, scanCustomer); err != nil || len(list) == 0 {
			return err
		}
		month, _ := pierre.PeriodMonth.Window(q.At)
		waiting := map[string]int64{}
		for i := range list {
			waiting[string(list[i].ID)] = 0
		}
		if err := t.waitingOfCustomers(ctx, month.UnixMicro(), waiting); err != nil {
			return err
		}
		if err := t.addDeltas(ctx, only, month.UnixMicro(), waiting); err != nil {
			return err
		}
		for i := range list {
			list[i].Calls += waiting[string(list[i].ID)]
		}
		return nil
	})
	return list, err
}

// addDeltas adds, for each of the customers in calls, how many calls from a time on usage_deltas has that were not refused: of one of
// them, unless it is "".
func (t *tx) addDeltas(ctx context.Context, only pierre.UserID, from int64, calls map[string]int64) error {
	f := (&usageFilter{user: only}).conditions(false, "customer_id")
	f.and("start_us >= " + f.arg(from))
	rows, err := t.query(ctx, `SELECT customer_id, CAST(sum(succeeded + failed) AS BIGINT) FROM usage_deltas WHERE `+f.where()+` GROUP BY customer_id`, f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			return err
		}
		if _, wanted := calls[id]; wanted {
			calls[id] += n
		}
	}
	return rows.Err()
}

// customer returns the user with that id, if it is a customer.
func (t *tx) customer(ctx context.Context, id pierre.UserID) (pierre.User, error) {
	u, err := scanUser(t.row(ctx, selectUser+` WHERE u.id = $1 AND u.email IS NOT NULL AND u.customer_id IS NULL`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return u, pierre.NotFound("user " + string(id))
	}
	return u, err
}

// userDetails are what the audit log tells about a change of a user, without what names the person.
type userDetails struct {
	Limit pierre.Limit                 `json:"customer_limit,omitzero"`
	Tier  pierre.Tier                  `json:"tier,omitempty"` // to which all active keys were moved
	Keys  []pierre.KeyID               `json:"api_key_ids,omitempty"`
	Tiers map[pierre.KeyID]pierre.Tier `json:"tiers,omitempty"` // that these keys had
}

// UpdateCustomer keeps what change makes of the customer's limit and notes, and moves the active keys to the tier, unless it
// is "".
func (s *Store) UpdateCustomer(ctx context.Context, act pierre.Act, id pierre.UserID, tier pierre.Tier, change func(*pierre.User) error) error {
	return s.update(ctx, "updating user "+string(id), func(t *tx) error {
		u, err := t.customer(ctx, id)
		if err != nil {
			return err
		}
		before := userDetails{Limit: u.Limit}
		if err := change(&u); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE users SET limit_requests = $2, limit_period = $3, notes = $4 WHERE id = $1`,
			id, u.Limit.Requests, u.Limit.Period, u.Notes); err != nil {
			return err
		}
		after := userDetails{Limit: u.Limit, Tier: tier}
		if tier != "" {
			if before.Tiers, err = t.moveKeys(ctx, act, id, tier); err != nil {
				return err
			}
			after.Keys = slices.Sorted(maps.Keys(before.Tiers))
		}
		details := struct {
			Before userDetails `json:"before"`
			After  userDetails `json:"after"`
		}{before, after}
		if err := t.audit(ctx, act, "user.update", string(id), details); err != nil {
			return err
		}
		return t.changed(ctx, act.At, pierre.Change{Kind: pierre.ChangeUser, ID: string(id)})
	})
}

// moveKeys moves the user's active keys to the tier, and returns the tiers that they had.
func (t *tx) moveKeys(ctx context.Context, act pierre.Act, id pierre.UserID, tier pierre.Tier) (map[pierre.KeyID]pierre.Tier, error) {
	plan, err := t.planOf(ctx, tier)
	if err != nil {
		return nil, err
	}
	rows, err := t.query(ctx, selectKey()+` WHERE k.user_id = $1 AND k.revoked_us IS NULL ORDER BY k.id`, id)
	keys, err := collect(rows, err, scanKey)
	if err != nil {
		return nil, err
	}
	had := map[pierre.KeyID]pierre.Tier{}
	for _, k := range keys {
		if k.Status(act.At) != pierre.KeyActive || k.ReplacedBy != "" {
			continue
		}
		had[k.ID] = k.Tier
		k.Move(plan, act.At)
		if err := t.updateKey(ctx, &k); err != nil {
			return nil, err
		}
		if err := t.keyChanged(ctx, act.At, pierre.ChangeKey, k.ID); err != nil {
			return nil, err
		}
	}
	return had, nil
}

// DeleteCustomer deletes the customer with that id and all that is theirs: keys, athletes, activities, digests, profile. It
// returns the keys, which end with the first transaction. What is left goes piece by piece, so that others can write in
// between; if that breaks off, [Store.FinishDeletions] goes on. Calls stay counted by ids that name nobody any more.
func (s *Store) DeleteCustomer(ctx context.Context, act pierre.Act, id pierre.UserID) ([]pierre.KeyID, error) {
	var keys []pierre.KeyID
	err := s.DeleteAccount(ctx, act, id, func(int) error { return nil }, func(ended []pierre.KeyID) { keys = ended })
	return keys, err
}

// DeleteAccount deletes as [Store.DeleteCustomer] does, unless mayDelete refuses it because of how many athletes go with it: none is made
// between its answer and the deletion. It calls ended once with the keys, when they have ended and the data are
// still there, such as what connected accounts are left with.
func (s *Store) DeleteAccount(ctx context.Context, act pierre.Act, id pierre.UserID, mayDelete func(athletes int) error, ended func([]pierre.KeyID)) error {
	var keys []pierre.KeyID
	err := s.update(ctx, "deleting user "+string(id), func(t *tx) error {
		if _, err := t.customer(ctx, id); err != nil {
			return err
		}
		var athletes int
		if err := t.row(ctx, `SELECT count(*) FROM users WHERE customer_id = $1`, id).Scan(&athletes); err != nil {
			return err
		}
		if err := mayDelete(athletes); err != nil {
			return err
		}
		rows, err := t.query(ctx, `DELETE FROM api_keys WHERE user_id = $1 RETURNING id`, id)
		if keys, err = collect(rows, err, scanKeyID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE users SET email = NULL, notes = '' WHERE id = $1`, id); err != nil {
			return err
		}
		details := struct {
			Keys int `json:"api_keys"`
		}{len(keys)}
		if err := t.audit(ctx, act, "user.delete", string(id), details); err != nil {
			return err
		}
		for _, k := range keys {
			if err := t.changed(ctx, act.At, pierre.Change{Kind: pierre.ChangeKeyRevoked, ID: string(k)}); err != nil {
				return err
			}
		}
		return t.changed(ctx, act.At, pierre.Change{Kind: pierre.ChangeUserDeleted, ID: string(id)})
	})
	if err != nil {
		return err
	}
	ended(keys)
	return s.deleteUser(ctx, id)
}

func scanKeyID(from scanner) (pierre.KeyID, error) {
	var id pierre.KeyID
	err := from.Scan(&id)
	return id, err
}
