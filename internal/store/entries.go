package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An entry is a row of activity_sources. One that was read has no laps and samples, unless its reader says so.
type entry struct {
	merge.Facts

	activity pierre.ActivityID
	hidden   bool   // by the athlete, with its activity
	sides    sides  // that keep it apart from others
	said     said   // by the athlete of its activity
	decided  bool   // hidden, sides or said are new
	packed   bool   // the row has samples
	summary  []byte // JSON
	laps     []byte // JSON
	samples  []byte // packed
	series   pierre.Series
}

// stored reports whether e is a row that was read without its laps and samples.
func (e *entry) stored() bool { return e.laps == nil }

// keepsSamples reports whether e's samples are kept, needed or not: the athlete decided of e, and may take that back.
func (e *entry) keepsSamples() bool { return len(e.sides) > 0 }

// A summary is what a source says about an activity as a whole.
type summary struct {
	Name         string       `json:"name,omitempty"`
	Description  string       `json:"description,omitempty"`
	Sport        pierre.Sport `json:"sport,omitempty"`
	SportName    string       `json:"sport_name,omitempty"`
	Indoor       bool         `json:"indoor,omitempty"`
	Race         bool         `json:"race,omitempty"`
	UTCOffset    *int         `json:"utc_offset_seconds,omitempty"`
	HasGPS       bool         `json:"has_gps,omitempty"`
	Device       string       `json:"device,omitempty"`
	MultisportID string       `json:"multisport_id,omitempty"`
	Warnings     []string     `json:"warnings,omitempty"`
	pierre.Impression
	pierre.Totals
	Columns merge.Columns `json:"columns,omitempty"`
	Samples int           `json:"samples,omitempty"`
	Span    float64       `json:"span_seconds,omitempty"`
	Extent  float64       `json:"extent_meters,omitempty"`
}

func (s *Store) newEntry(src pierre.Source, rec pierre.Recording) (*entry, error) {
	e := &entry{Facts: merge.FactsOf(src, rec), series: rec.Series}
	a := &e.Activity
	var err error
	e.summary, err = json.Marshal(summary{
		a.Name, a.Description, a.Sport, a.SportName, a.Indoor, a.Race, a.UTCOffset, a.HasGPS, a.Device, a.MultisportID, a.Warnings, a.Impression, a.Totals,
		e.Columns, e.Samples, e.Span, e.Extent,
	})
	if err != nil {
		return nil, err
	}
	if e.laps, err = json.Marshal(rec.Laps); err != nil {
		return nil, err
	}
	e.samples, err = s.codec.Encode(rec.Series)
	return e, err
}

// says reports whether the known e already has all that in has.
func (e *entry) says(in *entry) bool {
	return e.Activity.Start.UnixMicro() == in.Activity.Start.UnixMicro() && bytes.Equal(e.summary, in.summary) &&
		bytes.Equal(e.laps, in.laps) && (e.samples == nil || bytes.Equal(e.samples, in.samples))
}

func sameKey(a, b pierre.Source) bool {
	return a.Provider == b.Provider && a.ExternalID == b.ExternalID && a.SHA256 == b.SHA256 && a.Part == b.Part
}

const (
	sourceColumns = `provider, external_id, file, format, sha256, part, local_times, imported_us, is_primary`
	entryColumns  = sourceColumns + `, activity_id, start_us, summary, hidden, sides, said`
	readColumns   = entryColumns + `, samples IS NOT NULL`
	whereKey      = ` WHERE user_id = $1 AND provider = $2 AND external_id = $3 AND sha256 = $4 AND part = $5`
)

func scanSource(row scanner, more ...any) (pierre.Source, error) {
	var src pierre.Source
	var sum []byte
	var imported int64
	dest := []any{
		&src.Provider, &src.ExternalID, &src.File, &src.Format, &sum, &src.Part, &src.LocalTimes, &imported, &src.Primary,
	}
	err := row.Scan(append(dest, more...)...)
	copy(src.SHA256[:], sum)
	src.Imported = time.UnixMicro(imported).UTC()
	return src, err
}

func scanEntry(row scanner, more ...any) (*entry, error) {
	e := &entry{}
	var start int64
	var err error
	e.Source, err = scanSource(row, append([]any{&e.activity, &start, &e.summary, &e.hidden, &e.sides, &e.said, &e.packed}, more...)...)
	if err != nil {
		return nil, err
	}
	var sum summary
	if err := json.Unmarshal(e.summary, &sum); err != nil {
		return nil, err
	}
	e.Activity = pierre.Activity{
		Provider: e.Source.Provider, Name: sum.Name, Description: sum.Description, Sport: sum.Sport,
		SportName: sum.SportName, Indoor: sum.Indoor, Race: sum.Race,
		Start: time.UnixMicro(start).UTC(), UTCOffset: sum.UTCOffset, HasGPS: sum.HasGPS, Device: sum.Device,
		MultisportID: sum.MultisportID, Warnings: sum.Warnings, Impression: sum.Impression, Totals: sum.Totals,
	}
	e.Columns, e.Samples, e.Span, e.Extent = sum.Columns, sum.Samples, sum.Span, sum.Extent
	return e, nil
}

// known returns the source of that key with its laps and samples, or nil if there is none yet.
func (s sources) known(ctx context.Context, src pierre.Source) (*entry, error) {
	var laps, packed []byte
	e, err := scanEntry(s.db.row(ctx, `SELECT `+readColumns+`, laps, samples FROM activity_sources`+whereKey,
		s.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part), &laps, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // a new source is as normal as a known one
	}
	if err != nil {
		return nil, err
	}
	e.laps, e.samples = laps, packed
	return e, nil
}

// samples returns the packed samples of a source, nil if it has none.
func (s sources) samples(ctx context.Context, src pierre.Source) ([]byte, error) {
	var packed []byte
	err := s.db.row(ctx, `SELECT samples FROM activity_sources`+whereKey,
		s.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part).Scan(&packed)
	return packed, err
}

// entries returns the sources of one activity, the first imported in front.
func (s sources) entries(ctx context.Context, id pierre.ActivityID) ([]*entry, error) {
	rows, err := s.db.query(ctx, `SELECT `+readColumns+` FROM activity_sources
		WHERE `+ofActivity+` ORDER BY imported_us, provider, external_id, sha256, part`, s.user, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// A sourceKey is what tells one state of a source from another.
type sourceKey struct {
	activity pierre.ActivityID
	sha256   [sha256.Size]byte
	part     int
	imported int64 // µs
	named    bool  // the entry of an account is the same
}

// nearby returns the sources whose activities a recording might be of: the
// nearest by start, and those of the same content or the same entry of an account.
func (s sources) nearby(ctx context.Context, in merge.Facts) ([]sourceKey, error) {
	start, near, far := in.Activity.Start.UnixMicro(), merge.MaxStartDifference.Microseconds(), merge.MaxZoneDifference.Microseconds()
	if in.Source.LocalTimes {
		near = far
	}
	var offset, tolerance int64 // µs, by which a copy is off that calls local time UTC
	if in.Activity.UTCOffset != nil && in.Columns&merge.HasPosition != 0 {
		// Around a change of the clocks, the two copies are given offsets that differ by an hour.
		offset, tolerance = int64(*in.Activity.UTCOffset)*1e6, (time.Hour + merge.LocalAsUTCTolerance).Microseconds()
	}
	// Each part runs along one index and stops at its limit, however many sources the user has.
	const (
		key  = `activity_id, sha256, part, imported_us, `
		from = ` SELECT ` + key + `named FROM (SELECT ` + key + `(provider = $8 AND external_id = $9 AND external_id <> '') AS named
			FROM activity_sources WHERE user_id = $1 AND `
		before = ` ORDER BY start_us DESC LIMIT $10) s `
		after  = ` ORDER BY start_us LIMIT $10) s `
	)
	rows, err := s.db.query(ctx,
		from+`start_us BETWEEN $2 AND $3`+before+`UNION`+
			from+`start_us BETWEEN $3 AND $4`+after+`UNION`+
			from+`local_times AND start_us BETWEEN $5 AND $3`+before+`UNION`+
			from+`local_times AND start_us BETWEEN $3 AND $6`+after+`UNION`+
			from+`start_us BETWEEN $13 AND $14`+after+`UNION`+
			from+`start_us BETWEEN $15 AND $16`+after+`UNION`+
			from+`sha256 = $7 AND part = $12 LIMIT $11) s UNION`+
			from+`provider = $8 AND external_id = $9 AND external_id <> '' LIMIT $11) s ORDER BY activity_id, sha256, part, imported_us`,
		s.user, start-near, start, start+near, start-far, start+far,
		in.Source.SHA256[:], in.Source.Provider, in.Source.ExternalID, maxNearby, maxNamed, in.Source.Part,
		start-offset-tolerance, start-offset+tolerance, start+offset-tolerance, start+offset+tolerance)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []sourceKey
	for rows.Next() {
		var k sourceKey
		var sum []byte
		if err := rows.Scan(&k.activity, &sum, &k.part, &k.imported, &k.named); err != nil {
			return nil, err
		}
		copy(k.sha256[:], sum)
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// upsertEntry writes e. Samples that e does not hold in memory stay as they are, if they are needed.
func (i importing) upsertEntry(ctx context.Context, e *entry, needed bool) error {
	if e.stored() {
		_, err := i.tx.exec(ctx, `UPDATE activity_sources SET activity_id = $6, is_primary = $7,
			samples = CASE WHEN $8 THEN samples END, hidden = $9, sides = $10, said = $11`+whereKey,
			i.user, e.Source.Provider, e.Source.ExternalID, e.Source.SHA256[:], e.Source.Part, e.activity, e.Source.Primary, needed,
			e.hidden, e.sides, e.said)
		return err
	}
	packed := e.samples
	if !needed {
		packed = nil
	}
	_, err := i.tx.exec(ctx, upsert("activity_sources", "user_id, "+entryColumns+", laps, samples",
		"user_id, provider, external_id, sha256, part"),
		i.user, e.Source.Provider, e.Source.ExternalID, e.Source.File, e.Source.Format, e.Source.SHA256[:], e.Source.Part,
		e.Source.LocalTimes, e.Source.Imported.UnixMicro(), e.Source.Primary, e.activity, e.Activity.Start.UnixMicro(),
		string(e.summary), e.hidden, e.sides, e.said, string(e.laps), packed)
	return err
}

func (i importing) upsertActivity(ctx context.Context, a pierre.Activity) error {
	r := activityRow(&a)
	n, err := i.tx.change(ctx, r.replace("activities"), r.values()...)
	if err == nil && n == 0 {
		_, err = i.tx.exec(ctx, r.insert("activities"), r.values()...)
	}
	return err
}

// upsert returns the statement that inserts a row, or replaces the one of the same key.
func upsert(table, columns, key string) string {
	names := strings.Split(columns, ",")
	marks, sets := make([]string, len(names)), make([]string, len(names))
	for n, name := range names {
		name = strings.TrimSpace(name)
		marks[n] = "$" + strconv.Itoa(n+1)
		sets[n] = name + " = excluded." + name
	}
	return `INSERT INTO ` + table + ` (` + columns + `) VALUES (` + strings.Join(marks, ", ") + `)
		ON CONFLICT (` + key + `) DO UPDATE SET ` + strings.Join(sets, ", ")
}
