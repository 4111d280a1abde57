package exporter

import (
	"context"
	"encoding/hex"

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
	}
	sources, err := a.sources(ctx, act.ID)
	if err != nil {
		return line, err
	}
	if writtenOfAll(sources) {
		line.Written = exportfile.WrittenName(act)
	}
	for n := range sources {
		src, err := a.source(ctx, act, sources, n)
		if err != nil {
			return line, err
		}
		line.Sources = append(line.Sources, src)
		for occasion, side := range sources[n].Sides { // what came later to the activity has none
			if line.Sides == nil {
				line.Sides = pierre.Sides{}
			}
			line.Sides[occasion] = side
		}
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

// source returns what the list says of a source of an activity.
func (a *archive) source(ctx context.Context, act *pierre.Activity, sources []pierre.KeptSource, n int) (exportfile.Source, error) {
	src := &sources[n]
	out := exportfile.Source{
		Provider: src.Provider, ExternalID: src.ExternalID, Name: src.File, Format: src.Format, SHA256: hex.EncodeToString(src.SHA256[:]),
		Part: src.Part, LocalTimes: src.LocalTimes, Start: src.Start, Imported: src.Imported, Primary: src.Primary, Damaged: a.damaged[src.SHA256],
	}
	if writtenOf(sources, n) {
		out.Written = exportfile.WrittenPart(act, n)
	}
	if !src.Original {
		return out, nil
	}
	first, as, err := a.store.FirstOf(ctx, a.user, src.SHA256)
	if err != nil {
		return out, err
	}
	of := *act
	if first != act.ID {
		of, err = a.store.Activity(ctx, a.user, first)
		if pierre.KindOf(err) == pierre.KindNotFound { // deleted since
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
	out.Original = exportfile.OriginalName(&of, &as)
	return out, nil
}
