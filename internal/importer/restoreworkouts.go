package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// workoutsAtOnce is how many planned workouts are kept at once.
const workoutsAtOnce = 100

// restoreWorkouts adds the planned workouts that the user does not have, and returns how many these are. They keep their ids, so that
// one that was changed or moved here since does not come twice. What cannot have been planned is left out, and row says so.
func (i *Importer) restoreWorkouts(ctx context.Context, user pierre.UserID, list []exportfile.Workout, row *pierre.ImportRow) (added int, err error) {
	has, err := i.opts.Restore.Workouts(ctx, user, pierre.WorkoutQuery{})
	if err != nil {
		return 0, err
	}
	named := map[pierre.WorkoutID]bool{}
	for _, e := range list {
		named[e.ID] = true
	}
	here, alike := map[pierre.WorkoutID]bool{}, map[string]int{} // a workout may have been planned here by hand, too
	for _, w := range has {
		if here[w.ID] = true; !named[w.ID] {
			alike[sameness(w)]++
		}
	}
	var wanted []pierre.Workout
	wrong := 0
	for _, e := range list {
		w, ok := i.plausibleWorkout(e)
		switch {
		case !ok:
			wrong++
		case here[w.ID]:
		case alike[sameness(w)] > 0:
			alike[sameness(w)]--
		default:
			wanted = append(wanted, w)
		}
	}
	if wrong > 0 {
		row.Warnings = append(row.Warnings, human.Plural(wrong, "planned workout")+" left out: not as this program plans any")
	}
	return inParts(ctx, i, user, wanted, workoutsAtOnce, i.opts.Restore.RestoreWorkouts)
}

// sameness is the same for workouts of a day that only differ in their ids or notes.
func sameness(w pierre.Workout) string {
	w.Note = ""
	text, err := json.Marshal(w)
	return fmt.Sprint(w.Day.Unix(), string(text), err)
}

// No workout was planned for a day before firstPlanned, or as often as maxRevision.
const (
	firstPlanned = 2000
	maxRevision  = 1_000_000
)

// plausibleWorkout returns a planned workout of an export, if it can be one that this program keeps.
func (i *Importer) plausibleWorkout(e exportfile.Workout) (pierre.Workout, bool) {
	w, now := e.Workout, i.now()
	var err error
	w.Day, err = time.Parse(time.DateOnly, e.Day)
	if err != nil || w.Day.Year() < firstPlanned || w.Day.After(now.AddDate(workout.FurthestYears, 0, 1)) || !workout.Valid(&w) {
		return w, false
	}
	if w.ID = e.ID; !pierre.IsWorkoutID(string(e.ID)) {
		w.ID = pierre.NewWorkoutID()
	}
	w.Revision = min(max(e.Revision, 0), maxRevision)
	w.Created, w.Updated = e.Created, e.Updated
	if w.Created.Year() < firstPlanned || w.Created.After(now) {
		w.Created = now
	}
	if w.Updated.Before(w.Created) || w.Updated.After(now) {
		w.Updated = w.Created
	}
	return w, true
}
