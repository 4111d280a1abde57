// Package requests is the way from a stranger's request to a key in use: the form, the confirmed address, the decision of
// the staff, the key that is made at the server, and the page that shows it once. Who may decide is checked by package
// route, mail leaves by package mail, and keys are the server's: this package asks for them over the admin API.
//
// The key is never kept here. When a request is approved a worker has the server make a key whose text it throws away;
// what it keeps is the key's id. Whoever presses the button of the claim page gets a successor of that key, made by
// rotating it without grace at that moment, so that the text goes from the server to one answer and is nowhere else. A key
// that was not shown, because an answer got lost, or that was lost later, is replaced the same way. Making the key only
// when it is claimed would need no rotation, but then nobody would see before a person waits for it that the server
// refuses the plan or cannot be reached.
package requests

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	verifyWithin   = 24 * time.Hour      // for the link that confirms an address
	submittedFor   = 7 * 24 * time.Hour  // an address can be confirmed, with new links
	decideWithin   = 60 * 24 * time.Hour // for a decision
	answerWithin   = 14 * 24 * time.Hour // for the answer to a question
	claimWithin    = 7 * 24 * time.Hour  // for the link under which the key is shown
	forgottenAfter = 30 * 24 * time.Hour // when requests are deleted whose address nobody confirmed
	countsKept     = 48 * time.Hour
)

// Settings are what the operator chooses while the site runs.
type Settings struct {
	TwoPersons bool       // two of the staff must approve
	MailKey    bool       // the key itself is mailed, instead of the link to the page that shows it
	Within     string     // how long a decision usually takes, such as "one working day"; "": not said
	Texts      mail.Texts // of mails
}

// Options are what a Service can do without.
type Options struct {
	Log       *slog.Logger                 // nil: no log
	Now       func() time.Time             // nil: time.Now
	Network   func(r *http.Request) string // where a request comes from, for limits; nil: nothing is limited
	PublicURL string                       // of the MCP server, as customers reach it
}

// A Service is the requests and their pages. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	server   *adminapi.Client
	outbox   *mail.Outbox
	pages    *ui.Renderer
	settings func(ctx context.Context) (Settings, error)
	opts     Options
	known    knownTiers
}

// New returns the requests in a database. settings is asked whenever they count.
func New(d *db.DB, server *adminapi.Client, outbox *mail.Outbox, pages *ui.Renderer, settings func(ctx context.Context) (Settings, error), opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Network == nil {
		opts.Network = func(*http.Request) string { return "" }
	}
	return &Service{db: d, server: server, outbox: outbox, pages: pages, settings: settings, opts: opts}
}

// now returns the time as databases keep it.
func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// newToken returns the token of a link.
func newToken() string { return rand.Text() }

// newID returns the id of a request.
func newID() string { return "req_" + rand.Text() }

// Jobs returns the background work: keys are made, and what is too old ends.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "make the keys of approved requests", Every: time.Second, Within: 2 * time.Minute, Do: s.Provision},
		{Name: "end old requests", Every: 10 * time.Minute, Fleet: true, Do: s.Expire},
	}
}

// Expire ends requests that nobody confirmed or decided in time, and deletes what is left of those that nobody confirmed.
func (s *Service) Expire(ctx context.Context) error {
	now := s.now()
	for state, limit := range map[db.RequestState]time.Duration{db.RequestSubmitted: submittedFor, db.RequestVerified: decideWithin} {
		const some = 100
		list, err := s.db.StaleRequests(ctx, state, now.Add(-limit), some)
		if err != nil {
			return err
		}
		for _, r := range list {
			_, err := s.move(ctx, "ending a request", r.ID, state, func(t *db.Tx, r *db.Request) error {
				r.State, r.FirstBy, r.AnswerHash = db.RequestExpired, "", ""
				return s.note(ctx, t, r.ID, actorSite, "expired", "")
			})
			if err != nil && !isLate(err) {
				return err
			}
		}
	}
	if err := s.db.ForgetCounts(ctx, now.Add(-countsKept)); err != nil {
		return err
	}
	return s.db.DeleteUnconfirmed(ctx, now.Add(-forgottenAfter))
}

// Who acts when it is nobody of the staff.
const (
	actorRequester = "requester"
	actorSite      = "site"
)

func (s *Service) note(ctx context.Context, t *db.Tx, id, actor, action, details string) error {
	return s.db.AddRequestEvent(ctx, t, id, db.RequestEvent{At: s.now(), Actor: actor, Action: action, Details: details})
}

// A staffAction is what somebody of the staff does, for a request's history and for the audit log.
type staffAction struct{ text, audit string }

func (s *Service) noteStaff(ctx context.Context, t *db.Tx, id, by string, did staffAction, details string) error {
	if err := s.note(ctx, t, id, by, did.text, details); err != nil {
		return err
	}
	return db.Audit(ctx, t, db.Act{Person: by, At: s.now()}, did.audit, id, struct {
		Text string `json:"text,omitempty"`
	}{details})
}
