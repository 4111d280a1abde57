// Package importer brings uploads into the database: it reads an upload's files
// with package activityfile, keeps each recording, and reports what became of
// every file. What is the same activity, and what is taken from which of its
// sources, is package merge's; the transaction around it is the store's.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Recordings keeps recordings.
type Recordings interface {
	// ImportRecording keeps a recording in one transaction. The same one twice changes nothing.
	ImportRecording(ctx context.Context, user pierre.UserID, src pierre.Source, rec pierre.Recording) (pierre.Addition, error)
	// KeepOriginal keeps a file from which activities of the user were read. The same one twice changes nothing.
	KeepOriginal(ctx context.Context, user pierre.UserID, o pierre.Original) error
}

// A Store keeps what is imported.
type Store interface {
	Recordings

	// ImportProfile completes the user's profile by what files say of their athlete, each at its Updated.
	ImportProfile(ctx context.Context, user pierre.UserID, found ...pierre.Profile) error
	// KeepWellness keeps values of days, and returns how many are new or differ from what was kept.
	KeepWellness(ctx context.Context, user pierre.UserID, now time.Time, values []pierre.Wellness) (changed int, err error)
	// Wellness returns the values of the user's days that q selects.
	Wellness(ctx context.Context, user pierre.UserID, q pierre.WellnessQuery) ([]pierre.Wellness, error)
	// KeepGear keeps the gear of a kind that a source lists, in place of what it had listed before.
	KeepGear(ctx context.Context, user pierre.UserID, source pierre.Provider, kind pierre.GearKind, list []pierre.GearProduct) error
	// StoredBytes returns how many bytes the samples of a user's recordings, their files and the values of days take.
	StoredBytes(ctx context.Context, user pierre.UserID) (int64, error)
}

// An Importer imports uploads. It is safe for concurrent use.
type Importer struct {
	store Store
	now   func() time.Time
	opts  Options
	long  chan struct{} // see [activityfile.Options]
}

// longLists is how many imports may have a long list of an archive's files in memory at once. Others wait.
const longLists = 2

// Options adjust an [Importer]. The zero value works.
type Options struct {
	TempDir string // where archives inside archives are unpacked; "" is the system's folder for temporary files
	// Pause is called between two small pieces of work. It may wait to let other work go first. nil: there is none.
	Pause func(ctx context.Context)
	// Digests sums up what was imported, so that the first question about it is answered quickly. nil: the question does.
	Digests Digester
	// KeepOriginals has the files kept, too, from which recordings are read.
	KeepOriginals bool
	// MaxStored is how many bytes of samples, files and values of days a user may have; an import ends soon after they are reached. 0: no limit.
	MaxStored int64
	// Restore keeps what an export of a server holds besides recordings and values of days. nil: that is left out.
	Restore Restorer
}

// After how many files of an import, and how many bytes of files that were kept, the user's stored bytes are added up again.
const (
	checkEvery      = 500
	checkEveryBytes = 64 << 20
)

// New returns an importer into store.
func New(store Store, now func() time.Time, opts Options) *Importer {
	if opts.Pause == nil {
		opts.Pause = func(context.Context) {}
	}
	return &Importer{store, now, opts, make(chan struct{}, longLists)}
}

// A Watch follows an import. Its functions are optional, and are not called at the same time unless they say so.
type Watch struct {
	// Row gets what became of each file as soon as it is known. Its error ends the import.
	Row func(pierre.ImportRow) error
	// Progress is told before each file is read and after each is imported, which may be thousands of times a second.
	Progress func(pierre.ImportProgress)
	// Without calls wait, in which the import waits for other imports, without what these may wait for. It may be called while
	// Row is.
	Without func(ctx context.Context, wait func(context.Context) error) error

	changed func(pierre.ActivityID) // is told of activities that are new or have changed
	said    func(pierre.Profile)    // is told what files say of the athlete
	joined  *joined                 // see [Importer.add]
}

// ImportPath imports the file, archive or folder at path; see [Importer.Import].
func (i *Importer) ImportPath(
	ctx context.Context, user pierre.UserID, path string, watch Watch,
) (pierre.ImportSummary, error) {
	src, err := activityfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return pierre.ImportSummary{}, &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no file or folder " + path + ".", Err: err}
	}
	if err != nil {
		return pierre.ImportSummary{}, err
	}
	sum, err := i.Import(ctx, user, src, watch)
	return sum, errors.Join(err, src.Close())
}

// Import imports every file of src for the user, and tells watch what becomes of
// each. It stops at an error of watch.Row or of the store, and when ctx ends; what
// was reported by then is kept, and no activity is ever kept in part.
func (i *Importer) Import(
	ctx context.Context, user pierre.UserID, src *activityfile.Source, watch Watch,
) (pierre.ImportSummary, error) {
	var sum pierre.ImportSummary
	progress := &progress{tell: watch.Progress}
	results := make(chan activityfile.Result) // unbuffered: one file is read while the one before is kept
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(results)
		return activityfile.Walk(ctx, src, activityfile.Options{
			TempDir: i.opts.TempDir, Reading: progress.reading, Pause: i.opts.Pause, Long: i.long, Without: watch.Without, Originals: i.opts.KeepOriginals,
		}, func(res activityfile.Result) error {
			select {
			case results <- res:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	group.Go(func() error {
		digests, athlete := digesting{to: i.opts.Digests, user: user}, athlete{to: i.store, user: user, until: i.latest()}
		watch.changed, watch.said, watch.joined = digests.changed, athlete.said, new(joined)
		kept := int64(0) // bytes of files since they were added up
		for res := range results {
			if res.Original != nil {
				kept += int64(len(res.Original.Packed))
			}
			err := i.keep(ctx, user, res, &sum, progress, watch)
			if kept > checkEveryBytes && err == nil {
				kept, err = 0, i.checkStored(ctx, user)
			}
			if err == nil {
				err = athlete.save(ctx, digestedAtOnce)
			}
			if err == nil {
				err = digests.run(ctx, digestedAtOnce)
			}
			if err != nil {
				return errors.Join(err, athlete.save(ctx, 1))
			}
		}
		if err := athlete.save(ctx, 1); err != nil {
			return err
		}
		return digests.finish(ctx)
	})
	err := group.Wait()
	return sum, err
}

// keep keeps what was read of a file, and counts it.
func (i *Importer) keep(ctx context.Context, user pierre.UserID, res activityfile.Result, sum *pierre.ImportSummary, p *progress, watch Watch) error {
	if sum.Files%checkEvery == 0 {
		if err := i.checkStored(ctx, user); err != nil {
			return err
		}
	}
	row, added, err := i.file(ctx, user, res, watch)
	if err != nil {
		return fmt.Errorf("importing %s: %w", res.Path, err)
	}
	sum.Count(row)
	sum.Activities += added
	p.done(sum.Files)
	if watch.Row == nil {
		return nil
	}
	return watch.Row(row)
}

// checkStored refuses more recordings of a user who has as much as the limit allows.
func (i *Importer) checkStored(ctx context.Context, user pierre.UserID) error {
	if i.opts.MaxStored == 0 {
		return nil
	}
	stored, err := i.store.StoredBytes(ctx, user)
	if err != nil {
		return err
	}
	if stored < i.opts.MaxStored {
		return nil
	}
	return &pierre.Error{Kind: pierre.KindStorageFull, Msg: fmt.Sprintf(
		"Your recordings, their files and your values of days take %s on this server, and its limit for one person is %s. What was imported before is kept; ask the operator for more.",
		human.Bytes(stored), human.Bytes(i.opts.MaxStored))}
}

// file imports one file's recordings, and returns how many of them are new activities.
func (i *Importer) file(
	ctx context.Context, user pierre.UserID, res activityfile.Result, watch Watch,
) (pierre.ImportRow, int, error) {
	row := pierre.ImportRow{File: res.Path, Reason: res.Reason, Warnings: res.Warnings}
	if !res.Profile.Updated.IsZero() {
		watch.said(res.Profile)
	}
	if res.Gear != nil {
		if err := i.store.KeepGear(ctx, user, res.Gear.Source, res.Gear.Kind, res.Gear.List); err != nil {
			return row, 0, err
		}
	}
	switch {
	case res.Status == activityfile.StatusSkipped:
		row.Status = pierre.ImportSkipped
		return row, 0, nil
	case res.Status == activityfile.StatusFailed:
		row.Status = pierre.ImportFailed
		return row, 0, nil
	case i.opts.Restore != nil && (res.OwnProfile != nil || res.Goals != nil || res.Workouts != nil || res.Deleted != nil):
		err := i.restore(ctx, user, res, &row)
		return row, 0, err
	default:
		if err := i.days(ctx, user, res, &row); err != nil {
			return row, 0, err
		}
		return i.recordings(ctx, user, res, row, watch)
	}
}
