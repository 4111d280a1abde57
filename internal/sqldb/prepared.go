package sqldb

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func sendBatch(ctx context.Context, conn *sql.Conn, batch *pgx.Batch) error {
	return conn.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn() //nolint:forcetypeassert // this package opens no other
		err := prepare(ctx, c, batch)
		if err == nil {
			err = c.SendBatch(ctx, batch).Close()
		}
		switch postgresCode(err) {
		case "26000", "42P05": // the server lacks a statement of ours, or has one that we did not make
			return sendUnprepared(ctx, c, batch)
		}
		return err
	})
}

// directKey is under which a connection keeps whether it leads to the server itself.
const directKey = "pierre.direct"

// sendUnprepared sends a batch of which nothing was run, because the server's statements are not those of this connection: a
// pooler is between that greets as the server does.
func sendUnprepared(ctx context.Context, c *pgx.Conn, batch *pgx.Batch) error {
	c.PgConn().CustomData()[directKey] = false
	again := &pgx.Batch{}
	for _, q := range batch.QueuedQueries {
		if err := c.Deallocate(ctx, q.SQL); err != nil {
			return err
		}
		again.Queue(q.SQL, q.Arguments...)
	}
	return c.SendBatch(ctx, again).Close()
}

// prepare lets the server keep the statements of the batch, which halves its work, if the connection leads to the server
// itself: a pooler may give each transaction another connection, which lacks them.
func prepare(ctx context.Context, c *pgx.Conn, batch *pgx.Batch) error {
	direct, err := isDirect(ctx, c)
	if err != nil || !direct {
		return err
	}
	for _, q := range batch.QueuedQueries {
		if _, err := c.Prepare(ctx, q.SQL, q.SQL); err != nil { // once in the connection's life
			return err
		}
	}
	return nil
}

// isDirect reports whether the process at the other end is the one that greeted: a pooler greets with a number of its own.
func isDirect(ctx context.Context, c *pgx.Conn) (bool, error) {
	known := c.PgConn().CustomData()
	if direct, ok := known[directKey].(bool); ok {
		return direct, nil
	}
	var pid uint32
	if err := c.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		return false, err
	}
	direct := pid == c.PgConn().PID()
	known[directKey] = direct
	return direct, nil
}
