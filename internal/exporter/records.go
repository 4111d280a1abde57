package exporter

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (a *archive) profile(ctx context.Context) error {
	rec, err := a.store.ProfileRecord(ctx, a.user)
	if err != nil {
		return err
	}
	p := exportfile.Profile{Profile: rec.Profile, Imported: rec.Imported}
	for _, v := range rec.History {
		p.History = append(p.History, exportfile.ProfileValue{Field: v.Field, From: v.Day.Format(time.DateOnly), Value: v.Value, FromFile: v.FromFile})
	}
	return a.json(exportfile.ProfileFile, p)
}

func (a *archive) goals(ctx context.Context) error {
	goals, err := a.store.Goals(ctx, a.user)
	if err != nil {
		return err
	}
	list := make([]exportfile.Goal, len(goals))
	for i, g := range goals {
		list[i] = exportfile.Goal{ID: g.ID, Goal: g, Created: g.Created, Updated: g.Updated}
	}
	return a.json(exportfile.GoalsFile, list)
}

func (a *archive) workouts(ctx context.Context) error {
	workouts, err := a.store.Workouts(ctx, a.user, pierre.WorkoutQuery{})
	if err != nil {
		return err
	}
	list := make([]exportfile.Workout, len(workouts))
	for i, w := range workouts {
		list[i] = exportfile.Workout{ID: w.ID, Day: w.Day.Format(time.DateOnly), Workout: w, Revision: w.Revision, Created: w.Created, Updated: w.Updated}
	}
	return a.json(exportfile.WorkoutsFile, list)
}

func (a *archive) gear(ctx context.Context) error {
	all, err := a.store.Gear(ctx, a.user, time.UTC)
	if err != nil {
		return err
	}
	products, err := a.store.GearProducts(ctx, a.user)
	if err != nil {
		return err
	}
	list, used := make([]exportfile.Gear, len(all)), map[string]bool{}
	for i, g := range all {
		used[g.Name] = true
		list[i] = exportfile.Gear{
			Name: g.Name, Make: g.Make, Model: g.Model, Activities: g.Activities, DistanceMeters: g.DistanceMeters, DurationSeconds: g.DurationSeconds, First: g.First, Last: g.Last,
		}
	}
	for _, p := range products {
		if !used[p.Name] {
			list = append(list, exportfile.Gear{Name: p.Name, Make: p.Make, Model: p.Model})
		}
	}
	return a.json(exportfile.GearFile, list)
}

// wellness writes the values of days, kind by kind, so that only those of one kind are in memory.
func (a *archive) wellness(ctx context.Context) error {
	return a.lines(ctx, exportfile.WellnessFile, func(put func(any) error) error {
		for _, kind := range pierre.WellnessKinds() {
			values, err := a.store.Wellness(ctx, a.user, pierre.WellnessQuery{Kinds: []pierre.WellnessKind{kind.Kind}})
			if err != nil {
				return err
			}
			for _, v := range values {
				if err := put(exportfile.Value{Day: v.Day.Format(time.DateOnly), Kind: v.Kind, Source: v.Source, Value: v.Value, Unit: v.Unit()}); err != nil {
					return err
				}
				a.manifest.Values++
			}
			a.opts.Pause(ctx)
		}
		return nil
	})
}

func (a *archive) connections(ctx context.Context) error {
	all, err := a.store.Connections(ctx, a.user)
	if err != nil {
		return err
	}
	list := make([]exportfile.Connection, len(all))
	for i, c := range all {
		n, err := a.store.FetchedCounts(ctx, a.user, c.Provider)
		if err != nil {
			return err
		}
		list[i] = exportfile.Connection{
			Provider: c.Provider, Account: c.Account, Status: c.Status, Connected: c.Connected, Sync: c.Sync, Kept: n.Kept, Left: n.Left, Failed: n.Failed,
		}
	}
	return a.json(exportfile.ConnectionsFile, list)
}

// deletedAtOnce is how many deleted recordings are read at once.
const deletedAtOnce = 500

func (a *archive) deleted(ctx context.Context) error {
	return a.lines(ctx, exportfile.DeletedFile, func(put func(any) error) error {
		for list := make([]pierre.DeletedRecording, 1); ; { // begins after the zero value
			var err error
			if list, err = a.store.DeletedRecordings(ctx, a.user, list[len(list)-1], deletedAtOnce); err != nil || len(list) == 0 {
				return err
			}
			for _, d := range list {
				line := exportfile.Deleted{
					Provider: d.Provider, ExternalID: d.ExternalID, SHA256: hex.EncodeToString(d.SHA256[:]), Part: d.Part, Activity: d.Activity, Deleted: d.Deleted,
				}
				if err := put(line); err != nil {
					return err
				}
			}
			a.opts.Pause(ctx)
		}
	})
}
