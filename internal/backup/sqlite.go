package backup

import (
	"context"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/sqldb"
)

type dbTx = sqldb.Tx

func openFile(path string) (*sqldb.DB, error) {
	db, err := sqldb.OpenSQLite(path)
	if err != nil {
		return nil, fmt.Errorf("opening the copy: %w", err)
	}
	return db, nil
}

func settle(ctx context.Context, path string) error {
	if err := sqldb.SettleSQLite(ctx, path); err != nil {
		return fmt.Errorf("closing the copy: %w", err)
	}
	return nil
}
