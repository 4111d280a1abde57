package activityfile

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/fitbit"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// fitbit reads the files of Fitbit in a Google Takeout archive, if there are any among the files of b: what they say of days
// becomes one result, for a day may be in two of them.
func (w *walker) fitbit(ctx context.Context, b *bundle) error {
	root, ok := fitbitRoot(b)
	if !ok {
		return nil
	}
	b.claim(root, pierre.ProviderFitbit)
	export := fitbit.NewExport()
	for _, e := range b.entries {
		if fitbit.IsProfile(e.path) && !e.taken && e.problem == "" {
			if err := w.exportPart(ctx, e, "the athlete's profile: its time zone was read", export.Profile); err != nil {
				return err
			}
		}
	}
	found := false
	for _, e := range b.entries {
		if e.taken || e.problem != "" {
			continue
		}
		if err := w.fitbitEntry(ctx, e, export, &found); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	w.ahead.total++
	res := Result{Path: path.Join(root, fitbit.Folder) + "#days", Format: formats.JSON}
	if export.Zone == nil {
		res.Warnings = []string{"the export does not say in which time zone its steps were taken (Your Profile/Profile.csv): days are those of UTC"}
	}
	return w.yieldDays(ctx, res, export.Days, nil)
}

// fitbitRoot returns the folder that holds an export's data.
func fitbitRoot(b *bundle) (string, bool) {
	for _, e := range b.entries {
		if dir := path.Dir(path.Clean(e.path)); path.Base(dir) == fitbit.Folder {
			return path.Dir(dir), true
		}
	}
	return "", false
}

// fitbitEntry reads one file of an export, unless it is one that is dealt with like any other.
func (w *walker) fitbitEntry(ctx context.Context, e *entry, export *fitbit.Export, found *bool) error {
	if fitbit.IsExercises(e.path) {
		var fatal error
		err := w.exportPart(ctx, e, "a list of activities", func(r io.Reader) error {
			return fitbit.Exercises(r, w.limits.Rows, func(x fitbit.Exercise) error {
				w.ahead.total++
				p := parsed{
					format: formats.JSON, sum: x.Sum, drafts: []draft.Draft{x.Draft},
					warnings: []string{"only the totals of the export's list are known: the archive holds no recording of it"},
				}
				fatal = w.deliver(fmt.Sprintf("%s#%s", e.path, x.ID), p, x.ID, scope{provider: pierre.ProviderFitbit})
				return fatal
			})
		})
		return cmp.Or(fatal, err)
	}
	read := export.Reader(e.path)
	if read == nil {
		return nil
	}
	*found = true
	return w.exportPart(ctx, e, partOfDays, read)
}
