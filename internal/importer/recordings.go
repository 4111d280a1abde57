package importer

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// source says where a part of a file was read.
func (i *Importer) source(res *activityfile.Result, part int, rec *pierre.Recording) pierre.Source {
	src := pierre.Source{
		Provider: rec.Provider, ExternalID: res.ExternalID, File: res.Path, Format: res.Format, SHA256: res.SHA256, Part: part, LocalTimes: res.LocalTimes,
	}
	if res.Kept != nil {
		src = res.Kept.Source
	}
	src.Imported = i.now()
	return src
}

func (i *Importer) recordings(
	ctx context.Context, user pierre.UserID, res activityfile.Result, row pierre.ImportRow, watch Watch,
) (pierre.ImportRow, int, error) {
	t := tally{days: row.Days}
	seen := map[pierre.ActivityID]bool{}
	until := i.latest()
	for part, rec := range res.Recordings {
		i.opts.Pause(ctx)
		if rec.Start.After(until) {
			t.toCome++
			continue
		}
		if !res.LocalTimes && rec.UTCOffset == nil {
			rec.UTCOffset = offsetAt(rec)
		}
		if part == 0 && res.Profile.Updated.IsZero() {
			watch.said(onDayOf(rec, res.Profile))
		}
		added, err := i.add(ctx, user, i.source(&res, part, &rec), rec, res.Kept, watch.joined)
		if pierre.KindOf(err) == pierre.KindInvalid {
			row.Status, row.Reason = pierre.ImportFailed, pierre.MessageOf(err, "")
			return row, t.added, nil
		}
		if err != nil {
			return row, t.added, err
		}
		t.count(added)
		if added.Outcome == pierre.OutcomeDeleted {
			continue
		}
		if added.Outcome != pierre.OutcomeUnchanged {
			watch.changed(added.Activity)
		}
		if err := i.restoreWords(ctx, user, added, res.Kept); err != nil {
			return row, t.added, err
		}
		note(&row, &rec, added, seen)
	}
	if err := i.original(ctx, user, res.Original, &row); err != nil {
		return row, t.added, err
	}
	row.Status, row.Reason = t.verdict()
	if t.toCome > 0 && row.Status != pierre.ImportFailed {
		row.Warnings = append(row.Warnings, human.Plural(t.toCome, "activity")+" left out: of days that are yet to come, as of a device whose clock is wrong")
	}
	row.Deleted = row.Status == pierre.ImportSkipped && t.deleted > 0
	return row, t.added, nil
}

// latest returns until when recordings may say that they are: two days from now, for clocks around the world, and then some.
func (i *Importer) latest() time.Time { return i.now().AddDate(0, 0, 2) }

// note says in row what became of a recording that is kept. seen are the activities that row has.
func note(row *pierre.ImportRow, rec *pierre.Recording, added pierre.Addition, seen map[pierre.ActivityID]bool) {
	for _, file := range added.Damaged {
		row.Warnings = append(row.Warnings, "what is kept of "+file+" is damaged: this was compared without its track")
	}
	if added.Outcome == pierre.OutcomeAdded {
		row.Added = append(row.Added, pierre.NewActivity{Sport: rec.Sport, Start: rec.Start})
	}
	if !seen[added.Activity] {
		seen[added.Activity] = true
		row.Activities = append(row.Activities, added.Activity)
	}
}
