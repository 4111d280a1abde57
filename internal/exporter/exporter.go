// Package exporter writes all that is kept of a user as an archive: each activity as a file, and the rest as JSON. The format is
// package exportfile's. It reads little at a time, so that what it needs does not grow with what the user has.
package exporter

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Activities are what is kept of a user's activities.
type Activities interface {
	Activities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (pierre.ActivityPage, error)
	Activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error)
	Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error)
	Annotation(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Annotation, error)
	DeletedRecordings(ctx context.Context, user pierre.UserID, after pierre.DeletedRecording, limit int) ([]pierre.DeletedRecording, error)
}

// Files are what is kept of where activities were read.
type Files interface {
	KeptSources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.KeptSource, error)
	SourceRecording(ctx context.Context, user pierre.UserID, src pierre.Source) (pierre.Recording, error)
	Original(ctx context.Context, user pierre.UserID, sum [32]byte) (pierre.Original, error)
	FirstOf(ctx context.Context, user pierre.UserID, sum [32]byte) (pierre.ActivityID, pierre.Source, error)
}

// Gear reads what shoes and bicycles have done, and what they were bought as.
type Gear interface {
	Gear(ctx context.Context, user pierre.UserID, zone *time.Location) ([]pierre.GearUse, error)
	GearProducts(ctx context.Context, user pierre.UserID) ([]pierre.GearProduct, error)
}

// Plans reads what the user wants to reach, and to do.
type Plans interface {
	Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error)
	Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error)
}

// Records are what is kept of a user besides activities.
type Records interface {
	Gear
	Plans

	ProfileRecord(ctx context.Context, user pierre.UserID) (pierre.ProfileRecord, error)
	Wellness(ctx context.Context, user pierre.UserID, q pierre.WellnessQuery) ([]pierre.Wellness, error)
	Connections(ctx context.Context, user pierre.UserID) ([]pierre.Connection, error)
	FetchedCounts(ctx context.Context, user pierre.UserID, provider pierre.Provider) (pierre.FetchedCounts, error)
}

// Accounts are what is kept of who has an account.
type Accounts interface {
	Account(ctx context.Context, user pierre.UserID) (pierre.Account, error)
	APIKeys(ctx context.Context, q pierre.KeyQuery) (pierre.KeyPage, error)
	ConnectedApps(ctx context.Context, key pierre.KeyID, now time.Time, limit int) ([]pierre.ConnectedApp, error)
	Athletes(ctx context.Context, q pierre.AthleteQuery) (pierre.AthletePage, error)
	Usage(ctx context.Context, q pierre.UsageQuery) ([]pierre.UsageGroup, error)
	CalendarSubscription(ctx context.Context, user pierre.UserID) (pierre.CalendarSubscription, error)
}

// A Store keeps all of it.
type Store interface {
	Activities
	Files
	Records
	Accounts
}

// Options adjust an [Exporter]. The zero value works.
type Options struct {
	// Pause is called between two small pieces of work. It may wait to let other work go first. nil: there is none.
	Pause func(ctx context.Context)
}

// An Exporter writes archives. It is safe for concurrent use.
type Exporter struct {
	store Store
	now   func() time.Time
	opts  Options
}

// New returns an exporter of what store keeps.
func New(store Store, now func() time.Time, opts Options) *Exporter {
	if opts.Pause == nil {
		opts.Pause = func(context.Context) {}
	}
	return &Exporter{store, now, opts}
}

// Export writes the archive of a user to w, piece by piece. If it returns an error, what was written is not complete, and whoever
// reads it finds that out: its list of files, which comes last, is missing. What changes meanwhile is in it as it was or as it is.
func (e *Exporter) Export(ctx context.Context, user pierre.UserID, w io.Writer) (exportfile.Manifest, error) {
	buffered := bufio.NewWriterSize(w, writeSize)
	a := &archive{
		Exporter: e, user: user, z: zip.NewWriter(buffered), at: e.now().UTC().Truncate(time.Second), damaged: map[[32]byte]bool{},
		manifest: exportfile.Manifest{Format: exportfile.Format, Version: exportfile.Version, Server: buildinfo.Version()},
	}
	a.manifest.Created = a.at
	for _, p := range parts() {
		if err := p(a, ctx); err != nil {
			return a.manifest, fmt.Errorf("exporting: %w", err)
		}
	}
	if err := a.z.Close(); err != nil {
		return a.manifest, err
	}
	return a.manifest, buffered.Flush()
}

const writeSize = 64 << 10

// parts write what an archive holds, in this order.
func parts() []func(*archive, context.Context) error {
	return []func(*archive, context.Context) error{
		(*archive).account, (*archive).profile, (*archive).goals, (*archive).workouts, (*archive).gear, (*archive).wellness, (*archive).connections,
		(*archive).deleted, (*archive).usage, (*archive).recordings, (*archive).listActivities, (*archive).end,
	}
}

// An archive is one that is being written.
type archive struct {
	*Exporter

	user     pierre.UserID
	z        *zip.Writer
	at       time.Time // when it was begun
	manifest exportfile.Manifest
	damaged  map[[32]byte]bool // files of activities
}

// file begins a file of the archive.
func (a *archive) file(name string, modified time.Time) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified.UTC()}
	h.SetMode(0o644)
	return a.z.CreateHeader(h)
}

// json writes a file that is one document.
func (a *archive) json(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	w, err := a.file(name, a.at)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// lines writes a file of one JSON object a line: what fill puts into it.
func (a *archive) lines(ctx context.Context, name string, fill func(put func(v any) error) error) error {
	w, err := a.file(name, a.at)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	return fill(func(v any) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		return enc.Encode(v)
	})
}

// end writes the manifest, by which an archive is known to be complete.
func (a *archive) end(context.Context) error { return a.json(exportfile.ManifestFile, a.manifest) }
