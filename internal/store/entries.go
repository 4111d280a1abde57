package store

import (
	"bytes"
	"context"
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
	summary  []byte // JSON
	laps     []byte // JSON
	samples  []byte // packed
	series   pierre.Series
}

// A summary is what a source says about an activity as a whole.
type summary struct {
	Name         string       `json:"name,omitempty"`
	Description  string       `json:"description,omitempty"`
	Sport        pierre.Sport `json:"sport,omitempty"`
	UTCOffset    *int         `json:"utc_offset_seconds,omitempty"`
	HasGPS       bool         `json:"has_gps,omitempty"`
	Device       string       `json:"device,omitempty"`
	MultisportID string       `json:"multisport_id,omitempty"`
	Warnings     []string     `json:"warnings,omitempty"`
	pierre.Totals
	Columns merge.Columns `json:"columns,omitempty"`
	Samples int           `json:"samples,omitempty"`
	Span    float64       `json:"span_seconds,omitempty"`
}

func (s *Store) newEntry(src pierre.Source, rec pierre.Recording) (*entry, error) {
	e := &entry{Facts: merge.FactsOf(src, rec), series: rec.Series}
	a := &e.Activity
	var err error
	e.summary, err = json.Marshal(summary{
		a.Name, a.Description, a.Sport, a.UTCOffset, a.HasGPS, a.Device, a.MultisportID, a.Warnings, a.Totals,
		e.Columns, e.Samples, e.Span,
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
	entryColumns  = sourceColumns + `, activity_id, start_us, summary`
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
	e.Source, err = scanSource(row, append([]any{&e.activity, &start, &e.summary}, more...)...)
	if err != nil {
		return nil, err
	}
	var sum summary
	if err := json.Unmarshal(e.summary, &sum); err != nil {
		return nil, err
	}
	e.Activity = pierre.Activity{
		Provider: e.Source.Provider, Name: sum.Name, Description: sum.Description, Sport: sum.Sport,
		Start: time.UnixMicro(start).UTC(), UTCOffset: sum.UTCOffset, HasGPS: sum.HasGPS, Device: sum.Device,
		MultisportID: sum.MultisportID, Warnings: sum.Warnings, Totals: sum.Totals,
	}
	e.Columns, e.Samples, e.Span = sum.Columns, sum.Samples, sum.Span
	return e, nil
}

// known returns the source of that key with its laps and samples, or nil if there is none yet.
func (i importing) known(ctx context.Context, src pierre.Source) (*entry, error) {
	var laps, packed []byte
	e, err := scanEntry(i.row(ctx, `SELECT `+entryColumns+`, laps, samples FROM activity_sources`+whereKey,
		i.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part), &laps, &packed)
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
func (i importing) samples(ctx context.Context, src pierre.Source) ([]byte, error) {
	var packed []byte
	err := i.row(ctx, `SELECT samples FROM activity_sources`+whereKey,
		i.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part).Scan(&packed)
	return packed, err
}

// entries returns the sources of one activity, the first imported in front.
func (i importing) entries(ctx context.Context, id pierre.ActivityID) ([]*entry, error) {
	rows, err := i.query(ctx, `SELECT `+entryColumns+` FROM activity_sources
		WHERE user_id = $1 AND activity_id = $2 ORDER BY imported_us, provider, external_id, sha256, part`, i.user, id)
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

// nearby returns the activities that in might be a recording of, the first imported in front.
func (i importing) nearby(ctx context.Context, in *entry) ([]pierre.ActivityID, error) {
	start, near, far := in.Activity.Start.UnixMicro(), merge.MaxStartDifference.Microseconds(), merge.MaxZoneDifference.Microseconds()
	if in.Source.LocalTimes {
		near = far
	}
	// One SELECT for each index: an OR would read all of the user's sources.
	const from = `SELECT activity_id, imported_us FROM activity_sources WHERE user_id = $1 AND `
	rows, err := i.query(ctx, `SELECT activity_id FROM (`+
		from+`start_us BETWEEN $2 AND $3 UNION ALL `+
		from+`start_us BETWEEN $4 AND $5 AND local_times UNION ALL `+
		from+`sha256 = $6 UNION ALL `+
		from+`provider = $7 AND external_id = $8 AND external_id <> '') candidates
		GROUP BY activity_id ORDER BY min(imported_us), activity_id`,
		i.user, start-near, start+near, start-far, start+far, in.Source.SHA256[:], in.Source.Provider, in.Source.ExternalID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []pierre.ActivityID
	for rows.Next() {
		var id pierre.ActivityID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// upsertEntry writes e. Samples that e does not hold in memory stay as they are, if they are needed.
func (i importing) upsertEntry(ctx context.Context, e *entry, needed bool) error {
	if e.laps == nil { // a row that exists
		_, err := i.exec(ctx, `UPDATE activity_sources SET activity_id = $6, is_primary = $7,
			samples = CASE WHEN $8 THEN samples END`+whereKey,
			i.user, e.Source.Provider, e.Source.ExternalID, e.Source.SHA256[:], e.Source.Part, e.activity, e.Source.Primary, needed)
		return err
	}
	packed := e.samples
	if !needed {
		packed = nil
	}
	_, err := i.exec(ctx, upsert("activity_sources", "user_id, "+entryColumns+", laps, samples",
		"user_id, provider, external_id, sha256, part"),
		i.user, e.Source.Provider, e.Source.ExternalID, e.Source.File, e.Source.Format, e.Source.SHA256[:], e.Source.Part,
		e.Source.LocalTimes, e.Source.Imported.UnixMicro(), e.Source.Primary, e.activity, e.Activity.Start.UnixMicro(),
		string(e.summary), string(e.laps), packed)
	return err
}

func (i importing) upsertActivity(ctx context.Context, a pierre.Activity) error {
	if a.Warnings == nil {
		a.Warnings = []string{}
	}
	warnings, err := json.Marshal(a.Warnings)
	if err != nil {
		return err
	}
	_, err = i.exec(ctx, upsert("activities", activityColumns, "id"),
		a.ID, a.UserID, a.Provider, a.Name, a.Description, a.Sport, a.Start.UnixMicro(), a.UTCOffset, a.HasGPS, a.Device,
		a.MultisportID, string(warnings), a.DistanceMeters, a.DurationSeconds, a.ElapsedSeconds, a.ElevationGainMeters,
		a.ElevationLossMeters, a.AverageHeartRateBPM, a.MaxHeartRateBPM, a.AveragePowerWatts, a.MaxPowerWatts,
		a.NormalizedPowerWatts, a.AverageSpeedMPS, a.MaxSpeedMPS, a.AverageCadenceRPM, a.CaloriesKcal)
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
