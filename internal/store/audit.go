package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// audit notes a change in the transaction that makes it. Details must not hold secrets.
func (t *tx) audit(ctx context.Context, act pierre.Act, action, target string, details any) error {
	b, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("encoding the audit details of %s: %w", action, err)
	}
	actor, person := act.Actor()
	_, err = t.exec(ctx, `INSERT INTO audit_log (at_us, actor, person, action, target, details) VALUES ($1, $2, $3, $4, $5, $6)`,
		act.At.UnixMicro(), actor, person, action, target, string(b))
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return nil
}

// AuditLog returns a page of at most limit entries, newest first. The cursor is the page before's, "" for the first.
func (s *Store) AuditLog(ctx context.Context, limit int, cursor string) (pierre.AuditPage, error) {
	const newest = 1<<63 - 1
	from := position{At: newest}
	if cursor != "" {
		var err error
		if from, err = parsePosition(cursor); err != nil {
			return pierre.AuditPage{}, err
		}
	}
	rows, err := s.query(ctx, `SELECT seq, at_us, actor, person, action, target, details FROM audit_log
		WHERE seq < $1 ORDER BY seq DESC LIMIT $2`, from.At, limit+1)
	if err != nil {
		return pierre.AuditPage{}, s.classify(err, "reading the audit log")
	}
	defer rows.Close()
	page := pierre.AuditPage{Entries: []pierre.AuditEntry{}}
	for rows.Next() {
		var e pierre.AuditEntry
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Person, &e.Action, &e.Target, &e.Details); err != nil {
			return pierre.AuditPage{}, s.classify(err, "reading the audit log")
		}
		e.At = time.UnixMicro(at).UTC()
		page.Entries = append(page.Entries, e)
	}
	if len(page.Entries) > limit {
		page.Entries = page.Entries[:limit]
		page.NextCursor = position{At: page.Entries[limit-1].Seq}.cursor()
	}
	return page, s.classify(rows.Err(), "reading the audit log")
}
