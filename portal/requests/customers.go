package requests

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// Upgrade makes a request for another tier of a customer whose address is known to be theirs, so that it waits for a
// decision at once. A decision gives the customer another key.
func (s *Service) Upgrade(ctx context.Context, email string, tier pierre.Tier, why string) error {
	tiers, err := s.offered(ctx)
	if err != nil {
		return err
	}
	sub, wrong := Submission{Email: email, Tier: tier, UseCase: why}.check(tiers)
	if err := firstOf(wrong); err != nil {
		return err
	}
	settings, err := s.settings(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	info := s.asked(ctx, "", tier)
	return s.db.Apply(ctx, "keeping a request", func(t *db.Tx) error {
		n, err := s.db.Count(ctx, t, "upgrades of "+sub.Email, now, now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n > perAddressDay {
			return &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: time.Hour, Msg: "You asked often enough today. We will look at what you sent."}
		}
		r := db.Request{
			ID: newID(), Email: sub.Email, UseCase: sub.UseCase, Tier: tier, State: db.RequestSubmitted, Version: 1,
			Created: now, VerifyHash: db.HashToken(newToken()), VerifyUntil: now,
		}
		if err := s.db.AddRequest(ctx, t, r); err != nil {
			return err
		}
		verified := r
		verified.State, verified.Verified, verified.Changed = db.RequestVerified, now, now
		if _, err := s.db.SaveRequest(ctx, t, verified, db.RequestSubmitted); err != nil {
			return err
		}
		if err := s.note(ctx, t, r.ID, actorRequester, "asked for another plan", ""); err != nil {
			return err
		}
		m, err := settings.Texts.Received(r.Email, info, settings.Within)
		if err != nil {
			return err
		}
		return s.outbox.Enqueue(ctx, t, m)
	})
}

// A Waiting is a request of a customer that nobody has decided yet.
type Waiting struct {
	ID       string
	Plan     string // that was asked for, as people read it
	Made     time.Time
	Question bool // the customer was asked something by mail and has not answered
}

// Waiting returns the requests of a customer that wait for a decision, the newest first.
func (s *Service) Waiting(ctx context.Context, email string) ([]Waiting, error) {
	list, err := s.db.RequestsOf(ctx, email)
	if err != nil {
		return nil, err
	}
	var waiting []Waiting
	for _, r := range list {
		if r.State == db.RequestVerified {
			waiting = append(waiting, Waiting{r.ID, ui.Capital(string(r.Tier)), r.Created, r.AnswerHash != "" && s.now().Before(r.AnswerUntil)})
		}
	}
	return waiting, nil
}

// WithdrawOwn ends a request of a customer who is signed in, if nobody has decided it. Another's is not found.
func (s *Service) WithdrawOwn(ctx context.Context, email, id string) error {
	r, err := s.db.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Email != email {
		return pierre.NotFound("This request")
	}
	if r.State == db.RequestWithdrawn { // by a click before
		return nil
	}
	_, err = s.withdrawn(ctx, r)
	return err
}

// Erase deletes the requests of a customer who deletes the account.
func (s *Service) Erase(ctx context.Context, email string) error {
	return s.db.DeleteRequestsOf(ctx, email)
}

// An Exported is a request as its customer gets it.
type Exported struct {
	Made    time.Time       `json:"made"`
	Company string          `json:"company"`
	UseCase string          `json:"use_case"`
	Tier    pierre.Tier     `json:"tier"`
	State   db.RequestState `json:"state"`
	Reason  string          `json:"reason,omitempty"`
}

// Export returns the requests of a customer, for the export of all data.
func (s *Service) Export(ctx context.Context, email string) ([]Exported, error) {
	list, err := s.db.RequestsOf(ctx, email)
	if err != nil {
		return nil, err
	}
	all := make([]Exported, len(list))
	for i, r := range list {
		all[i] = Exported{r.Created, r.Company, r.UseCase, r.Tier, r.State, r.Reason}
	}
	return all, nil
}

// firstOf makes an error of the first field that is wrong, nil if none is.
func firstOf(wrong map[string]string) error {
	for _, field := range []string{"email", "tier", "use_case"} {
		if text := wrong[field]; text != "" {
			return pierre.Invalid(field, "%s", text)
		}
	}
	return nil
}
