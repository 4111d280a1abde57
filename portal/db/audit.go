package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// An Act is who of the staff changes something, and when.
type Act struct {
	Person string // an e-mail address, or the name of what acts without a person
	At     time.Time
}

// An AuditEntry is something that staff did at the site.
type AuditEntry struct {
	Seq int64 // 1, 2, 3, …

	Act

	Action  string // such as staff.invite
	Target  string // what was changed: an e-mail address, an id, a month
	Details string // JSON, without secrets
	Hash    string // over the entry and the hash before it, in hexadecimal
}

// Audit notes a change in the transaction that makes it. Details become JSON and must not hold secrets.
func Audit(ctx context.Context, t *Tx, act Act, action, target string, details any) error {
	text, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("encoding the audit details of %s: %w", action, err)
	}
	e := AuditEntry{Act: act, Action: action, Target: target, Details: string(text)}
	var before string
	// Whoever writes the head first goes first; the others wait for it or are run again.
	if err := t.Row(ctx, `UPDATE portal_audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash`).Scan(&e.Seq, &before); err != nil {
		return fmt.Errorf("reading the end of the audit log: %w", err)
	}
	e.Hash = e.hashAfter(before)
	if _, err := t.Exec(ctx, `INSERT INTO portal_audit (seq, at_us, person, action, target, details, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Seq, e.At.UnixMicro(), e.Person, e.Action, e.Target, e.Details, e.Hash); err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	_, err = t.Exec(ctx, `UPDATE portal_audit_head SET hash = $1 WHERE id = 1`, e.Hash)
	return err
}

// hashAfter returns SHA-256 over a name of this encoding, the hash before, and all of the entry.
func (e *AuditEntry) hashAfter(before string) string {
	return chained("pierre portal audit 1", before,
		strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.At.UnixMicro(), 10), e.Person, e.Action, e.Target, e.Details)
}

// chained returns SHA-256 over texts, each with its length before it, so that no two lists have the same bytes.
func chained(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text)))) // a hash never fails
		_, _ = io.WriteString(h, text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// An AuditQuery says which entries are wanted, newest first.
type AuditQuery struct {
	Person, Action, Target string    // "": any
	From, To               time.Time // at From or after, and before To; zero: open
	Before                 int64     // entries before this Seq; 0: from the newest
	Limit                  int       // at most so many
}

// AuditLog returns entries, newest first.
func (db *DB) AuditLog(ctx context.Context, q AuditQuery) ([]AuditEntry, error) {
	where, args := "TRUE", []any{}
	and := func(condition string, value any) {
		args = append(args, value)
		where += " AND " + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args)))
	}
	for column, want := range map[string]string{"person": q.Person, "action": q.Action, "target": q.Target} {
		if want != "" {
			and(column+" = ?", want)
		}
	}
	if !q.From.IsZero() {
		and("at_us >= ?", q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		and("at_us < ?", q.To.UnixMicro())
	}
	if q.Before > 0 {
		and("seq < ?", q.Before)
	}
	args = append(args, q.Limit)
	rows, err := db.Query(ctx, `SELECT `+auditColumns+` FROM portal_audit WHERE `+where+` ORDER BY seq DESC LIMIT $`+strconv.Itoa(len(args)), args...)
	list, err := collect(rows, err, scanAudit)
	return list, db.Classify(err, "reading the audit log")
}

const auditColumns = `seq, at_us, person, action, target, details, hash`

func scanAudit(rows *sql.Rows) (e AuditEntry, err error) {
	err = rows.Scan(&e.Seq, sqldb.Instant{Time: &e.At}, &e.Person, &e.Action, &e.Target, &e.Details, &e.Hash)
	return e, err
}

// VerifyAudit follows the chain of hashes through the whole log. It returns how many entries there are, and, as a
// [pierre.KindConflict] error, the first one that is not as it was written.
func (db *DB) VerifyAudit(ctx context.Context) (entries int64, err error) {
	rows, err := db.Query(ctx, `SELECT `+auditColumns+` FROM portal_audit ORDER BY seq`)
	if err != nil {
		return 0, db.Classify(err, "reading the audit log")
	}
	defer rows.Close()
	var before string
	for rows.Next() {
		e, err := scanAudit(rows)
		if err != nil {
			return entries, db.Classify(err, "reading the audit log")
		}
		entries++
		if e.Seq != entries || e.Hash != e.hashAfter(before) {
			return entries, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("Entry %d of the audit log was changed, or one before it was taken away.", entries)}
		}
		before = e.Hash
	}
	if err := rows.Err(); err != nil {
		return entries, db.Classify(err, "reading the audit log")
	}
	var seq int64
	var head string
	if err := db.Row(ctx, `SELECT seq, hash FROM portal_audit_head WHERE id = 1`).Scan(&seq, &head); err != nil {
		return entries, db.Classify(err, "reading the audit log")
	}
	if seq < entries || seq == entries && head != before {
		return entries, &pierre.Error{Kind: pierre.KindConflict, Msg: "The end of the audit log was replaced."}
	}
	if seq > entries && !db.grewTo(ctx, seq) {
		return entries, &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("The audit log ends after %d entries, but there were %d.", entries, seq)}
	}
	return entries, nil
}

// grewTo reports whether the entry is there: others write to the log while it is read.
func (db *DB) grewTo(ctx context.Context, seq int64) bool {
	var there int64
	return db.Row(ctx, `SELECT COUNT(*) FROM portal_audit WHERE seq = $1`, seq).Scan(&there) == nil && there == 1
}

// collect reads all rows of a query that returned err.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
