package importer

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Decisions keeps what the athlete said and decided of activities.
type Decisions interface {
	AnnotateActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, now time.Time, change func(*pierre.Annotation)) (pierre.Activity, error)
	HideActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, hidden bool) error
	RestoreDeleted(ctx context.Context, user pierre.UserID, list []pierre.DeletedRecording) (int, error)
}

// A Restorer keeps what the export of a server holds besides recordings and values of days.
type Restorer interface {
	Decisions

	UpdateProfile(ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.ProfileRecord) error) (pierre.ProfileRecord, error)
	Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error)
	AddGoal(ctx context.Context, user pierre.UserID, now time.Time, g pierre.Goal) (pierre.Goal, error)
	Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error)
	RestoreWorkouts(ctx context.Context, user pierre.UserID, list []pierre.Workout) (int, error)
}

// A joined is the activity of an export that was restored last.
type joined struct{ of, as pierre.ActivityID }

// add keeps a recording, as a part of the activity to which the source before it in an export went, if that has both in one: the
// athlete may have put together what the duplicate rule does not.
func (i *Importer) add(
	ctx context.Context, user pierre.UserID, src pierre.Source, rec pierre.Recording, kept *activityfile.Kept, last *joined,
) (pierre.Addition, error) {
	if kept == nil || kept.Of == "" {
		return i.store.ImportRecording(ctx, user, src, rec)
	}
	also := last.of == kept.Of
	if also {
		src.Copy = &pierre.Copy{Sides: src.Copy.Sides, Into: last.as}
	}
	added, err := i.store.ImportRecording(ctx, user, src, rec)
	if err == nil && !also && added.Outcome != pierre.OutcomeDeleted {
		*last = joined{kept.Of, added.Activity}
	}
	return added, err
}

// deletedAtOnce is how many deleted recordings are noted at once.
const deletedAtOnce = 200

// restore keeps a part of an export, and says so in row.
func (i *Importer) restore(ctx context.Context, user pierre.UserID, res activityfile.Result, row *pierre.ImportRow) error {
	var changed int
	var err error
	switch {
	case res.OwnProfile != nil:
		changed, err = i.restoreProfile(ctx, user, res.OwnProfile)
		row.Reason = "the profile"
	case res.Deleted != nil:
		changed, err = inParts(ctx, i, user, res.Deleted, deletedAtOnce, i.opts.Restore.RestoreDeleted)
		row.Reason = human.Plural(changed, "deleted recording") + ", which imports leave out"
	case res.Workouts != nil:
		changed, err = i.restoreWorkouts(ctx, user, res.Workouts, row)
		row.Reason = human.Plural(changed, "planned workout")
	default:
		changed, err = i.restoreGoals(ctx, user, res.Goals)
		row.Reason = human.Plural(changed, "goal")
	}
	if pierre.KindOf(err) == pierre.KindConflict { // there are as many as there can be
		row.Warnings, err = append(row.Warnings, pierre.MessageOf(err, "")), nil
	}
	row.Status = pierre.ImportImported
	if changed == 0 {
		row.Status, row.Reason = pierre.ImportDuplicate, "there is one already"
	}
	return err
}

// inParts keeps a list of the user's, so many elements at a time, so that others can write in between, and returns how many were new.
func inParts[T any](
	ctx context.Context, i *Importer, user pierre.UserID, list []T, atOnce int, keep func(context.Context, pierre.UserID, []T) (int, error),
) (added int, err error) {
	for part := range slices.Chunk(list, atOnce) {
		i.opts.Pause(ctx)
		n, err := keep(ctx, user, part)
		added += n
		if err != nil {
			return added, err
		}
	}
	return added, nil
}

// restoreGoals adds the goals that the user does not have, and returns how many these are.
func (i *Importer) restoreGoals(ctx context.Context, user pierre.UserID, goals []exportfile.Goal) (added int, err error) {
	has, err := i.opts.Restore.Goals(ctx, user)
	if err != nil {
		return 0, err
	}
	for _, g := range goals {
		goal := g.Goal
		same := func(other pierre.Goal) bool {
			return other.Title == goal.Title && other.Type == goal.Type && other.Target == goal.Target && other.Date.Equal(goal.Date)
		}
		if !valid(&goal) || slices.ContainsFunc(has, same) {
			continue
		}
		if _, err := i.opts.Restore.AddGoal(ctx, user, i.now(), goal); err != nil {
			return added, err
		}
		has, added = append(has, goal), added+1
	}
	return added, nil
}

// valid reports whether a goal can be one that this program keeps.
func valid(g *pierre.Goal) bool {
	const maxTitle, maxDescription, maxTarget, minMeters, maxMeters = 200, 2000, 1e9, 400, 100_000
	switch {
	case g.Type == pierre.GoalTime && (g.Meters == nil || !(*g.Meters >= minMeters && *g.Meters <= maxMeters)):
		return false // who asks for progress needs the distance
	case g.Type == pierre.GoalPerformance && g.Metric == "":
		return false
	}
	return g.Title != "" && len(g.Title) <= maxTitle && len(g.Description) <= maxDescription && g.Target > 0 && g.Target <= maxTarget &&
		slices.Contains(pierre.GoalTypes(), g.Type) && slices.Contains(pierre.GoalStatuses(), g.Status) &&
		(g.Sport == "" || slices.Contains(pierre.Sports(), g.Sport)) && (g.Metric == "" || slices.Contains(pierre.GoalMetrics(), g.Metric)) &&
		!g.Start.IsZero() && !g.Date.IsZero()
}

// restoreWords keeps what the athlete said of an activity that an export brought back.
func (i *Importer) restoreWords(ctx context.Context, user pierre.UserID, added pierre.Addition, kept *activityfile.Kept) error {
	if kept == nil || i.opts.Restore == nil || added.Outcome != pierre.OutcomeAdded {
		return nil
	}
	id := added.Activity
	if said := kept.Said; said != nil && plausible(said) {
		_, err := i.opts.Restore.AnnotateActivity(ctx, user, id, i.now(), func(a *pierre.Annotation) {
			at := a.At
			*a = *said
			a.At = at
		})
		if err != nil {
			return err
		}
	}
	if kept.Hidden {
		return i.opts.Restore.HideActivity(ctx, user, id, true)
	}
	return nil
}

// plausible reports whether an annotation can be one that this program keeps.
func plausible(a *pierre.Annotation) bool {
	const maxName, maxNote = 255, 8 << 10
	long := func(text *string, most int) bool { return text != nil && len(*text) > most }
	return !long(a.Name, maxName) && !long(a.Gear, maxName) && !long(a.Note, maxNote) &&
		(a.RPE == nil || *a.RPE >= 0 && *a.RPE <= pierre.MaxRPE) && (a.Feel == nil || *a.Feel == "" || slices.Contains(pierre.Feels(), *a.Feel))
}
