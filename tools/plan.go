package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/workout"
	"github.com/pierre-mcp/pierre/internal/workoutfile"
)

// A WorkoutStore keeps planned workouts.
type WorkoutStore interface {
	Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error)
	Workout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) (pierre.Workout, error)
	AddWorkout(ctx context.Context, user pierre.UserID, now time.Time, w pierre.Workout) (pierre.Workout, error)
	UpdateWorkout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID, now time.Time, change func(*pierre.Workout) error) (pierre.Workout, error)
	DeleteWorkout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) error
}

func (c *Catalog) planWorkout() tool {
	return declare(c, spec{
		name:  "plan_workout",
		title: "Plan a workout",
		doc: "Plans a structured workout, or changes, moves or deletes one. " +
			"A new one needs date, sport_type, name and steps. The answer has its files for watches and Zwift. Races are goals: set_goal. Plan and delete only what the athlete asks for or agrees to.",
		changes: true,
		once:    true,
	}, c.plan)
}

type planArgs struct {
	ID     pierre.WorkoutID `json:"workout_id,omitempty" jsonschema:"To change, move or delete a planned workout, from get_calendar: then only what is given changes." brief:"to change one" limits:"1,100"`
	Date   date             `json:"date,omitempty" jsonschema:"Day such as 2026-11-26, today or later." brief:""`
	Start  startTime        `json:"start_time,omitempty" jsonschema:"On the athlete's clock, such as 06:30; any: at no fixed time, which is the default." brief:"-"`
	Sport  sportChoice      `json:"sport_type,omitempty" jsonschema:"As in get_activities." brief:""`
	Name   string           `json:"name,omitempty" jsonschema:"Short, such as 5 x 4 min." brief:"" limits:"1,100"`
	Steps  []string         `json:"steps,omitempty" jsonschema:"In order, such as [\"warmup 15min 50-70% FTP\", \"5x(4min 105% FTP, 3min recovery 50% FTP)\", \"cooldown 10min\"]. A step: warmup, recovery, rest or cooldown, else it is work; its length (90s, 1h30min, 400 meters, 5km, open); at most one target or range (250W, 90-95% FTP, 150bpm, 85% LTHR, 80% HRmax, 4:30-4:40/km, 1:40/100m, 95% threshold pace, rpe 7); cadence (90rpm, 180spm)." brief:"\"warmup 15min 50-70% FTP\", \"5x(1km 4:00/km, 90s recovery)\"; 250W, 85% LTHR, rpe 7" limits:"1,50" each:"1,500"`
	Note   string           `json:"note,omitempty" jsonschema:"What else the athlete should know. It takes the place of the note before." brief:"" limits:"1,1000"`
	Delete bool             `json:"delete,omitempty" jsonschema:"true: deletes the workout of workout_id for good." brief:""`
}

// A startTime is an argument that names one, or any.
type startTime string

const anyTime startTime = "any"

func (startTime) form() string { return "a time of the day such as 06:30, or any" }

func (t startTime) valid() bool { return t == anyTime || workout.IsStart(string(t)) }

func (a planArgs) problems() []string {
	var problems []string
	add := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, text)
		}
	}
	other := a.Date != "" || a.Start != "" || a.Sport != "" || a.Name != "" || a.Steps != nil || a.Note != ""
	add(a.Name != "" && !workout.IsName(a.Name), "name must be one line, and not blank.")
	add(a.Note != "" && !workout.IsNote(a.Note), "note must be text without control characters.")
	switch {
	case a.Delete:
		add(a.ID == "", "delete goes with workout_id.")
		add(other, "delete and changes exclude each other.")
	case a.ID != "":
		add(!other, "nothing to change: give at least one of date, start_time, sport_type, name, steps, note, delete.")
	default:
		add(a.Date == "", "date is missing: the day of the workout, such as 2026-11-26.")
		add(a.Sport == "", "sport_type is missing: such as run, ride, swim or strength_training.")
		add(a.Name == "", "name is missing: a short one, such as 5 x 4 min.")
		add(a.Steps == nil, "steps is missing: such as "+workout.Syntax+"; one step, such as \"45min rpe 3\", is enough.")
	}
	if a.Sport != "" && a.Steps != nil {
		_, wrong := workout.Parse(pierre.Sport(a.Sport), a.Steps)
		problems = append(problems, wrong...)
	}
	return problems
}

// change makes what was asked for of a workout.
func (a planArgs) change(w *pierre.Workout) error {
	lines := a.Steps
	if a.Sport != "" && pierre.Sport(a.Sport) != w.Sport && lines == nil {
		lines = workout.Lines(w.Sport, w.Steps)
	}
	if a.Sport != "" {
		w.Sport = pierre.Sport(a.Sport)
	}
	if lines != nil {
		steps, wrong := workout.Parse(w.Sport, lines)
		if err := wrongArguments(wrong); err != nil {
			return err
		}
		w.Steps = steps
	}
	if day, ok := a.Date.day(); ok {
		w.Day = day
	}
	if a.Name != "" {
		w.Name = strings.TrimSpace(a.Name)
	}
	if a.Note != "" {
		w.Note = strings.TrimSpace(a.Note)
	}
	if a.Start != "" {
		w.Start = strings.TrimPrefix(string(a.Start), string(anyTime))
	}
	return nil
}

// A workoutView is a planned workout in answers.
type workoutView struct {
	ID       pierre.WorkoutID `json:"workout_id"`
	Date     string           `json:"date"`
	Weekday  string           `json:"weekday"`
	Start    string           `json:"start_time,omitempty"`
	Sport    pierre.Sport     `json:"sport_type"`
	Name     string           `json:"name"`
	Note     string           `json:"note,omitempty"`
	Steps    []string         `json:"steps" jsonschema:"as they were understood"`
	Duration value            `json:"duration_seconds" jsonschema:"expected, as are the next two"`
	Distance value            `json:"distance_meters"`
	Load     value            `json:"load" jsonschema:"an hour at threshold is 100"`
}

func viewWorkout(w pierre.Workout, p training.Plan) workoutView {
	return workoutView{
		ID: w.ID, Date: w.Day.Format(time.DateOnly), Weekday: w.Day.Weekday().String(), Start: w.Start, Sport: w.Sport, Name: w.Name, Note: w.Note,
		Steps: workout.Lines(w.Sport, w.Steps), Duration: viewValue(p.Seconds, 0), Distance: viewValue(p.Meters, 0), Load: viewValue(p.Load, 1),
	}
}

type planAnswer struct {
	Workout workoutView `json:"workout"`
	Deleted bool        `json:"deleted,omitempty"`
	Files   []string    `json:"files,omitempty" jsonschema:"resources with the workout for devices (fit) and Zwift (zwo)"`
}

func (a planAnswer) text() string {
	w := a.Workout
	line := fmt.Sprintf("%s %q: %s, %s %s", w.ID, w.Name, w.Sport, w.Weekday, w.Date)
	if w.Start != "" {
		line += " at " + w.Start
	}
	if a.Deleted {
		return "Deleted " + line
	}
	lines := []string{line, strings.Join(w.Steps, "; ")}
	if v := w.Duration.Value; v != nil {
		lines = append(lines, "duration: "+clockTime(*v))
	}
	if v := w.Distance.Value; v != nil {
		lines = append(lines, "distance: "+kilometres(*v))
	}
	lines = append(lines, w.Load.text("load"))
	if len(a.Files) > 0 {
		lines = append(lines, "Files: "+strings.Join(a.Files, ", ")+`; at a terminal "mcp-client workout `+string(w.ID)+`"`)
	}
	return strings.Join(lines, "\n")
}

// links implements [linked].
func (a planAnswer) links() []mcp.ResourceLink {
	var list []mcp.ResourceLink
	for _, uri := range a.Files {
		f := workoutfile.Format(uri[strings.LastIndex(uri, ".")+1:])
		list = append(list, mcp.NewResourceLink(uri, uri[strings.LastIndex(uri, "/")+1:], a.Workout.Name, f.MIMEType()))
	}
	return list
}

func (c *Catalog) plan(ctx context.Context, user pierre.UserID, args planArgs) (planAnswer, error) {
	athlete, err := c.training.Athlete(ctx, user)
	if err != nil {
		return planAnswer{}, err
	}
	today := athlete.Clock.Today()
	if day, ok := args.Date.day(); ok && (day.Before(today) || day.After(today.AddDate(workout.FurthestYears, 0, 0))) {
		return planAnswer{}, pierre.Invalid("date", "date must be today, %s %s, or later, and within %d years.", today.Weekday(), today.Format(time.DateOnly), workout.FurthestYears)
	}
	var w pierre.Workout
	switch {
	case args.Delete:
		if w, err = c.data.Workout(ctx, user, args.ID); err == nil {
			err = c.data.DeleteWorkout(ctx, user, args.ID)
		}
	case args.ID != "":
		w, err = c.data.UpdateWorkout(ctx, user, args.ID, c.now(), args.change)
	default:
		if err = args.change(&w); err == nil {
			w, err = c.data.AddWorkout(ctx, user, c.now(), w)
		}
	}
	if err != nil {
		return planAnswer{}, unknownWorkout(err, args.ID)
	}
	a := planAnswer{Workout: viewWorkout(w, athlete.On(w.Day).Plan(w.Sport, w.Steps)), Deleted: args.Delete}
	if !args.Delete {
		a.Files = fileURIs(w, athlete)
	}
	return a, nil
}

// fileURIs names the resources that hold a workout: those of the formats that can.
func fileURIs(w pierre.Workout, a training.Athlete) []string {
	by := a.On(w.Day).Thresholds(w.Sport)
	formats := slices.DeleteFunc(workoutfile.Formats(), func(f workoutfile.Format) bool { return workoutfile.Holds(f, w, by) != nil })
	var uris []string
	for _, f := range formats {
		uris = append(uris, workoutURI+string(w.ID)+"."+string(f))
	}
	return uris
}

// unknownWorkout words the error of a workout that is not there.
func unknownWorkout(err error, id pierre.WorkoutID) error {
	if pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	return &pierre.Error{Kind: pierre.KindNotFound, Field: "workout_id", Msg: fmt.Sprintf("workout %.40q not found; get_calendar lists the workouts.", string(id)), Err: err}
}
