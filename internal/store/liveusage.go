package store

import (
	"context"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	activeFor     = 5 * time.Minute // how long after its last call a key is active
	shownRefusals = 20
	shownCalls    = 50
	latelyBegun   = 2000 // calls that are looked at for those that ended last
)

// LiveUsage returns how the usage of all keys stands at now. It costs little, however many keys and calls there are: few
// rows of all keys, and those of the minutes just past.
func (s *Store) LiveUsage(ctx context.Context, now time.Time) (pierre.LiveUsage, error) {
	day, recent := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1), now.Add(-activeFor).UnixMicro()
	var live pierre.LiveUsage
	err := s.view(ctx, "looking at live usage", func(t *tx) (err error) {
		live = pierre.LiveUsage{At: now.UTC(), Since: day}
		if err := t.liveTotals(ctx, day.UnixMicro(), recent, &live); err != nil {
			return err
		}
		if live.Refused, err = t.lastRefused(ctx, recent); err != nil {
			return err
		}
		live.Calls, err = t.lastCalls(ctx, recent)
		return err
	})
	return live, err
}

// liveTotals adds up all calls since then, and counts the keys that have called of late.
func (t *tx) liveTotals(ctx context.Context, since, recent int64, live *pierre.LiveUsage) error {
	sums := &live.Totals
	err := t.row(ctx, `SELECT COALESCE(sum(succeeded), 0), COALESCE(sum(failed), 0), COALESCE(sum(refused), 0), COALESCE(sum(request_bytes), 0), COALESCE(sum(response_bytes), 0)
		FROM (SELECT succeeded, failed, refused, request_bytes, response_bytes FROM usage_rollups WHERE key_id = '*' AND span_s = 86400 AND start_us >= $1
		UNION ALL SELECT succeeded, failed, refused, request_bytes, response_bytes FROM usage_deltas WHERE start_us >= $1) AS sums`, since).
		Scan(&sums.Succeeded, &sums.Failed, &sums.Refused, &sums.RequestBytes, &sums.ResponseBytes)
	if err != nil {
		return err
	}
	rows, err := t.query(ctx, `SELECT key_id FROM usage_rollups WHERE span_s = 60 AND start_us >= $1 AND key_id <> '*'
		UNION SELECT key_id FROM usage_deltas WHERE start_us >= $1`, recent)
	keys, err := collect(rows, err, scanKeyID)
	if err != nil {
		return err
	}
	active := make(map[pierre.KeyID]bool, len(keys))
	for _, key := range keys {
		active[key] = true
	}
	err = t.waitingUsage(ctx, &usageFilter{}, piece{0, since, math.MaxInt64}, func(id rollupID, u *keptUsage) error {
		sums.AddCounts(&u.counts)
		if id.start >= recent {
			active[id.key] = true
		}
		return nil
	})
	live.ActiveKeys = int64(len(active))
	return err
}

func (t *tx) lastRefused(ctx context.Context, since int64) (list []pierre.RefusedCalls, err error) {
	rows, err := t.query(ctx, `SELECT key_id, customer_id, tier, minute_us, tool, country, calls FROM refused_calls
		WHERE minute_us >= $1 ORDER BY minute_us DESC, calls DESC, key_id, tool, country LIMIT $2`, since, shownRefusals)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c pierre.RefusedCalls
		var minute int64
		if err := rows.Scan(&c.KeyID, &c.Customer, &c.Tier, &minute, &c.Tool, &c.Country, &c.Calls); err != nil {
			return nil, err
		}
		c.Minute = time.UnixMicro(minute).UTC()
		list = append(list, c)
	}
	return list, rows.Err()
}

// lastCalls returns the calls that ended last. Calls lie in the order in which they began, so it looks for them among those
// that began last: as many whatever the load, and so many that a call which takes its time is among them.
func (t *tx) lastCalls(ctx context.Context, since int64) (list []pierre.LiveCall, err error) {
	rows, err := t.query(ctx, `SELECT c.id, c.key_id, COALESCE(k.name, ''), c.customer_id, COALESCE(u.email, ''), c.tool, c.status, c.started_us, c.duration_us
		FROM (SELECT id, key_id, CASE WHEN customer_id = '' THEN user_id ELSE customer_id END AS customer_id, tool, status, started_us, duration_us
			FROM (SELECT id, key_id, customer_id, user_id, tool, status, started_us, duration_us
				FROM calls WHERE started_us >= $1 ORDER BY started_us DESC, key_id DESC, id DESC LIMIT $2) AS lately
			ORDER BY started_us + duration_us DESC, id DESC LIMIT $3) AS c
		LEFT JOIN users u ON u.id = c.customer_id LEFT JOIN api_keys k ON k.id = c.key_id
		ORDER BY c.started_us + c.duration_us DESC, c.id DESC`, since, latelyBegun, shownCalls)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c pierre.LiveCall
		var started, took int64
		if err := rows.Scan(&c.ID, &c.KeyID, &c.KeyName, &c.Customer, &c.Email, &c.Tool, &c.Status, &started, &took); err != nil {
			return nil, err
		}
		c.Started, c.Duration = time.UnixMicro(started).UTC(), time.Duration(took)*time.Microsecond
		list = append(list, c)
	}
	return list, rows.Err()
}
