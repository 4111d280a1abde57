package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	notifyChannel = "pierre_changes"
	notifyTimeout = time.Second
	notifySilence = 5 * time.Second // servers keep the channel busy
	textChange    = "change"        // what is sent after a change; see package bus
)

// A Notifier carries short texts between the servers that share a PostgreSQL database, with NOTIFY. It listens on a
// connection of its own, which has to lead to the database itself: a pooler in transaction mode passes no notifications on,
// nor do most distributed databases have them. Then nothing is heard.
type Notifier struct {
	s      *Store
	config *pgx.ConnConfig
}

// Notifier returns the database's carrier of texts; ok is false if it has none, as SQLite.
func (s *Store) Notifier() (n *Notifier, ok bool) { return s.notifier, s.notifier != nil }

// Name names it in logs.
func (*Notifier) Name() string { return "postgresql" }

// Listen calls heard for every text that is sent, until ctx ends, the connection is lost, or nothing is heard for five
// seconds.
func (n *Notifier) Listen(ctx context.Context, heard func(text string)) error {
	conn, err := pgx.ConnectConfig(ctx, n.config)
	if err != nil {
		return err
	}
	defer n.hangUp(ctx, conn)
	if _, err := conn.Exec(ctx, `LISTEN `+notifyChannel); err != nil {
		return err
	}
	for {
		text, err := wait(ctx, conn)
		if err != nil {
			return err
		}
		heard(text)
	}
}

var errSilent = errors.New("nothing was heard for " + notifySilence.String())

func wait(ctx context.Context, conn *pgx.Conn) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, notifySilence, errSilent)
	defer cancel()
	n, err := conn.WaitForNotification(ctx)
	if err != nil {
		return "", errors.Join(context.Cause(ctx), err)
	}
	return n.Payload, nil
}

func (*Notifier) hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyTimeout)
	defer cancel()
	conn.Close(ctx) //nolint:errcheck // nothing is lost with it
}

// Send sends a text to all that listen.
func (n *Notifier) Send(ctx context.Context, text string) error {
	_, err := n.s.write.ExecContext(ctx, `SELECT pg_notify($1, $2)`, notifyChannel, text)
	return err
}

// announce tells the servers of a change that a program made which is none. They find it anyway, only later.
func (n *Notifier) announce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyTimeout)
	defer cancel()
	n.Send(ctx, textChange) //nolint:errcheck // the change was made
}
