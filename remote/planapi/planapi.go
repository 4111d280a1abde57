// Package planapi serves what athletes plan as files: GET /v1/workouts/ID.fit and .zwo, GET /v1/calendar.ics. Workouts are kept by
// the tool plan_workout, their files are package workoutfile's, and whose a key is package access's. Nothing here counts
// against a key's limit; a key needs the right to the tool get_calendar.
package planapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/internal/workoutfile"
)

// Callers tell who sends a request.
type Callers interface {
	Caller(r *http.Request) (access.Principal, error)
}

// A Store reads what is planned. Another user's is "not found" to it.
type Store interface {
	Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error)
	Workout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) (pierre.Workout, error)
	Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error)
}

// A Coach knows athletes' thresholds.
type Coach interface {
	Athlete(ctx context.Context, user pierre.UserID) (training.Athlete, error)
}

// The routes, for whoever mounts a [Server].
const (
	WorkoutsPath = "/v1/workouts/"
	CalendarPath = "/v1/calendar.ics"
)

// tool is what a key must be allowed to use.
const tool = "get_calendar"

// A Server answers the routes. It is safe for concurrent use.
type Server struct {
	callers Callers
	store   Store
	coach   Coach
	mux     *http.ServeMux
}

// New returns a Server.
func New(callers Callers, store Store, coach Coach, log *slog.Logger) *Server {
	s := &Server{callers, store, coach, http.NewServeMux()}
	for path, serve := range map[string]web.HandlerFunc{WorkoutsPath + "{file}": s.workout, CalendarPath: s.calendar} {
		s.mux.Handle("GET "+path, web.Handle(log, serve))
		s.mux.Handle(path, web.OnlyMethods(log, http.MethodGet))
	}
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// reader returns who asks, and what is known of this athlete.
func (s *Server) reader(r *http.Request) (access.Principal, training.Athlete, error) {
	who, err := s.callers.Caller(r)
	if err != nil {
		return who, training.Athlete{}, err
	}
	if !pierre.MayUse(who.Tools, tool) {
		return who, training.Athlete{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "This key may not use " + tool + ", and so may not read what is planned."}
	}
	if _, err := web.Query(r); err != nil {
		return who, training.Athlete{}, err
	}
	athlete, err := s.coach.Athlete(r.Context(), who.UserID)
	return who, athlete, err
}

func (s *Server) workout(w http.ResponseWriter, r *http.Request) error {
	who, athlete, err := s.reader(r)
	if err != nil {
		return err
	}
	id, suffix, _ := strings.Cut(r.PathValue("file"), ".")
	f := workoutfile.Format(suffix)
	if !slices.Contains(workoutfile.Formats(), f) {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "Workouts are there as " + WorkoutsPath + "ID.fit and " + WorkoutsPath + "ID.zwo."}
	}
	planned, err := s.store.Workout(r.Context(), who.UserID, pierre.WorkoutID(id))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no such workout; the tool get_calendar lists them.", Err: err}
	}
	if err != nil {
		return err
	}
	b, err := workoutfile.Encode(f, planned, athlete.On(planned.Day).Thresholds(planned.Sport))
	if err != nil {
		return err
	}
	return send(w, b, f.MIMEType(), workoutfile.Name(f, planned))
}

// calendarPast is for how many days workouts stay in the calendar.
const calendarPast = 90

func (s *Server) calendar(w http.ResponseWriter, r *http.Request) error {
	who, athlete, err := s.reader(r)
	if err != nil {
		return err
	}
	from := athlete.Clock.Today().AddDate(0, 0, -calendarPast)
	workouts, err := s.store.Workouts(r.Context(), who.UserID, pierre.WorkoutQuery{From: from})
	if err != nil {
		return err
	}
	goals, err := s.store.Goals(r.Context(), who.UserID)
	if err != nil {
		return err
	}
	goals = slices.DeleteFunc(goals, func(g pierre.Goal) bool { return g.Date.Before(from) || g.Status == pierre.GoalCancelled })
	list := make([]workoutfile.Scheduled, len(workouts))
	for i, p := range workouts {
		list[i].Workout = p
		if plan := athlete.On(p.Day).Plan(p.Sport, p.Steps); plan.Seconds.Err == nil {
			list[i].Seconds = &plan.Seconds.Value
		}
	}
	b, err := workoutfile.Calendar(list, goals)
	if err != nil {
		return err
	}
	return send(w, b, workoutfile.CalendarType, "training-"+athlete.Clock.Today().Format(time.DateOnly)+".ics")
}

func send(w http.ResponseWriter, b []byte, kind, name string) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(b) //nolint:gosec // a file of a stated type, and nosniff; a client that went away needs no answer
	return nil
}
