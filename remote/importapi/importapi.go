// Package importapi is the server's API for recordings: POST /api/import takes
// one file or archive per request as its body, streams it to disk within a
// limit, and answers with a report on every file in it. POST /api/health takes
// what the app Health Auto Export sends by itself. docs/IMPORTS.md describes both.
//
// It owns the transport. What is read from files is package activityfile's, what
// they do to a user's activities package importer's, and whose a key is package access's.
// An import is not a tool call and does not count against a key's limit.
package importapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Importer imports uploads.
type Importer interface {
	Import(ctx context.Context, user pierre.UserID, src *activityfile.Source, watch importer.Watch) (pierre.ImportSummary, error)
}

// Options adjust a [Server]. The zero value works.
type Options struct {
	Dir      string       // where uploads lie while they are read; "" is the system's temporary folder
	MaxBytes int64        // of an upload; 0: 2 GiB
	PerUser  int          // uploads of one user at a time; 0: 4
	Uploads  int          // uploads of all users at a time, being received, waiting or imported; 0: 32
	Work     *fair.Gate   // shares out the right to import; nil: one for a little more than the processors
	Log      *slog.Logger // nil: nothing is logged
}

const (
	defaultMaxBytes = 2 << 30
	defaultPerUser  = 4
	defaultUploads  = 32

	sharePerCustomer = 2 // a customer may have 1/sharePerCustomer of the uploads

	streamPatience = 10 * time.Minute // how long an upload waits for its turn while its client hears of it
	silentPatience = 30 * time.Second // and while it does not

	turnLength = 2 * time.Second // how long an import goes on while others wait for their turns
)

// A Server answers POST /api/import and POST /api/health. It is safe for concurrent use.
type Server struct {
	imports Importer
	callers Callers
	opts    Options
	handler http.Handler

	mu        sync.Mutex
	uploads   int
	running   map[pierre.UserID]int
	customers map[pierre.UserID]int
}

// New returns a Server that hands the uploads of callers to imports.
func New(imports Importer, callers Callers, opts Options) *Server {
	opts.MaxBytes = cmp.Or(opts.MaxBytes, defaultMaxBytes)
	opts.PerUser = cmp.Or(opts.PerUser, defaultPerUser)
	opts.Uploads = cmp.Or(opts.Uploads, defaultUploads)
	if opts.Work == nil { // so that one user alone does not keep the others waiting
		processors := runtime.GOMAXPROCS(0)
		opts.Work = fair.New(fair.Options{Running: processors + 1, PerTenant: processors, Waiting: opts.PerUser, Patience: streamPatience})
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{imports: imports, callers: callers, opts: opts, running: map[pierre.UserID]int{}, customers: map[pierre.UserID]int{}}
	mux := http.NewServeMux()
	mux.Handle("POST /api/import", web.Handle(opts.Log, s.upload))
	mux.Handle("/api/import", web.OnlyMethods(opts.Log, http.MethodPost))
	mux.Handle("POST /api/health", web.Handle(opts.Log, s.health))
	mux.Handle("/api/health", web.OnlyMethods(opts.Log, http.MethodPost))
	protection := http.NewCrossOriginProtection() // no web page uploads on a visitor's behalf
	protection.SetDenyHandler(web.Handle(opts.Log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindDenied, Msg: "Web pages of other origins may not upload to this server."}
	}))
	s.handler = protection.Handler(mux)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	who, err := s.callers.Caller(r)
	if err != nil {
		return err
	}
	if r.ContentLength > s.opts.MaxBytes {
		return s.tooLarge()
	}
	name, err := fileName(r)
	if err != nil {
		return err
	}
	if isForm(r) {
		return pierre.Invalid("Content-Type", "The body must be the file as it is, not a form: curl --data-binary @run.fit, not -F.")
	}
	leave, err := s.enter(who)
	if err != nil {
		return err
	}
	defer leave()
	file, size, err := s.receive(w, r, s.opts.MaxBytes)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read since it was complete
	out := newAnswer(w, r)
	sum, err := s.run(r.Context(), who.UserID, activityfile.NewSource(name, file, size), out)
	out.stop()
	s.log(r.Context(), who.UserID, size, sum, err)
	if r.Context().Err() != nil {
		return ended(r.Context(), w, out)
	}
	return out.end(sum, err)
}

// run imports src when its turn comes.
func (s *Server) run(ctx context.Context, user pierre.UserID, src *activityfile.Source, out *answer) (pierre.ImportSummary, error) {
	patience := streamPatience
	if !out.stream {
		patience = silentPatience
	}
	waiting, cancel := context.WithTimeoutCause(ctx, patience, &pierre.Error{
		Kind: pierre.KindUnavailable, RetryAfter: patience, Msg: "The server is busy with other imports; nothing was imported. Send the upload again later.",
	})
	defer cancel()
	slot, err := s.opts.Work.Enter(waiting, string(user))
	if err != nil {
		return pierre.ImportSummary{}, err
	}
	defer slot.Leave()
	turn := &turn{slot: slot, began: time.Now()}
	sum, err := s.imports.Import(ctx, user, src, importer.Watch{Progress: out.progress, Without: turn.without, Row: func(row pierre.ImportRow) error {
		if err := out.row(row); err != nil {
			return err
		}
		return turn.pass(ctx)
	}})
	if full(err) { // of something that was kept on the way
		err = onDisk(err)
	}
	return sum, err
}

// A turn is the time in which an import goes on while others wait. It is safe for concurrent use.
type turn struct {
	mu    sync.Mutex
	slot  *fair.Slot
	began time.Time
}

// pass lets others go first if the turn has been long enough.
func (t *turn) pass(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.began) < turnLength {
		return nil
	}
	err := t.slot.Pass(ctx)
	t.began = time.Now()
	return err
}

// without calls wait while others have their turns.
func (t *turn) without(ctx context.Context, wait func(context.Context) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.slot.Without(ctx, wait)
	t.began = time.Now()
	return err
}

func (s *Server) log(ctx context.Context, user pierre.UserID, size int64, sum pierre.ImportSummary, err error) {
	attrs := []slog.Attr{
		slog.String("user_id", string(user)), slog.Int64("bytes", size),
		slog.Int("files", sum.Files), slog.Int("activities", sum.Activities), slog.Int("failed", sum.Failed),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.opts.Log.LogAttrs(ctx, slog.LevelInfo, "import ended", attrs...)
}

// enter counts the uploads, and refuses one too many: each holds disk space.
// enter takes one of the places for uploads. The athletes of one customer's application have at most half of them.
func (s *Server) enter(who access.Principal) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.running[who.UserID] >= s.opts.PerUser:
		return nil, tooMany("Too many imports of yours are running; try again when one has ended.")
	case s.customers[who.Customer] >= max(1, s.opts.Uploads/sharePerCustomer):
		return nil, tooMany("Too many imports of your application's athletes are running; try again when one has ended.")
	case s.uploads >= s.opts.Uploads:
		return nil, &pierre.Error{
			Kind: pierre.KindUnavailable, RetryAfter: 10 * time.Second,
			Msg: "The server is busy with other imports; try again in a moment.",
		}
	}
	s.running[who.UserID]++
	s.customers[who.Customer]++
	s.uploads++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.uploads--
		countDown(s.running, who.UserID)
		countDown(s.customers, who.Customer)
	}, nil
}

func tooMany(msg string) error {
	return &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: 2 * time.Second, Msg: msg}
}

func countDown(counts map[pierre.UserID]int, user pierre.UserID) {
	if counts[user]--; counts[user] == 0 {
		delete(counts, user)
	}
}
