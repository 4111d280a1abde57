package activityfile

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/garmin"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// garminFolder is the folder of a Garmin account export that holds its data.
const garminFolder = "DI_CONNECT"

// garmin reads the lists of a Garmin account export among the files of b into the
// scope of its other files.
func (w *walker) garmin(ctx context.Context, b *bundle, in *scope) error {
	var table garmin.Table
	for _, e := range b.entries {
		if before, _, ok := strings.Cut("/"+e.path, "/"+garminFolder+"/"); ok {
			b.claim(path.Join(strings.TrimPrefix(before, "/"), garminFolder), pierre.ProviderGarmin)
		}
		name := strings.ToLower(path.Base(e.path))
		if e.problem != "" || !strings.Contains(name, "summarizedactivities") || path.Ext(name) != ".json" {
			continue
		}
		list := garmin.List{Path: e.path}
		err := w.garminList(ctx, e, &table, &list)
		if err != nil && (list.Rows == 0 || ctx.Err() != nil) {
			if err := w.passOver(ctx, e, err); err != nil {
				return err
			}
			continue
		}
		e.taken = true
		table.Lists = append(table.Lists, list)
	}
	if len(table.Lists) > 0 {
		table.Sort()
		in.garmin = &table
	}
	return nil
}

// garminList reads a list into table.
func (w *walker) garminList(ctx context.Context, e *entry, table *garmin.Table, list *garmin.List) error {
	r, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	w.ahead.at(e.path)
	return table.Read(r, list, w.limits.Rows)
}

// garminRest yields what the table lists and no recording was found of, then its lists.
func (w *walker) garminRest(t *garmin.Table) error {
	for i := range t.Activities {
		if !t.Activities[i].Found {
			w.ahead.total++
		}
	}
	for i := range t.Activities {
		a := &t.Activities[i]
		if a.Found {
			continue
		}
		name := a.List + "#" + a.ActivityID.String()
		if a.Multisport() {
			if err := w.yield(Result{
				Path: name, Format: formats.JSON, SHA256: a.Sum, ExternalID: a.ActivityID.String(), Status: StatusSkipped,
				Reason: "the sum of a multisport activity, whose parts are listed apart",
			}); err != nil {
				return err
			}
			continue
		}
		p := parsed{
			format: formats.JSON, sum: a.Sum, drafts: []draft.Draft{a.Draft()},
			warnings: []string{"only the totals of the export's list are known: the archive holds no recording of it"},
		}
		if err := w.deliver(name, p, a.ActivityID.String(), scope{provider: pierre.ProviderGarmin}); err != nil {
			return err
		}
	}
	for _, l := range t.Lists {
		res := Result{Path: l.Path, Format: formats.JSON, Status: StatusSkipped, Reason: fmt.Sprintf("the list of the export's activities (%d)", l.Rows)}
		if l.Warning != "" {
			res.Warnings = []string{l.Warning}
		}
		if err := w.yield(res); err != nil {
			return err
		}
	}
	return nil
}
