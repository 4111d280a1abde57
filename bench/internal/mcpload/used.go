package mcpload

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/pierre-mcp/pierre/internal/redisconn"
)

// Used is what PostgreSQL and Redis have done since they were started.
type Used struct {
	PostgresCPU, RedisCPU time.Duration
	Commits               int64 // of PostgreSQL
	WAL                   int64 // bytes that it wrote to its log
	Stored                int64 // bytes of the table of calls and its indexes
	RedisCommands         int64 // those that scripts run included
}

// Used returns what both have done until now.
func (b *Backing) Used(ctx context.Context) (u Used, err error) {
	u.PostgresCPU, u.RedisCPU = b.CPU()
	db, err := sql.Open("pgx", b.database)
	if err != nil {
		return u, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, `SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, 
		(SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'calls'::regclass)
		FROM pg_stat_database WHERE datname = current_database()`).Scan(&u.Commits, &u.WAL, &u.Stored); err != nil {
		return u, fmt.Errorf("asking PostgreSQL: %w", err)
	}
	client, err := redisconn.Open(b.redis.URL())
	if err != nil {
		return u, err
	}
	defer client.Close() //nolint:errcheck // it only reads
	info, err := client.Info(ctx, "stats").Result()
	if err != nil {
		return u, fmt.Errorf("asking Redis: %w", err)
	}
	for line := range strings.Lines(info) {
		if n, ok := strings.CutPrefix(line, "total_commands_processed:"); ok {
			if _, err := fmt.Sscan(n, &u.RedisCommands); err != nil {
				return u, err
			}
		}
	}
	return u, nil
}
