package exporter

import (
	"context"
	"encoding/hex"

	"github.com/pierre-mcp/pierre/internal/activityfile/fit"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// pageSize is how many activities are in memory at once, without their samples.
const pageSize = 100

// each calls visit with each of the user's activities, the oldest first, those that the athlete hid after the others.
func (a *archive) each(ctx context.Context, visit func(pierre.Activity) error) error {
	for _, hidden := range []bool{false, true} {
		q := pierre.ActivityQuery{Ascending: true, Uncounted: true, Hidden: hidden, Limit: pageSize}
		for {
			page, err := a.store.Activities(ctx, a.user, q)
			if err != nil {
				return err
			}
			for _, act := range page.Activities {
				if err := ctx.Err(); err != nil {
					return context.Cause(ctx)
				}
				a.opts.Pause(ctx)
				if err := visit(act); err != nil {
					return err
				}
			}
			if page.NextCursor == "" {
				break
			}
			q.Cursor = page.NextCursor
		}
	}
	return nil
}

// listActivities writes what is kept of activities, without laps and samples.
func (a *archive) listActivities(ctx context.Context) error {
	return a.lines(ctx, exportfile.ActivitiesFile, func(put func(any) error) error {
		return a.each(ctx, func(act pierre.Activity) error {
			line, err := a.activity(ctx, &act)
			if pierre.KindOf(err) == pierre.KindNotFound { // it was deleted since the list was read
				return nil
			}
			if err != nil {
				return err
			}
			a.manifest.Activities++
			return put(line)
		})
	})
}

func (a *archive) activity(ctx context.Context, act *pierre.Activity) (exportfile.Activity, error) {
	line := exportfile.Activity{
		ID: act.ID, Start: act.Start, UTCOffset: act.UTCOffset, Provider: act.Provider, Name: act.Name, Description: act.Description,
		Sport: act.Sport, SportName: act.SportName, Indoor: act.Indoor, Race: act.Race, Device: act.Device, Multisport: act.MultisportID,
		Warnings: act.Warnings, Hidden: act.Hidden, Twin: act.Twin, Impression: act.Impression, Totals: act.Totals,
		Written: exportfile.WrittenName(act),
	}
	sources, err := a.store.Sources(ctx, a.user, act.ID)
	if err != nil {
		return line, err
	}
	for _, src := range sources {
		line.Sources = append(line.Sources, exportfile.Source{
			Provider: src.Provider, ExternalID: src.ExternalID, Name: src.File, Format: src.Format, SHA256: hex.EncodeToString(src.SHA256[:]),
			Part: src.Part, LocalTimes: src.LocalTimes, Imported: src.Imported, Primary: src.Primary,
		})
	}
	if len(act.Said) > 0 {
		said, err := a.store.Annotation(ctx, a.user, act.ID)
		if err != nil {
			return line, err
		}
		line.Said = &said
	}
	return line, nil
}

// recordings writes the files of the activities.
func (a *archive) recordings(ctx context.Context) error {
	return a.each(ctx, func(act pierre.Activity) error {
		rec, err := a.store.Recording(ctx, a.user, act.ID)
		if pierre.KindOf(err) == pierre.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := fit.Write(rec)
		if err != nil {
			return err
		}
		w, err := a.file(exportfile.WrittenName(&act), act.Start, false)
		if err != nil {
			return err
		}
		a.manifest.Written++
		_, err = w.Write(b)
		return err
	})
}
