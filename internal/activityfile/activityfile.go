// Package activityfile turns what athletes have on their disks into recordings:
// FIT, GPX and TCX files, compressed or not, zip archives of them, folders, and
// the account exports of Strava, Garmin and Apple Health.
//
// It owns the formats, their traps and the limits that keep a hostile upload
// harmless. It knows no user and no database: what is stored, and what is a
// duplicate of what, is decided by the caller. docs/IMPORTS.md says what is read
// from each format, and how missing values are derived.
package activityfile

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Status says what became of one file.
type Status = draft.Status

// The statuses.
const (
	StatusOK      = draft.StatusOK      // Recordings or Days hold at least one
	StatusSkipped = draft.StatusSkipped // not an activity; Reason says what it is
	StatusFailed  = draft.StatusFailed  // meant to be one, but not readable; Reason says why
)

// A Result is what became of one file of an upload, or of one activity that an
// export lists without a file of its own.
type Result struct {
	Path       string // inside the upload, archives and folders joined by "/"; "table.csv#id" for a row of a table
	Format     string // fit, gpx, tcx, csv, xml or json; "" if unknown
	SHA256     [32]byte
	ExternalID string // the provider's own identifier of the activity, "" if it has none
	Status     Status
	Reason     string // for a person; "" if Status is ok
	Warnings   []string
	LocalTimes bool               // the times came without a zone and were taken for UTC: starts may be off by whole hours
	Recordings []pierre.Recording // one, or the parts of a multisport recording; without ids and user
	Days       []pierre.Wellness  // values of days, within the ranges of their kinds
	Partly     bool               // the file may hold a part of a day only, so that of what is added up the larger value counts
	Gear       *Gear              // what the file lists of the athlete's gear, which is no activity; nil: nothing
	Original   *pierre.Original   // the file, if Options ask for it and it holds recordings and nothing else; nil: there is none
	Profile    pierre.Profile     // what the file says about its athlete; Updated is when it was so, zero: on the day of the recordings

	// Of an export of a server like this one.
	Kept       *Kept               // what it says of the recording besides; nil: nothing
	OwnProfile *exportfile.Profile // nil: none
	Goals      []exportfile.Goal
	Workouts   []exportfile.Workout
	Deleted    []pierre.DeletedRecording // what the athlete deleted
}

// Gear is all that a source lists of one kind.
type Gear struct {
	Source pierre.Provider
	Kind   pierre.GearKind
	List   []pierre.GearProduct
}

// Limits bound what one walk reads. A zero field means its default.
type Limits struct {
	TotalBytes int64 // decompressed bytes of the whole upload; 16 GiB, and at most Ratio times its size above 64 MiB
	FileBytes  int64 // decompressed bytes of one recording; 256 MiB
	Entries    int   // files; 100 000
	Depth      int   // archives inside archives; 3
	Ratio      int64 // decompressed to compressed bytes of one file; 200
	Samples    int   // samples of one recording; 1 000 000
	Rows       int   // activities of one table, or workouts of one health export; 50 000
}

// Options adjust a walk. The zero value works.
type Options struct {
	Limits  Limits
	TempDir string // for archives inside archives; "" is the system's
	// Reading is called before each file is read, with its path and with how many
	// results the walk will yield as far as that is known; 0 if it is not. nil: it is not called.
	Reading func(path string, total int)
	// Pause is called before each part of a file is read, at most 64 kB: it may wait to let other work go first. nil: it is not called.
	Pause func(ctx context.Context)
	// Long holds an element for each walk that has a long list of an archive's files in memory. A walk that gets one waits for
	// a place in it, and keeps that until it ends. nil: it does not wait.
	Long chan struct{}
	// Originals has results hold the files that they were read from.
	Originals bool
	// Without calls wait, in which a walk waits for a place in Long, without what other walks may wait for until they give back
	// theirs. nil: there is nothing of that kind.
	Without func(ctx context.Context, wait func(context.Context) error) error
}

// Walk reads every file of src and calls yield once for each, always in the same
// order. A file that cannot be read is a failed [Result], not an error: Walk
// returns an error only if ctx ends, src itself cannot be read, or yield returns one.
func Walk(ctx context.Context, src *Source, opts Options, yield func(Result) error) error {
	w := newWalker(src, opts, yield)
	if opts.Originals {
		var err error
		if w.packer, err = original.NewPacker(); err != nil {
			return err
		}
	}
	defer w.endTurn()
	return w.walk(ctx, src)
}
