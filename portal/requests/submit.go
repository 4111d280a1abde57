package requests

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

const (
	maxCompany = 100  // characters
	maxUseCase = 1000 // characters
	minUseCase = 20   // characters

	perNetworkHour = 10 // submissions
	perNetworkDay  = 30
	perAddressDay  = 3 // mails with a link to confirm the address
)

// A Submission is what a visitor typed.
type Submission struct {
	Email, Company, UseCase string
	Tier                    pierre.Tier
	Network                 string // that it comes from; "": not limited
}

// check returns the submission as it is kept, and what is wrong by the fields of the form.
func (sub Submission) check(tiers []TierInfo) (Submission, map[string]string) {
	wrong := map[string]string{}
	email, err := pierre.NormalizeEmail(sub.Email)
	if err != nil {
		wrong["email"] = "Enter one e-mail address, such as ana@example.com."
	}
	sub.Email = email
	sub.Company, sub.UseCase = strings.TrimSpace(sub.Company), strings.TrimSpace(strings.ReplaceAll(sub.UseCase, "\r\n", "\n"))
	if utf8.RuneCountInString(sub.Company) > maxCompany || !pierre.OneLine(sub.Company) {
		wrong["company"] = "At most 100 characters, in one line."
	}
	switch n := utf8.RuneCountInString(sub.UseCase); {
	case n < minUseCase:
		wrong["use_case"] = "Tell us a little more: a sentence or two about what you want to do."
	case n > maxUseCase:
		wrong["use_case"] = "At most 1,000 characters."
	}
	known := false
	for _, t := range tiers {
		known = known || t.Name == sub.Tier
	}
	if !known {
		wrong["tier"] = "Choose one of the plans."
	}
	return sub, wrong
}

// Submit takes a request and mails a link to confirm its address. What it does, and how long that takes, does not depend
// on what is known of the address: whether it is a customer's is not looked at. If too much comes from the network the
// error is [pierre.KindRateLimited]; what is too much for the address gets no mail. id is for Resend.
func (s *Service) Submit(ctx context.Context, sub Submission) (id string, err error) {
	settings, err := s.settings(ctx)
	if err != nil {
		return "", err
	}
	now := s.now()
	err = s.db.Apply(ctx, "keeping a request", func(t *db.Tx) error {
		if err := s.limitNetwork(ctx, t, "requests from ", sub.Network, now); err != nil {
			return err
		}
		token := newToken()
		r := db.Request{
			ID: newID(), Email: sub.Email, Company: sub.Company, UseCase: sub.UseCase, Tier: sub.Tier,
			State: db.RequestSubmitted, Version: 1, Created: now, VerifyHash: db.HashToken(token), VerifyUntil: now.Add(verifyWithin),
		}
		id = r.ID
		if err := s.db.AddRequest(ctx, t, r); err != nil {
			return err
		}
		if err := s.note(ctx, t, r.ID, actorRequester, "submitted", ""); err != nil {
			return err
		}
		_, err := s.mailVerify(ctx, t, settings, r, token)
		return err
	})
	return id, err
}

// limitNetwork counts what comes from a network.
func (s *Service) limitNetwork(ctx context.Context, t *db.Tx, what, network string, now time.Time) error {
	if network == "" {
		return nil
	}
	hour, err := s.db.Count(ctx, t, what+network, now, now.Add(-time.Hour))
	if err != nil {
		return err
	}
	day, err := s.db.CountSince(ctx, t, what+network, now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if hour > perNetworkHour || day > perNetworkDay {
		return &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: time.Hour, Msg: "Too much came from your network. Try again in an hour, or from another one."}
	}
	return nil
}

// mailVerify mails the link that confirms the address, unless the address got enough of them today.
func (s *Service) mailVerify(ctx context.Context, t *db.Tx, settings Settings, r db.Request, token string) (mailed bool, err error) {
	now := s.now()
	n, err := s.db.Count(ctx, t, "mails to "+r.Email, now, now.Add(-24*time.Hour))
	if err != nil || n > perAddressDay {
		return false, err
	}
	m, err := settings.Texts.Verify(r.Email, token, r.VerifyUntil)
	if err != nil {
		return false, err
	}
	return true, s.outbox.Enqueue(ctx, t, m)
}

// errEnough is why nothing is mailed, which nobody is told.
var errEnough = errors.New("the address got enough mails today")

// Resend mails a new link to confirm the address of a request; the one before ends, unless the address got enough of them
// today: then nothing is mailed or kept, and the last link that was goes on working. For ids that are of no request which
// waits for that, it does nothing: whoever has the id of one made it. If too much comes from the network the error is
// [pierre.KindRateLimited].
func (s *Service) Resend(ctx context.Context, id, network string) error {
	settings, err := s.settings(ctx)
	if err != nil {
		return err
	}
	if err := s.db.Apply(ctx, "counting links", func(t *db.Tx) error { return s.limitNetwork(ctx, t, "links for ", network, s.now()) }); err != nil {
		return err
	}
	_, err = s.move(ctx, "sending a link again", id, db.RequestSubmitted, func(t *db.Tx, r *db.Request) error {
		token := newToken()
		r.VerifyHash, r.VerifyUntil = db.HashToken(token), s.now().Add(verifyWithin)
		mailed, err := s.mailVerify(ctx, t, settings, *r, token)
		if err != nil {
			return err
		}
		if !mailed {
			return errEnough
		}
		return s.note(ctx, t, r.ID, actorRequester, "asked for another link", "")
	})
	if pierre.KindOf(err) == pierre.KindNotFound || isLate(err) || errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// Verify confirms the address of the request that the token is of. To confirm it again changes nothing.
func (s *Service) Verify(ctx context.Context, token string) (db.Request, error) {
	r, err := s.db.RequestByVerifyToken(ctx, token)
	if err != nil || r.State != db.RequestSubmitted {
		return r, err
	}
	if !s.now().Before(r.VerifyUntil) {
		return r, &pierre.Error{Kind: pierre.KindConflict, Msg: "This link has expired. Ask for a new one."}
	}
	settings, err := s.settings(ctx)
	if err != nil {
		return r, err
	}
	info := s.asked(ctx, r.Company, r.Tier)
	return s.move(ctx, "confirming an address", r.ID, db.RequestSubmitted, func(t *db.Tx, r *db.Request) error {
		r.State, r.Verified = db.RequestVerified, s.now()
		if err := s.note(ctx, t, r.ID, actorRequester, "confirmed the address", ""); err != nil {
			return err
		}
		m, err := settings.Texts.Received(r.Email, info, settings.Within)
		if err != nil {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
}

// Withdraw ends the request that the token of the link to confirm its address is of, if nobody has decided it.
func (s *Service) Withdraw(ctx context.Context, token string) (db.Request, error) {
	r, err := s.db.RequestByVerifyToken(ctx, token)
	if err != nil || r.State == db.RequestWithdrawn {
		return r, err
	}
	return s.withdrawn(ctx, r)
}

func (s *Service) withdrawn(ctx context.Context, r db.Request) (db.Request, error) {
	if r.State != db.RequestSubmitted && r.State != db.RequestVerified {
		return r, &pierre.Error{Kind: pierre.KindConflict, Msg: "Your request was decided already."}
	}
	return s.move(ctx, "withdrawing a request", r.ID, r.State, func(t *db.Tx, r *db.Request) error {
		r.State, r.FirstBy, r.AnswerHash = db.RequestWithdrawn, "", ""
		return s.note(ctx, t, r.ID, actorRequester, "withdrew the request", "")
	})
}
