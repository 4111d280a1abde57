package activityfile

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"path"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxExportLine = 1 << 20   // bytes of a line, in which one activity is
	maxExportDays = 1_000_000 // values of days
)

// A Kept is what an export of a server says of an activity besides its recording.
type Kept struct {
	Source pierre.Source      // where the recording was read, so that it is known again by that
	Said   *pierre.Annotation // what the athlete says of it; nil: nothing
	Hidden bool
	Of     pierre.ActivityID // what the activity is called in the export, which may have it of several sources
}

// ownExport reads the exports of servers like this one among the files of b: their lists say what the files of activities do not.
func (w *walker) ownExport(ctx context.Context, b *bundle) error {
	for _, e := range b.entries {
		if path.Base(e.path) != exportfile.ManifestFile || e.taken || e.problem != "" {
			continue
		}
		root := path.Dir(e.path)
		e.taken = true
		var m exportfile.Manifest
		err := w.document(ctx, e, &m)
		switch {
		case err == nil && m.Format == exportfile.Format && m.Version <= exportfile.Version:
			err = w.readExport(ctx, b, root)
		case err == nil:
			err = draft.NotActivity("an export of a newer version: only its recordings are read")
		}
		if err == nil {
			err = draft.NotActivity("the manifest of an export")
		}
		if err := w.refuse(ctx, Result{Path: e.path}, err); err != nil {
			return err
		}
	}
	return nil
}

// document reads an entry that is one JSON document.
func (w *walker) document(ctx context.Context, e *entry, into any) error {
	r, err := w.reader(ctx, e, maxExportLine)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	if json.NewDecoder(r).Decode(into) != nil {
		return cmp.Or(ctx.Err(), draft.Unreadable("it is damaged"))
	}
	return nil
}

func (w *walker) readExport(ctx context.Context, b *bundle, root string) error {
	for _, part := range []struct {
		file string
		read func(context.Context, *bundle, *entry) error
	}{
		{exportfile.ProfileFile, w.exportProfile},
		{exportfile.GoalsFile, w.exportGoals},
		{exportfile.WorkoutsFile, w.exportWorkouts},
		{exportfile.WellnessFile, w.exportDays},
		{exportfile.ActivitiesFile, w.exportActivities},
		{exportfile.DeletedFile, w.exportDeleted}, // last: the file of a source that was deleted may be another source's, which is there
	} {
		e := b.find(path.Join(root, part.file), true)
		if e == nil || e.problem != "" {
			continue
		}
		e.taken = true
		if err := part.read(ctx, b, e); err != nil {
			if err := w.refuse(ctx, Result{Path: e.path}, err); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{exportfile.AccountFile, exportfile.GearFile, exportfile.ConnectionsFile, exportfile.UsageFile} {
		if e := b.find(path.Join(root, name), true); e != nil && e.problem == "" {
			e.taken = true
			if err := w.yield(Result{Path: e.path, Status: StatusSkipped, Reason: "a part of an export that is only for reading"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachLine calls visit with each line of e, and leaves out what is not one.
func eachLine[T any](ctx context.Context, w *walker, e *entry, visit func(*T) error) error {
	r, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(io.Reader(r))
	lines.Buffer(nil, maxExportLine)
	for lines.Scan() {
		line := new(T)
		if json.Unmarshal(lines.Bytes(), line) != nil {
			continue
		}
		if err := visit(line); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (w *walker) exportDays(ctx context.Context, _ *bundle, e *entry) error {
	res := Result{Path: e.path, Format: "json", Status: StatusOK}
	err := eachLine(ctx, w, e, func(v *exportfile.Value) error {
		day, wrong := time.Parse(time.DateOnly, v.Day)
		kind, known := pierre.RangeOf(v.Kind)
		if wrong == nil && known && kind.Holds(v.Value) && slices.Contains(pierre.Providers(), v.Source) && len(res.Days) < maxExportDays {
			res.Days = append(res.Days, pierre.Wellness{Day: day, Kind: v.Kind, Source: v.Source, Value: v.Value})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(res.Days) == 0 {
		res.Status, res.Reason = StatusSkipped, "it holds no value of a day"
	}
	return w.yield(res)
}

func (w *walker) exportProfile(ctx context.Context, _ *bundle, e *entry) error {
	p := new(exportfile.Profile)
	if err := w.document(ctx, e, p); err != nil {
		return err
	}
	return w.yield(Result{Path: e.path, Format: "json", Status: StatusOK, OwnProfile: p})
}
