package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// auditHash returns the hash of an entry: SHA-256 over a name of this encoding, the hash before, and the entry's place and
// content, each with its length before it, so that no two entries have the same bytes. Numbers are in decimal.
func auditHash(before []byte, at int64, e *pierre.AuditEntry) []byte {
	h := sha256.New()
	field(h, "pierre audit 1")
	field(h, string(before))
	field(h, strconv.FormatInt(at, 10))
	field(h, strconv.FormatInt(e.At.UnixMicro(), 10))
	for _, text := range []string{e.Actor, e.Person, e.Action, e.Target, e.Details} {
		field(h, text)
	}
	return h.Sum(nil)
}

func field(h io.Writer, text string) {
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text)))) // a hash never fails
	_, _ = h.Write([]byte(text))
}

// chain adds entries of the log to the end of the chain. Whoever does so writes the head's row first: a database that runs
// writers side by side lets one of them through at a time.
func (t *tx) chain(ctx context.Context, entries []pierre.AuditEntry) error {
	var at int64
	var head []byte
	err := t.row(ctx, `UPDATE audit_head SET place = place + $1 WHERE id = 1 RETURNING place - $1, hash`, len(entries)).Scan(&at, &head)
	if err != nil {
		return fmt.Errorf("reading the end of the audit log: %w", err)
	}
	for _, e := range entries {
		at++
		head = auditHash(head, at, &e)
		if _, err := t.exec(ctx, `INSERT INTO audit_chain (place, seq, hash) VALUES ($1, $2, $3)`, at, e.Seq, head); err != nil {
			return fmt.Errorf("writing the audit log: %w", err)
		}
	}
	_, err = t.exec(ctx, `UPDATE audit_head SET hash = $1 WHERE id = 1`, head)
	return err
}

// chainedAtOnce is how many entries one transaction gives their places.
const chainedAtOnce = 500

// chainOld adds entries to the chain that were written before there was one, or by a program that knows none.
func (s *Store) chainOld(ctx context.Context) error {
	for {
		var added int
		err := s.update(ctx, "completing the audit log", func(t *tx) error {
			rows, err := t.query(ctx, `SELECT `+auditRow(&pierre.AuditEntry{}).names("a.")+`, c.place, c.hash
				FROM audit_log a LEFT JOIN audit_chain c ON c.seq = a.seq WHERE c.seq IS NULL ORDER BY a.seq LIMIT $1`, chainedAtOnce)
			list, err := collect(rows, err, scanAudit)
			if added = len(list); err != nil || added == 0 {
				return err
			}
			return t.chain(ctx, list)
		})
		if err != nil || added < chainedAtOnce {
			return err
		}
	}
}

// VerifyAuditLog checks every entry of the log against the chain of hashes. kept is a hash that was printed earlier and kept
// elsewhere, nil if there is none: only it tells if entries were cut off at the end together with their hashes, or if the
// whole chain was made anew.
func (s *Store) VerifyAuditLog(ctx context.Context, kept []byte) (pierre.AuditCheck, error) {
	var check pierre.AuditCheck
	err := s.view(ctx, "checking the audit log", func(t *tx) error {
		check = pierre.AuditCheck{KeptFound: kept == nil}
		if err := t.row(ctx, `SELECT COUNT(*) FROM audit_log a LEFT JOIN audit_chain c ON c.seq = a.seq WHERE c.seq IS NULL`).Scan(&check.Unchained); err != nil {
			return err
		}
		var headPlace int64
		var head []byte
		if err := t.row(ctx, `SELECT place, hash FROM audit_head WHERE id = 1`).Scan(&headPlace, &head); err != nil {
			return err
		}
		if err := t.walkChain(ctx, kept, &check); err != nil || check.Broken != nil {
			return err
		}
		if headPlace != check.Entries || !bytes.Equal(head, check.Head) {
			check.Broken = &pierre.AuditBreak{Place: check.Entries + 1, Why: fmt.Sprintf(
				"the log ends after %d entries, but there were %d: the last ones were cut off or replaced", check.Entries, headPlace)}
		}
		return nil
	})
	return check, err
}

// walkChain follows the chain until its end or the first entry that is not as it was.
func (t *tx) walkChain(ctx context.Context, kept []byte, check *pierre.AuditCheck) error {
	rows, err := t.query(ctx, `SELECT c.place, c.seq, c.hash, a.at_us, a.actor, a.person, a.action, a.target, a.details
		FROM audit_chain c LEFT JOIN audit_log a ON a.seq = c.seq ORDER BY c.place`)
	if err != nil {
		return err
	}
	defer rows.Close()
	check.Head = make([]byte, sha256.Size)
	check.KeptFound = check.KeptFound || bytes.Equal(kept, check.Head)
	for rows.Next() {
		var at sql.NullInt64
		var actor, person, action, target, details sql.NullString
		var e pierre.AuditEntry
		if err := rows.Scan(&e.Place, &e.Seq, &e.Hash, &at, &actor, &person, &action, &target, &details); err != nil {
			return err
		}
		e.At, e.Actor, e.Person, e.Action, e.Target, e.Details = fromMicros(at), actor.String, person.String, action.String, target.String, details.String
		switch {
		case e.Place != check.Entries+1:
			check.Broken = &pierre.AuditBreak{Place: check.Entries + 1, Why: "the entry is missing"}
		case !at.Valid:
			check.Broken = &pierre.AuditBreak{Place: e.Place, Seq: e.Seq, Why: "the entry was deleted"}
		case !bytes.Equal(e.Hash, auditHash(check.Head, e.Place, &e)):
			check.Broken = &pierre.AuditBreak{Place: e.Place, Seq: e.Seq, Why: "the entry was changed, or one before it was taken away"}
		}
		if check.Broken != nil {
			return nil
		}
		check.Entries, check.Head = e.Place, e.Hash
		check.KeptFound = check.KeptFound || bytes.Equal(kept, e.Hash)
	}
	return rows.Err()
}

// A place is a column of a place in the chain, 0 for NULL.
type place struct{ at *int64 }

// Scan implements [database/sql.Scanner].
func (p place) Scan(v any) error {
	n, _ := v.(int64)
	*p.at = n
	return nil
}
