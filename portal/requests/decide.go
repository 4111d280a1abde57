package requests

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

const maxText = 2000 // characters of a reason, a question or an answer

// A Decision is what somebody of the staff decides about a request that they looked at.
type Decision struct {
	Request string
	Version int64  // of the request that they looked at
	By      string // their e-mail address
}

// open is move for a decision.
func (s *Service) open(ctx context.Context, what string, d Decision, change func(t *db.Tx, r *db.Request) error) (db.Request, error) {
	return s.move(ctx, what, d.Request, db.RequestVerified, func(t *db.Tx, r *db.Request) error {
		if r.Version != d.Version {
			return s.late(*r)
		}
		return change(t, r)
	})
}

// Approve approves a request: its key will be made as the plan says, and its mail leaves. Where two persons must approve,
// the first approval is noted and the second one, of the same plan by somebody else, counts; an approval of another plan is
// a first one again. Of two that come at the same moment one gets [pierre.KindConflict].
func (s *Service) Approve(ctx context.Context, d Decision, p Plan) (db.Request, error) {
	if p.Tier == "" { // the server would choose one
		return db.Request{}, pierre.Invalid("tier", "Choose one of the plans.")
	}
	if err := p.request("x@example.com", "").Validate(); err != nil {
		return db.Request{}, err
	}
	plan, err := json.Marshal(p)
	if err != nil {
		return db.Request{}, fmt.Errorf("encoding a plan: %w", err)
	}
	settings, err := s.settings(ctx)
	if err != nil {
		return db.Request{}, err
	}
	before, err := s.db.Request(ctx, d.Request)
	if err != nil {
		return before, err
	}
	info := s.granted(ctx, before.Company, p)
	return s.open(ctx, "approving a request", d, func(t *db.Tx, r *db.Request) error {
		now, another := s.now(), r.Plan != string(plan)
		r.Plan = string(plan)
		if settings.TwoPersons && (r.FirstBy == "" || another) {
			r.FirstBy, r.FirstAt = d.By, now
			return s.noteStaff(ctx, t, r.ID, d.By, staffAction{"approved, as the first of two", "request.approve_first"}, p.String())
		}
		if settings.TwoPersons && r.FirstBy == d.By {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "You have approved this request. Somebody else must approve it, too."}
		}
		r.State, r.DecidedBy, r.Decided, r.NextTry, r.AnswerHash = db.RequestApproved, d.By, now, now, ""
		if err := s.noteStaff(ctx, t, r.ID, d.By, staffAction{"approved", "request.approve"}, p.String()); err != nil || settings.MailKey {
			return err // the mail with the key follows when there is one
		}
		return s.mailClaim(ctx, t, settings, *r, info)
	})
}

// Reject rejects a request; the reason is mailed.
func (s *Service) Reject(ctx context.Context, d Decision, reason string) (db.Request, error) {
	reason, err := checkText("reason", reason)
	if err != nil {
		return db.Request{}, err
	}
	settings, err := s.settings(ctx)
	if err != nil {
		return db.Request{}, err
	}
	return s.open(ctx, "rejecting a request", d, func(t *db.Tx, r *db.Request) error {
		r.State, r.DecidedBy, r.Decided, r.Reason = db.RequestRejected, d.By, s.now(), reason
		r.FirstBy, r.AnswerHash = "", ""
		if err := s.noteStaff(ctx, t, r.ID, d.By, staffAction{"rejected", "request.reject"}, reason); err != nil {
			return err
		}
		m, err := settings.Texts.Rejected(r.Email, s.plainInfo(*r), reason)
		if err != nil {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
}

// Ask mails a question, with a link to the page where it is answered. The request goes on waiting.
func (s *Service) Ask(ctx context.Context, d Decision, question string) (db.Request, error) {
	question, err := checkText("question", question)
	if err != nil {
		return db.Request{}, err
	}
	settings, err := s.settings(ctx)
	if err != nil {
		return db.Request{}, err
	}
	return s.open(ctx, "asking a question", d, func(t *db.Tx, r *db.Request) error {
		token := newToken()
		r.AnswerHash, r.AnswerUntil = db.HashToken(token), s.now().Add(answerWithin)
		if err := s.noteStaff(ctx, t, r.ID, d.By, staffAction{"asked", "request.ask"}, question); err != nil {
			return err
		}
		m, err := settings.Texts.Question(r.Email, s.plainInfo(*r), question, token, r.AnswerUntil)
		if err != nil {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
}

// Answer keeps the answer to the question that the token is of.
func (s *Service) Answer(ctx context.Context, token, answer string) error {
	answer, err := checkText("answer", answer)
	if err != nil {
		return err
	}
	r, err := s.db.RequestByAnswerToken(ctx, token)
	if err != nil {
		return err
	}
	if !s.now().Before(r.AnswerUntil) {
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "The time for an answer is over."}
	}
	hash := r.AnswerHash
	_, err = s.move(ctx, "keeping an answer", r.ID, db.RequestVerified, func(t *db.Tx, r *db.Request) error {
		if r.AnswerHash != hash {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: "This question was answered, or another one was asked since."}
		}
		r.AnswerHash = ""
		return s.note(ctx, t, r.ID, actorRequester, "answered", answer)
	})
	return err
}

func checkText(field, text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", pierre.Invalid(field, "Write something: it is mailed, or kept, as you write it.")
	case n > maxText:
		return "", pierre.Invalid(field, "At most 2,000 characters.")
	}
	return text, nil
}
