package requests

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const linksPerDay = 5 // to the page of one key

// mailClaim mails a new link under which the key is shown. It ends the links before.
func (s *Service) mailClaim(ctx context.Context, t *db.Tx, settings Settings, r db.Request, info mail.RequestInfo) error {
	token, until := newToken(), s.now().Add(claimWithin)
	if _, err := s.db.AddClaim(ctx, t, r.ID, token, until); err != nil {
		return err
	}
	m, err := settings.Texts.Approved(r.Email, info, token, until)
	if err != nil {
		return err
	}
	return s.outbox.Enqueue(ctx, t, m)
}

// A ClaimState says what a link to a key is good for.
type ClaimState string

// The states of a link.
const (
	ClaimReady    ClaimState = "ready"    // its button shows the key
	ClaimShown    ClaimState = "shown"    // it showed the key
	ClaimReplaced ClaimState = "replaced" // a newer link was mailed
	ClaimExpired  ClaimState = "expired"
)

// Claim returns what a link is good for, and its request.
func (s *Service) Claim(ctx context.Context, token string) (db.Claim, db.Request, ClaimState, error) { //nolint:revive // a link, whose it is and its state belong together
	c, err := s.db.ClaimByToken(ctx, token)
	if err != nil {
		return c, db.Request{}, "", err
	}
	r, err := s.db.Request(ctx, c.RequestID)
	state := ClaimReady
	switch {
	case !c.Shown.IsZero():
		state = ClaimShown
	case !c.Last:
		state = ClaimReplaced
	case !s.now().Before(c.Until):
		state = ClaimExpired
	}
	return c, r, state, err
}

// errShown is the error of a link that is good for nothing any more.
func errShown() error {
	return &pierre.Error{Kind: pierre.KindConflict, Msg: "This link cannot show the key any more. Its page says why, and sends a new one."}
}

// Reveal returns the key of a link, once. It is a successor of the one before, which ends.
//
// A Reveal that ends between the server's answer and the note that the key was shown can be repeated: for a day the server
// gives the same answer to the same link.
func (s *Service) Reveal(ctx context.Context, token string) (secret.String, db.Request, error) {
	c, r, state, err := s.Claim(ctx, token)
	if err != nil {
		return secret.String{}, r, err
	}
	if state != ClaimReady {
		return secret.String{}, r, errShown()
	}
	if r.State == db.RequestApproved { // the worker did not come to it yet
		if err := s.provisionOne(ctx, r); err != nil {
			return secret.String{}, r, err
		}
		if r, err = s.db.Request(ctx, r.ID); err != nil {
			return secret.String{}, r, err
		}
	}
	if r.KeyID == "" {
		return secret.String{}, r, &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: time.Minute, Msg: "Your key is being made. Try again in a minute: the link stays good."}
	}
	fresh, err := s.successor(ctx, r.KeyID, fmt.Sprintf("claim-%s-%d", r.ID, c.Number))
	if err != nil {
		return secret.String{}, r, unreachable(err)
	}
	r, err = s.shown(ctx, r, c, fresh)
	if err != nil {
		return secret.String{}, r, err
	}
	return secret.New(fresh.APIKey.Reveal()), r, nil
}

// shown notes that a key is shown.
func (s *Service) shown(ctx context.Context, r db.Request, c db.Claim, fresh adminapi.FreshKey) (db.Request, error) {
	return s.move(ctx, "showing a key", r.ID, r.State, func(t *db.Tx, now *db.Request) error {
		first, err := s.db.ShowClaim(ctx, t, c, s.now())
		if err != nil {
			return err
		}
		if !first {
			return errShown()
		}
		now.State, now.KeyID = db.RequestClaimed, fresh.APIKeyID
		if now.Claimed.IsZero() {
			now.Claimed = s.now()
		}
		return s.note(ctx, t, r.ID, actorRequester, "was shown the key", string(fresh.APIKeyID))
	})
}

// successor rotates a key without grace. If it was rotated already, by an earlier try that was not noted or by its holder,
// it rotates the key that took its place.
func (s *Service) successor(ctx context.Context, id pierre.KeyID, once string) (adminapi.FreshKey, error) {
	const most = 100 // rotations since
	for range most {
		fresh, err := s.server.Rotate(ctx, id, adminapi.RotateRequest{GraceSeconds: new(int64)}, once)
		if refused, ok := errors.AsType[*adminapi.Error](err); !ok || refused.Status != http.StatusConflict {
			return fresh, err
		}
		k, found := s.server.Key(ctx, id)
		switch {
		case found != nil:
			return adminapi.FreshKey{}, found
		case k.ReplacedBy == nil:
			return adminapi.FreshKey{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "This key has ended, so no link shows it any more. Ask for another one, or write to us."}
		}
		id = *k.ReplacedBy
	}
	return adminapi.FreshKey{}, &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The key was rotated too often. Write to us."}
}

// NewClaim mails a new link to the key of a request to its address. Whoever presses its button gets another key, and the
// one before ends. by is who of the staff asked for it, "" for who has a link.
func (s *Service) NewClaim(ctx context.Context, id, by string) error {
	settings, err := s.settings(ctx)
	if err != nil {
		return err
	}
	r, err := s.db.Request(ctx, id)
	if err != nil {
		return err
	}
	switch r.State {
	case db.RequestApproved, db.RequestProvisioned, db.RequestClaimed:
	default:
		return s.late(r)
	}
	p, err := parsePlan(r.Plan)
	if err != nil {
		return err
	}
	info, asked := s.granted(ctx, r.Company, p), "asked for a new link to the key"
	_, err = s.move(ctx, "sending a link to a key", id, r.State, func(t *db.Tx, r *db.Request) error {
		n, err := s.db.Count(ctx, t, "links of "+id, s.now(), s.now().Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n > linksPerDay {
			return &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: time.Hour, Msg: "Enough links were mailed today. Look into your mailbox, or try again tomorrow."}
		}
		if by == "" {
			err = s.note(ctx, t, id, actorRequester, asked, "")
		} else {
			err = s.noteStaff(ctx, t, id, by, staffAction{asked, "request.link"}, "")
		}
		if err != nil {
			return err
		}
		return s.mailClaim(ctx, t, settings, *r, info)
	})
	return err
}
