package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	// DefaultConnections is how many connections to PostgreSQL a [DB] opens at most, unless
	// [DB.SetMaxConnections] says otherwise. PostgreSQL itself takes 100 by default, from all its clients.
	DefaultConnections = 16

	connectTimeout     = 5 * time.Second  // of one address of the server
	connectionIdle     = 5 * time.Minute  // after which an unused connection is closed
	connectionLifetime = 30 * time.Minute // after which a connection is made anew, so that a moved server is found
	migrationLease     = 30 * time.Second // after which the lock of a program that died while it migrated is free
	migrationBeat      = 5 * time.Second  // how often the lock is renewed
	migrationPause     = 200 * time.Millisecond
	migrationTries     = 1500 // with migrationPause between them: five minutes
)

// OpenPostgres opens the PostgreSQL database that databaseURL names, postgresql://USER:PASSWORD@HOST:PORT/DATABASE or
// postgres://…; it connects when the database is first used. Several hosts, TLS (sslmode and its like), PGPASSWORD and
// the password file are as libpq has them. Behind a pooler, which may give each transaction another connection, no statement is
// prepared on the server; without one, those of [DB.Pipeline] are. The error never repeats the URL, because it may hold a password.
func OpenPostgres(databaseURL string) (*DB, error) {
	config, err := postgresConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLeaseDuration(migrationLease), lock.WithTableHeartbeatInterval(migrationBeat),
		lock.WithTableLockTimeout(migrationPause, migrationTries))
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config)
	pool.SetConnMaxIdleTime(connectionIdle)
	pool.SetConnMaxLifetime(connectionLifetime)
	name := fmt.Sprintf("postgresql://%s/%s", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), config.Database)
	db := &DB{name: name, write: pool, read: pool, config: config, d: dialect{
		goose:         goose.DialectPostgres,
		migrating:     []goose.ProviderOption{goose.WithLocker(locker)},
		rewrite:       func(q string) string { return q },
		arguments:     cleanTexts,
		conflict:      postgresConflict,
		serialization: postgresSerialization,
		busy:          postgresBusy,
		full:          postgresFull,
		clock:         `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`,
	}}
	db.SetMaxConnections(DefaultConnections)
	return db, nil
}

// isPostgres reports whether the URL names a PostgreSQL database.
func isPostgres(databaseURL string) bool {
	s := strings.ToLower(scheme.FindString(databaseURL))
	return s == "postgres:" || s == "postgresql:"
}

func postgresConfig(databaseURL string) (*pgx.ConnConfig, error) {
	_, rest, _ := strings.Cut(databaseURL, ":")
	config, err := pgx.ParseConfig("postgresql:" + rest)
	if err != nil || !strings.HasPrefix(rest, "//") {
		return nil, pierre.Invalid("database-url", "--database-url is no PostgreSQL URL; "+
			"write postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password as %%XX.")
	}
	// Statements are described once per connection and remembered here, not on the server.
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "pierre"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// A server that vanished without a word is noticed in half a minute.
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	return config, nil
}

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// postgresConflict reports that there is such a row. Citus has no code for that where it copies rows to another node.
func postgresConflict(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "23505" || e.Code == "XX000" && strings.HasPrefix(e.Message, "duplicate key value violates unique constraint "))
}

// postgresSerialization reports a serialization failure or a deadlock.
func postgresSerialization(err error) bool {
	code := postgresCode(err)
	return code == "40001" || code == "40P01"
}

func postgresFull(err error) bool { return postgresCode(err) == "53100" }

// postgresBusy reports that the server cannot be reached, ends or starts, has no connection left, or has become a
// read-only copy of another one.
func postgresBusy(err error) bool {
	code := postgresCode(err)
	switch {
	case code == "53100": // disk full
		return false
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57P"), code == "55P03", code == "25006":
		return true
	case code != "":
		return false
	}
	return lostConnection(err)
}

// lostConnection reports that there is no connection to the server, or no more.
func lostConnection(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrNoRows) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}
