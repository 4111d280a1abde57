package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// CallSummary adds up the calls of key that started in [from, to), and the calls that were refused in the minutes that
// started then. All of it is of one moment. It takes memory for what differs, not for each call.
func (s *Store) CallSummary(ctx context.Context, key pierre.KeyID, from, to time.Time) (pierre.CallSummary, error) {
	var sum callSums
	err := s.view(ctx, "adding up calls", func(t *tx) error {
		sum = callSums{groups: map[callGroup]int64{}, tools: map[string]*pierre.Durations{}}
		if err := sum.readCalls(ctx, t, key, from, to); err != nil {
			return err
		}
		return sum.readRefused(ctx, t, key, from, to)
	})
	if err != nil {
		return pierre.CallSummary{}, err
	}
	groups := make([]pierre.CallGroup, 0, len(sum.groups))
	for g, n := range sum.groups {
		groups = append(groups, pierre.CallGroup{
			Day: time.UnixMicro(g.day * dayMicros).UTC(), Tool: g.tool, Country: g.country, Status: g.status, Calls: n,
		})
	}
	return pierre.CallSummary{Groups: groups, Tools: sum.tools}, nil
}

type callSums struct {
	groups map[callGroup]int64
	tools  map[string]*pierre.Durations
}

// A callGroup is what the calls of a [pierre.CallGroup] have in common.
type callGroup struct {
	day           int64 // since 1970
	tool, country string
	status        pierre.CallStatus
}

const dayMicros = int64(24 * time.Hour / time.Microsecond)

func (s callSums) readCalls(ctx context.Context, t *tx, key pierre.KeyID, from, to time.Time) error {
	rows, err := t.query(ctx, `SELECT tool, status, country, started_us, duration_us FROM calls
		WHERE key_id = $1 AND started_us >= $2 AND started_us < $3`, key, from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var g callGroup
		var started, duration int64
		if err := rows.Scan(&g.tool, &g.status, &g.country, &started, &duration); err != nil {
			return err
		}
		g.day = started / dayMicros
		s.groups[g]++
		if g.status == pierre.CallRateLimited { // of a version that kept each refused call
			continue
		}
		if s.tools[g.tool] == nil {
			s.tools[g.tool] = &pierre.Durations{}
		}
		s.tools[g.tool].Add(time.Duration(duration) * time.Microsecond)
	}
	return rows.Err()
}

func (s callSums) readRefused(ctx context.Context, t *tx, key pierre.KeyID, from, to time.Time) error {
	rows, err := t.query(ctx, `SELECT tool, country, minute_us, calls FROM refused_calls
		WHERE key_id = $1 AND minute_us >= $2 AND minute_us < $3`, key, from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		g := callGroup{status: pierre.CallRateLimited}
		var minute, n int64
		if err := rows.Scan(&g.tool, &g.country, &minute, &n); err != nil {
			return err
		}
		g.day = minute / dayMicros
		s.groups[g] += n
	}
	return rows.Err()
}
