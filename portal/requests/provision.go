package requests

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	dueAtOnce     = 20
	tryWithin     = 40 * time.Second // of one key; another try comes after longer
	firstTryPause = time.Minute
	longestPause  = time.Hour
)

// Provision makes the keys of the approved requests that are due. What fails is tried again later.
func (s *Service) Provision(ctx context.Context) error {
	due, err := s.db.DueRequests(ctx, s.now(), dueAtOnce)
	if err != nil {
		return err
	}
	for _, r := range due {
		if err := s.provisionOne(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// provisionOne makes the key of an approved request, unless another worker is about to. A try is taken for a time, which
// lets another worker have the next one if this program ends within it.
//
// Exactly one key is made, whatever ends or repeats a try: the server makes one for the request's id at most, as long as
// it remembers the id, which is a day; and a key that it made before is found by its description.
func (s *Service) provisionOne(ctx context.Context, due db.Request) error {
	taken, err := s.move(ctx, "taking a try to make a key", due.ID, db.RequestApproved, func(_ *db.Tx, r *db.Request) error {
		if r.Version != due.Version {
			return s.late(*r)
		}
		r.Tries++
		r.NextTry = s.now().Add(min(firstTryPause<<min(r.Tries-1, 10), longestPause))
		return nil
	})
	if isLate(err) {
		return nil // another worker has it
	}
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	made, err := s.makeKey(within, taken)
	if err != nil {
		return s.failed(ctx, taken, err)
	}
	return s.provisioned(ctx, taken, made)
}

// A madeKey is a key that the server has for a request. Its text is only known in the moment when it is made.
type madeKey struct {
	id   pierre.KeyID
	user pierre.UserID
	text secret.String
}

func (s *Service) makeKey(ctx context.Context, r db.Request) (madeKey, error) {
	p, err := parsePlan(r.Plan)
	if err != nil {
		return madeKey{}, err
	}
	found, ok, err := s.findKey(ctx, r)
	if err != nil || ok {
		return found, err
	}
	fresh, err := s.server.For(r.DecidedBy).Provision(ctx, p.request(r.Email, markOf(r.ID)), r.ID)
	if err != nil {
		return madeKey{}, err
	}
	return madeKey{fresh.APIKeyID, fresh.UserID, secret.New(fresh.APIKey.Reveal())}, nil
}

// findKey looks for a key that an earlier try made.
func (s *Service) findKey(ctx context.Context, r db.Request) (found madeKey, ok bool, err error) {
	if r.Tries <= 1 {
		return found, false, nil
	}
	mark := markOf(r.ID)
	for cursor := ""; ; {
		page, err := s.server.Keys(ctx, adminapi.KeyFilter{UserEmail: r.Email, Cursor: cursor})
		if err != nil {
			return found, false, err
		}
		for _, k := range page.APIKeys {
			if k.Description == mark && k.ReplacedBy == nil {
				return madeKey{id: k.APIKeyID, user: k.UserID}, true, nil
			}
		}
		if page.NextCursor == nil {
			return found, false, nil
		}
		cursor = *page.NextCursor
	}
}

// provisioned notes which key a request has. If keys are mailed, its text goes into the mail.
func (s *Service) provisioned(ctx context.Context, r db.Request, made madeKey) error {
	settings, err := s.settings(ctx)
	if err != nil {
		return err
	}
	p, err := parsePlan(r.Plan)
	if err != nil {
		return err
	}
	text := made.text
	if settings.MailKey && text.Reveal() == "" {
		fresh, err := s.successor(ctx, made.id, "mail-"+r.ID)
		if err != nil {
			return s.failed(ctx, r, err)
		}
		made.id, text = fresh.APIKeyID, secret.New(fresh.APIKey.Reveal())
	}
	info := s.granted(ctx, r.Company, p)
	_, err = s.move(ctx, "noting a key", r.ID, db.RequestApproved, func(t *db.Tx, now *db.Request) error {
		now.State, now.KeyID, now.UserID, now.Provisioned, now.Failure, now.NextTry = db.RequestProvisioned, made.id, made.user, s.now(), "", time.Time{}
		if err := s.note(ctx, t, r.ID, actorSite, "made the key", string(made.id)); err != nil || !settings.MailKey {
			return err
		}
		now.State, now.Claimed = db.RequestClaimed, s.now()
		m, err := settings.Texts.ApprovedWithKey(r.Email, info, text)
		if err != nil {
			return err
		}
		if err := s.note(ctx, t, r.ID, actorSite, "mailed the key", ""); err != nil {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
	if isLate(err) {
		return nil // another worker noted the same key
	}
	return err
}

// failed notes why there is no key yet, for the staff.
func (s *Service) failed(ctx context.Context, r db.Request, cause error) error {
	if ctx.Err() != nil { // the program ends
		return ctx.Err()
	}
	s.opts.Log.WarnContext(ctx, "a key could not be made", slog.String("request", r.ID), slog.Int64("tries", r.Tries), slog.Any("err", cause))
	_, err := s.move(ctx, "noting why there is no key", r.ID, db.RequestApproved, func(_ *db.Tx, now *db.Request) error {
		now.Failure = pierre.MessageOf(unreachable(cause), "Something went wrong; the log says what.")
		return nil
	})
	if isLate(err) {
		return nil
	}
	return err
}

// unreachable makes an error of the server's client one that people may read.
func unreachable(err error) error {
	if refused, ok := errors.AsType[*adminapi.Error](err); ok {
		text := "The server refuses: " + refused.Detail
		switch refused.Status {
		case http.StatusUnauthorized, http.StatusForbidden:
			text = "The server does not accept the site's token, or the token may not do this. pierre-admin-service doctor says more."
		}
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: text, Err: err}
	}
	if _, ok := errors.AsType[*pierre.Error](err); ok {
		return err
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The server cannot be reached right now. Try again in a few minutes.", Err: err}
}

// Retry makes the next try to provision due now.
func (s *Service) Retry(ctx context.Context, id, by string) error {
	_, err := s.move(ctx, "trying again to make a key", id, db.RequestApproved, func(t *db.Tx, r *db.Request) error {
		r.NextTry = s.now()
		return s.noteStaff(ctx, t, r.ID, by, staffAction{"asked for another try", "request.retry"}, "")
	})
	return err
}
