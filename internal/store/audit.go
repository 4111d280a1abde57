package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// audit notes a change in the transaction that makes it. Details must not hold secrets.
func (t *tx) audit(ctx context.Context, act pierre.Act, action, target string, details any) error {
	b, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("encoding the audit details of %s: %w", action, err)
	}
	e := pierre.AuditEntry{At: act.At, Action: action, Target: target, Details: string(b)}
	e.Actor, e.Person = act.Actor()
	err = t.row(ctx, `INSERT INTO audit_log (at_us, actor, person, action, target, details) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq`,
		e.At.UnixMicro(), e.Actor, e.Person, e.Action, e.Target, e.Details).Scan(&e.Seq)
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return t.chain(ctx, []pierre.AuditEntry{e})
}

// auditRow is the row of an entry in audit_log.
func auditRow(e *pierre.AuditEntry) row {
	return row{
		{"seq", &e.Seq, false},
		{"at_us", instant{&e.At}, false},
		{"actor", &e.Actor, false},
		{"person", &e.Person, false},
		{"action", &e.Action, false},
		{"target", &e.Target, false},
		{"details", &e.Details, false},
	}
}

// AuditLog returns a page of entries, newest first.
func (s *Store) AuditLog(ctx context.Context, q pierre.AuditQuery) (pierre.AuditPage, error) {
	f := &filter{}
	f.and("TRUE")
	for column, want := range map[string]string{"actor": q.Actor, "action": q.Action, "target": q.Target} {
		if want != "" {
			f.and("a." + column + " = " + f.arg(want))
		}
	}
	if !q.From.IsZero() {
		f.and("a.at_us >= " + f.arg(q.From.UnixMicro()))
	}
	if !q.To.IsZero() {
		f.and("a.at_us < " + f.arg(q.To.UnixMicro()))
	}
	if q.Cursor != "" {
		from, err := parsePosition(q.Cursor)
		if err != nil {
			return pierre.AuditPage{}, err
		}
		f.and("a.seq < " + f.arg(from.At))
	}
	rows, err := s.query(ctx, `SELECT `+auditRow(&pierre.AuditEntry{}).names("a.")+`, c.place, c.hash
		FROM audit_log a LEFT JOIN audit_chain c ON c.seq = a.seq WHERE `+f.where()+` ORDER BY a.seq DESC LIMIT `+f.arg(q.Limit+1), f.args...)
	list, err := collect(rows, err, scanAudit)
	if err != nil {
		return pierre.AuditPage{}, s.classify(err, "reading the audit log")
	}
	page := pierre.AuditPage{Entries: list}
	if len(list) > q.Limit {
		page.Entries = list[:q.Limit]
		page.NextCursor = position{At: page.Entries[q.Limit-1].Seq}.cursor()
	}
	return page, nil
}

func scanAudit(from scanner) (pierre.AuditEntry, error) {
	var e pierre.AuditEntry
	err := from.Scan(append(auditRow(&e).values(), place{&e.Place}, &e.Hash)...)
	return e, err
}
