package activityfile

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/strava"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// strava reads the Strava exports among the files of b: their lists of
// activities, and the files that those name.
func (w *walker) strava(ctx context.Context, b *bundle, in scope) error {
	for _, e := range b.entries {
		if !b.mayBeStrava(e) {
			continue
		}
		table, err := w.stravaTable(ctx, e)
		if err != nil {
			if err := w.passOver(ctx, e, err); err != nil {
				return err
			}
			continue
		}
		if err := w.stravaExport(ctx, b, e, table, in); err != nil {
			return err
		}
	}
	return nil
}

// passOver reports on a list that is beyond the limits. One that turns out to be
// something else is dealt with later, like any other file.
func (w *walker) passOver(ctx context.Context, e *entry, err error) error {
	if _, ok := draft.AsRefusal(err); !ok {
		return ctx.Err()
	}
	e.taken = true
	return w.refuse(ctx, Result{Path: e.path}, err)
}

// mayBeStrava reports whether e can be a list of activities. Its name is not
// translated, but its neighbours tell even if somebody renamed it.
func (b *bundle) mayBeStrava(e *entry) bool {
	if strings.EqualFold(path.Base(e.path), "activities.csv") {
		return true
	}
	return strings.EqualFold(path.Ext(e.path), ".csv") && b.hasFolder(path.Join(path.Dir(e.path), "activities"))
}

func (w *walker) stravaTable(ctx context.Context, e *entry) (strava.Table, error) {
	if e.problem != "" {
		return strava.Table{}, draft.ErrNoTable
	}
	r, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return strava.Table{}, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	return strava.Read(r, w.limits.Rows)
}

func (w *walker) stravaExport(ctx context.Context, b *bundle, list *entry, t strava.Table, in scope) error {
	root := path.Dir(list.path)
	in.provider = pierre.ProviderStrava
	b.claim(root, pierre.ProviderStrava)
	list.taken = true
	withFile := 0
	for i := range t.Rows {
		if t.Rows[i].File == "" {
			w.ahead.total++
		}
	}
	for i := range t.Rows {
		row := &t.Rows[i]
		file := b.find(path.Join(root, row.File), row.File != "")
		switch {
		case file != nil:
			withFile++
		case row.File != "":
			w.ahead.total++ // the file is missing, and the row stands in for it
		}
		if err := w.stravaActivity(ctx, list, row, file, in); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		list string
		kind pierre.GearKind
	}{{"bikes.csv", pierre.GearBike}, {"shoes.csv", pierre.GearShoes}} {
		if e := b.find(path.Join(root, of.list), true); e != nil && e.problem == "" {
			if err := w.stravaGear(ctx, e, of.kind); err != nil {
				return err
			}
		}
	}
	b.setAside(path.Join(root, "routes"), "a planned route, not an activity")
	b.setAside(path.Join(root, "media"), "a photo or video")
	res := Result{
		Path: list.path, Format: formats.CSV, Status: StatusSkipped,
		Reason: fmt.Sprintf("the list of the export's activities (%d, of which %d have a file)", len(t.Rows), withFile),
	}
	if t.Warning != "" {
		res.Warnings = []string{t.Warning}
	}
	return w.yield(res)
}

// stravaActivity yields the activity of row: that of its file, which is nil if
// the archive lacks it, or else what the row itself says.
func (w *walker) stravaActivity(ctx context.Context, list *entry, row *strava.Row, file *entry, in scope) error {
	name := list.path + "#" + row.Label
	p := parsed{format: formats.CSV, sum: row.Sum}
	switch {
	case file != nil:
		file.taken = true
		read, err := w.parseEntry(ctx, file)
		if err == nil {
			for i := range read.drafts {
				row.Enrich(&read.drafts[i], len(read.drafts) == 1)
			}
			return w.deliver(file.path, read, row.ID, in)
		}
		r, fatal := refused(ctx, err)
		if fatal != nil {
			return fatal
		}
		name = file.path
		p.warnings = []string{"only the totals of the export's list are known: " + r.Reason}
	case row.File != "":
		p.warnings = []string{"only the totals of the export's list are known: its file " + row.File + " is missing"}
	}
	if row.Start.IsZero() {
		return w.yield(Result{
			Path: name, Format: p.format, SHA256: p.sum, ExternalID: row.ID, Status: StatusFailed, Warnings: p.warnings,
			Reason: fmt.Sprintf("its date %q could not be read", row.Date),
		})
	}
	p.drafts = []draft.Draft{row.Draft()}
	return w.deliver(name, p, row.ID, in)
}

// parseEntry reads the recordings of one entry.
func (w *walker) parseEntry(ctx context.Context, e *entry) (parsed, error) {
	if e.problem != "" {
		return parsed{}, draft.Unreadable("%s", e.problem)
	}
	w.ahead.at(e.path)
	f, err := w.openFile(ctx, e)
	if err != nil {
		return parsed{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read, and parse has said what is wrong with it
	return w.parse(ctx, f, e.path)
}

// stravaGear yields what an export lists of the athlete's bicycles or shoes.
func (w *walker) stravaGear(ctx context.Context, e *entry, kind pierre.GearKind) error {
	e.taken = true
	w.ahead.at(e.path)
	w.ahead.opened(e, false)
	res := Result{Path: e.path, Format: formats.CSV, Status: StatusSkipped}
	src, err := w.reader(ctx, e, strava.MaxGearBytes)
	if err != nil {
		return w.refuse(ctx, res, err)
	}
	defer src.Close() //nolint:errcheck // it was only read
	list, err := strava.ReadGear(src, kind)
	if err != nil {
		return w.refuse(ctx, res, err)
	}
	res.Gear = &Gear{Source: pierre.ProviderStrava, Kind: kind, List: list}
	res.Reason = fmt.Sprintf("the list of the export's bicycles (%d)", len(list))
	if kind == pierre.GearShoes {
		res.Reason = fmt.Sprintf("the list of the export's shoes (%d)", len(list))
	}
	return w.yield(res)
}
