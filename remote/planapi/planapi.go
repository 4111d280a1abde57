// Package planapi serves what athletes plan as files: GET /v1/workouts/ID.fit and .zwo, GET /v1/calendar.ics, and the same
// calendar at a secret address for programs that cannot send a key. Workouts are kept by the tool plan_workout, their files are
// package workoutfile's, and whose a key or an address is package access's. Nothing here counts
// against a key's limit; a key needs the right to the tool get_calendar. The work takes turns with that of the tools: who asks
// for many calendars waits, and not the others.
package planapi

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/internal/workoutfile"
)

// Callers tell who sends a request.
type Callers interface {
	Caller(r *http.Request) (access.Principal, error)
}

// Plans reads what is planned. Another user's is "not found" to it.
type Plans interface {
	Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error)
	Workout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) (pierre.Workout, error)
	Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error)
}

// A Store keeps both.
type Store interface {
	Plans
	Subscriptions
}

// Subscriptions are the secret addresses of calendars.
type Subscriptions interface {
	CalendarSubscription(ctx context.Context, user pierre.UserID) (pierre.CalendarSubscription, error)
	KeepCalendarSubscription(ctx context.Context, c pierre.CalendarSubscription) error
	DeleteCalendarSubscription(ctx context.Context, user pierre.UserID) error
	APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error)
}

// Readers tell whose calendar is at a secret address.
type Readers interface {
	Verify(ctx context.Context, token string) (pierre.CalendarReader, error)
}

// A Coach knows athletes' thresholds.
type Coach interface {
	Athlete(ctx context.Context, user pierre.UserID) (training.Athlete, error)
}

// The routes, for whoever mounts a [Server].
const (
	WorkoutsPath = "/v1/workouts/"
	CalendarPath = "/v1/calendar.ics"

	CalendarsPath    = "/v1/calendar/" // of the secret addresses
	subscriptionPath = CalendarsPath + "subscription"
)

// Routes lists what is to be mounted.
func Routes() []string { return []string{WorkoutsPath, CalendarPath, CalendarsPath} }

// Options are what a Server can do without.
type Options struct {
	PublicURL string           // under which clients reach the server; "": not known
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: no log
}

// A Server answers the routes. It is safe for concurrent use.
type Server struct {
	callers Callers
	readers Readers
	store   Store
	coach   Coach
	work    *fair.Gate
	opts    Options
	handler http.Handler
}

// New returns a Server whose work goes through the gate.
func New(callers Callers, readers Readers, store Store, coach Coach, work *fair.Gate, opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{callers: callers, readers: readers, store: store, coach: coach, work: work, opts: opts}
	mux := http.NewServeMux()
	for path, methods := range map[string]map[string]web.HandlerFunc{
		WorkoutsPath + "{file}":  {"GET": s.serve(s.workout)},
		CalendarPath:             {"GET": s.serve(s.calendar)},
		CalendarsPath + "{file}": {"GET": s.feed},
		subscriptionPath:         {"GET": s.subscription, "POST": s.subscribe, "DELETE": s.unsubscribe},
	} {
		mux.Handle(path, byMethod(methods, opts.Log))
	}
	protection := http.NewCrossOriginProtection() // no web page makes or ends a subscription on a visitor's behalf
	protection.SetDenyHandler(web.Handle(opts.Log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindDenied, Msg: "Web pages of other origins may change nothing at this server."}
	}))
	s.handler = protection.Handler(mux)
	return s
}

// byMethod serves a path: patterns with methods would not let a path stand beside the one with a wildcard.
func byMethod(methods map[string]web.HandlerFunc, log *slog.Logger) http.Handler {
	others := web.OnlyMethods(log, slices.Sorted(maps.Keys(methods))...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if h, ok := methods[method]; ok {
			web.Handle(log, h).ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.handler.ServeHTTP(w, r)
}

// reader returns who asks.
func (s *Server) reader(r *http.Request) (access.Principal, error) {
	who, err := s.callers.Caller(r)
	if err != nil {
		return who, err
	}
	if !pierre.MayUse(who.Tools, access.CalendarTool) {
		return who, &pierre.Error{Kind: pierre.KindDenied, Msg: "This key may not use " + access.CalendarTool + ", and so may not read what is planned."}
	}
	_, err = web.Query(r)
	return who, err
}

// A file is an answer.
type file struct {
	content    []byte
	kind, name string
}

// A writer writes a file of what the user plans.
type writer func(r *http.Request, user pierre.UserID) (file, error)

// serve answers a key with a file.
func (s *Server) serve(write writer) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := s.reader(r)
		if err != nil {
			return err
		}
		f, err := s.inTurn(r, write, who.UserID, cmp.Or(who.Customer, who.UserID))
		if err != nil {
			return err
		}
		send(w, f)
		return nil
	}
}

// inTurn writes a file when it is the customer's turn, which ends before the file is sent, so that a slow reader keeps nobody waiting.
func (s *Server) inTurn(r *http.Request, write writer, user, customer pierre.UserID) (file, error) {
	turn, err := s.work.Enter(r.Context(), string(customer))
	if err != nil {
		return file{}, err
	}
	defer turn.Leave()
	return write(r, user)
}

func (s *Server) workout(r *http.Request, user pierre.UserID) (file, error) {
	id, suffix, _ := strings.Cut(r.PathValue("file"), ".")
	f := workoutfile.Format(suffix)
	if !slices.Contains(workoutfile.Formats(), f) {
		return file{}, &pierre.Error{Kind: pierre.KindNotFound, Msg: "Workouts are there as " + WorkoutsPath + "ID.fit and " + WorkoutsPath + "ID.zwo."}
	}
	planned, err := s.store.Workout(r.Context(), user, pierre.WorkoutID(id))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return file{}, &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no such workout; the tool get_calendar lists them.", Err: err}
	}
	if err != nil {
		return file{}, err
	}
	athlete, err := s.coach.Athlete(r.Context(), user)
	if err != nil {
		return file{}, err
	}
	b, err := workoutfile.Encode(f, planned, athlete.On(planned.Day).Thresholds(planned.Sport))
	return file{b, f.MIMEType(), workoutfile.Name(f, planned)}, err
}

// calendarPast is for how many days workouts stay in the calendar.
const calendarPast = 90

func (s *Server) calendar(r *http.Request, user pierre.UserID) (file, error) {
	athlete, err := s.coach.Athlete(r.Context(), user)
	if err != nil {
		return file{}, err
	}
	from := athlete.Clock.Today().AddDate(0, 0, -calendarPast)
	workouts, err := s.store.Workouts(r.Context(), user, pierre.WorkoutQuery{From: from})
	if err != nil {
		return file{}, err
	}
	goals, err := s.store.Goals(r.Context(), user)
	if err != nil {
		return file{}, err
	}
	goals = slices.DeleteFunc(goals, func(g pierre.Goal) bool { return g.Date.Before(from) || g.Status == pierre.GoalCancelled })
	list := make([]workoutfile.Scheduled, len(workouts))
	for i, p := range workouts {
		list[i].Workout = p
		if seconds := athlete.On(p.Day).PlannedSeconds(p.Sport, p.Steps); seconds.Err == nil {
			list[i].Seconds = &seconds.Value
		}
	}
	b, err := workoutfile.Calendar(list, goals)
	return file{b, workoutfile.CalendarType, "training-" + athlete.Clock.Today().Format(time.DateOnly) + ".ics"}, err
}

func send(w http.ResponseWriter, f file) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.content)))
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	_, _ = w.Write(f.content) // a client that went away needs no answer
}
