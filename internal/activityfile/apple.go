package activityfile

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/apple"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// apple reads the Apple Health exports among the files of b. The name of the
// document is translated, its root element is not.
func (w *walker) apple(ctx context.Context, b *bundle, in scope) error {
	for _, e := range b.entries {
		if e.taken || e.problem != "" || !strings.EqualFold(path.Ext(e.path), ".xml") {
			continue
		}
		if err := w.appleDocument(ctx, b, e, in); err != nil {
			return err
		}
	}
	return nil
}

// appleDocument reads e if it is a health export, and leaves it alone if not.
func (w *walker) appleDocument(ctx context.Context, b *bundle, e *entry, in scope) error {
	f, err := w.openFile(ctx, e)
	if err != nil {
		return ctx.Err()
	}
	defer f.Close() //nolint:errcheck // it was only read
	x, err := xmldoc.NewReader(f)
	if err != nil {
		return ctx.Err()
	}
	if root, err := x.Start(); err != nil || root.Name.Local != "HealthData" {
		return ctx.Err()
	}
	w.ahead.at(e.path)
	a := apple.NewReader(x, w.limits.Samples, w.limits.Rows)
	if err := x.Children(a.Child); err != nil {
		text, err := x.Damage(err)
		if err != nil {
			r, fatal := refused(ctx, err)
			if fatal != nil {
				return fatal
			}
			text = r.Reason
		}
		a.Warnings = append(a.Warnings, text)
	}
	if a.Undated > 0 {
		a.Warnings = append(a.Warnings, human.Plural(a.Undated, "workout")+" without a readable date left out")
	}
	in.provider = pierre.ProviderAppleHealth
	b.claim(path.Dir(e.path), in.provider)
	e.taken = true
	w.ahead.total += len(a.Workouts)
	a.HeartRates.Sort()
	for i := range a.Workouts {
		if err := w.appleWorkout(ctx, b, e, a, i, in); err != nil {
			return err
		}
	}
	res := Result{
		Path: e.path, Format: formats.XML, Status: StatusSkipped, Profile: a.Profile.Profile, Days: a.Days.Values(),
		Reason: fmt.Sprintf("the list of the export's workouts (%d); its %d health records hold nothing that is kept of days", len(a.Workouts), a.Records),
	}
	res.Warnings = draft.Listed(append(a.Warnings, a.Days.Notes()...))
	if len(res.Days) > 0 {
		res.Status, res.Reason = StatusOK, ""
	}
	return w.yield(res)
}

// appleWorkout yields workout i with the points of its routes, then the routes.
func (w *walker) appleWorkout(ctx context.Context, b *bundle, list *entry, a *apple.Reader, i int, in scope) error {
	workout := &a.Workouts[i]
	var samples []draft.Sample
	var warnings []string
	var routes []Result
	for _, name := range workout.Routes {
		file := b.find(path.Join(path.Dir(list.path), name), true)
		if file == nil {
			warnings = append(warnings, "its route "+name+" is missing")
			continue
		}
		file.taken = true
		res := Result{
			Path: file.path, Format: formats.GPX, Status: StatusSkipped,
			Reason: "the route of the workout of " + draft.FromUnix(workout.Start).Format("2006-01-02 15:04") + " UTC, and part of it",
		}
		read, err := w.parseEntry(ctx, file)
		if err != nil {
			r, fatal := refused(ctx, err)
			if fatal != nil {
				return fatal
			}
			res.Status, res.Reason = r.Status, r.Reason
			warnings = append(warnings, "its route "+name+" could not be read: "+r.Reason)
		}
		res.SHA256, res.Warnings = read.sum, read.warnings
		routes = append(routes, res)
		for _, part := range read.drafts {
			samples = append(samples, part.Samples[:min(len(part.Samples), w.limits.Samples-len(samples))]...)
		}
	}
	beats := a.HeartRates.During(workout)
	samples = append(samples, beats[:min(len(beats), w.limits.Samples-len(samples))]...)
	p := parsed{format: formats.XML, sum: workout.Sum, drafts: workout.Drafts(samples), warnings: warnings}
	if err := w.deliver(fmt.Sprintf("%s#workout-%d", list.path, i+1), p, "", in); err != nil {
		return err
	}
	for _, r := range routes {
		if err := w.yield(r); err != nil {
			return err
		}
	}
	return nil
}
