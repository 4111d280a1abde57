package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newMatchStore(t *testing.T) (*Store, pierre.UserID) {
	t.Helper()
	s, err := OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := s.EnsureUser(t.Context(), "ana@example.com", noon)
	if err != nil {
		t.Fatal(err)
	}
	return s, u.ID
}

// walk is a track of ten minutes on a meridian of its own; all of them start at noon.
func walk(file string, meridian int) (pierre.Source, pierre.Recording) {
	rec := pierre.Recording{Activity: pierre.Activity{
		Start: noon, HasGPS: true, Totals: pierre.Totals{DurationSeconds: new(600.0), ElapsedSeconds: new(600.0)},
	}}
	for i := range 61 {
		rec.Series.Time = append(rec.Series.Time, float64(10*i))
		rec.Series.Latitude = append(rec.Series.Latitude, 48+float64(i)*1e-4)
		rec.Series.Longitude = append(rec.Series.Longitude, 16+float64(meridian)*0.01)
	}
	return pierre.Source{Provider: pierre.ProviderFile, File: file, Format: "gpx", SHA256: sha256.Sum256([]byte(file)), Imported: noon}, rec
}

func importWalk(t *testing.T, s *Store, user pierre.UserID, file string, meridian int) pierre.Addition {
	t.Helper()
	src, rec := walk(file, meridian)
	added, err := s.ImportRecording(t.Context(), user, src, rec)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// A countingQuerier counts the queries that are made through it.
type countingQuerier struct {
	*Store

	n int
}

func (c *countingQuerier) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.Store.query(ctx, q, args...)
}

func (c *countingQuerier) row(ctx context.Context, q string, args ...any) *sql.Row {
	c.n++
	return c.Store.row(ctx, q, args...)
}

// What a recording costs does not grow with how many start at the same time.
func TestMatchIsBounded(t *testing.T) {
	s, user := newMatchStore(t)
	cost := func() (queries, rows int) {
		src, rec := walk("one more", -1)
		in, err := s.newEntry(src, rec)
		if err != nil {
			t.Fatal(err)
		}
		db := &countingQuerier{Store: s}
		m, err := newSources(db, user, s.codec).match(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return db.n, len(m.nearby)
	}
	const enough = 2*maxNearby + maxTracks
	for n := range enough {
		importWalk(t, s, user, fmt.Sprint(n), n)
	}
	queries, rows := cost()
	for n := range 20 {
		importWalk(t, s, user, fmt.Sprint(enough+n), enough+n)
	}
	if q, r := cost(); q != queries || r != rows {
		t.Errorf("with 20 recordings more: %d queries and %d sources, before %d and %d", q, r, queries, rows)
	}
	if rows > 4*maxNearby+2*maxNamed {
		t.Errorf("%d sources are looked at", rows)
	}
}

// Parts of one file that start together, as of a group's tracks, cost no look at each other.
func TestPartsAreNotCompared(t *testing.T) {
	s, user := newMatchStore(t)
	for part := range 20 {
		src, rec := walk("group", part)
		src.Part = part
		if _, err := s.ImportRecording(t.Context(), user, src, rec); err != nil {
			t.Fatal(err)
		}
	}
	src, rec := walk("group", 20)
	src.Part = 20
	in, err := s.newEntry(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	db := &countingQuerier{Store: s}
	if m, err := newSources(db, user, s.codec).match(t.Context(), in); err != nil || len(m.activities) > 0 || db.n > 2 {
		t.Errorf("match = %+v, %v after %d queries, want none after 2", m, err, db.n)
	}
}

// Tracks are compared, and known recordings recognised, while another transaction has the database's only writer.
func TestMatchNeedsNoWriter(t *testing.T) {
	s, user := newMatchStore(t)
	first := importWalk(t, s, user, "a", 0)
	writing, err := s.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer writing.Rollback()
	if again := importWalk(t, s, user, "a", 0); again.Outcome != pierre.OutcomeUnchanged || again.Activity != first.Activity {
		t.Errorf("again = %+v, want unchanged", again)
	}
	src, rec := walk("b", 0)
	in, err := s.newEntry(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newSources(s, user, s.codec).match(t.Context(), in)
	if err != nil || len(m.activities) != 1 || m.activities[0] != first.Activity {
		t.Errorf("match = %+v, %v, want the first activity", m, err)
	}
}

// A match that another import has overtaken is not written.
func TestOvertakenMatch(t *testing.T) {
	s, user := newMatchStore(t)
	src, rec := walk("a", 0)
	in, err := s.newEntry(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newSources(s, user, s.codec).match(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	importWalk(t, s, user, "b", 0)
	if added, err := s.keepMatched(t.Context(), user, in, &m); !errors.Is(err, errOutdated) {
		t.Errorf("keepMatched = %+v, %v, want that the match is outdated", added, err)
	}
	if added := importWalk(t, s, user, "a", 0); added.Outcome != pierre.OutcomeMerged {
		t.Errorf("import = %+v, want merged", added)
	}
}

// Neither is one that joins what the athlete has kept apart since.
func TestDecisionOvertakesMatch(t *testing.T) {
	s, user := newMatchStore(t)
	at := func(file string, seconds int) (pierre.Source, pierre.Recording) {
		src, rec := walk(file, 0)
		rec.Start, rec.Series = noon.Add(time.Duration(seconds)*time.Second), pierre.Series{}
		return src, rec
	}
	var ids []pierre.ActivityID
	for n, file := range []string{"a", "b"} { // too far from each other to be one, unless there is one in between
		src, rec := at(file, 100*n)
		added, err := s.ImportRecording(t.Context(), user, src, rec)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, added.Activity)
	}
	src, rec := at("c", 50)
	in, err := s.newEntry(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newSources(s, user, s.codec).match(t.Context(), in)
	if err != nil || len(m.activities) != 2 {
		t.Fatalf("match = %+v, %v, want both", m, err)
	}
	if err := s.KeepApart(t.Context(), user, ids[0], ids[1]); err != nil {
		t.Fatal(err)
	}
	if added, err := s.keepMatched(t.Context(), user, in, &m); !errors.Is(err, errOutdated) {
		t.Errorf("keepMatched = %+v, %v, want that the match is outdated", added, err)
	}
}

// Imports at the same time come to the same as one after the other.
func TestParallelImports(t *testing.T) {
	s, user := newMatchStore(t)
	const routes, copies = 3, 8
	var running sync.WaitGroup
	for n := range copies {
		running.Go(func() {
			for route := range routes {
				src, rec := walk(fmt.Sprintf("copy %d of route %d", n, route), route)
				if _, err := s.ImportRecording(t.Context(), user, src, rec); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	page, err := s.Activities(t.Context(), user, pierre.ActivityQuery{})
	if err != nil || page.Total != routes {
		t.Fatalf("%d activities, %v, want %d", page.Total, err, routes)
	}
	for _, a := range page.Activities {
		if list, err := s.Sources(t.Context(), user, a.ID); err != nil || len(list) != copies {
			t.Errorf("%d sources, %v, want %d", len(list), err, copies)
		}
	}
}

// An activity has a bounded number of sources. Those beyond are known by it, and not kept.
func TestSourcesAreBounded(t *testing.T) {
	s, user := newMatchStore(t)
	var first pierre.Addition
	for n := range maxSources + 3 {
		added := importWalk(t, s, user, fmt.Sprint(n), 0)
		switch {
		case n == 0:
			first = added
		case added.Activity != first.Activity:
			t.Fatalf("source %d is of another activity", n)
		case (added.Outcome == pierre.OutcomeUnchanged) != (n >= maxSources):
			t.Errorf("source %d: %s", n, added.Outcome)
		}
	}
	if list, err := s.Sources(t.Context(), user, first.Activity); err != nil || len(list) != maxSources {
		t.Errorf("%d sources, %v, want %d", len(list), err, maxSources)
	}
}

// A damaged recording does not keep others out: it is named, and compared without its track.
func TestDamagedNeighbours(t *testing.T) {
	for name, beside := range map[string]time.Duration{"of the same outing": 5 * time.Second, "at the same time": 3 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			s, user := newMatchStore(t)
			first, rec := walk("first", 0)
			added, err := s.ImportRecording(t.Context(), user, first, rec)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.write.ExecContext(t.Context(), `UPDATE activity_sources SET samples = X'0102030405060708'`); err != nil {
				t.Fatal(err)
			}
			src, rec := walk("second", 0)
			rec.Start = rec.Start.Add(beside)
			got, err := s.ImportRecording(t.Context(), user, src, rec)
			if err != nil || got.Activity == added.Activity || !slices.Equal(got.Damaged, []string{first.File}) {
				t.Errorf("beside a damaged recording: %+v, %v", got, err)
			}
		})
	}
}
