package requests

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
)

// move changes a request that is in state from. change sets what is new in it and does what belongs to the same
// transaction; it may be run again. If the request is in another state, or somebody changes it at the same moment, the
// error is [pierre.KindConflict] and says what became of it.
func (s *Service) move(ctx context.Context, what, id string, from db.RequestState, change func(t *db.Tx, r *db.Request) error) (db.Request, error) {
	var moved db.Request
	err := s.db.Update(ctx, what, func(t *db.Tx) error {
		r, err := s.db.RequestIn(ctx, t, id)
		if err != nil {
			return err
		}
		if r.State != from {
			return s.late(r)
		}
		moved = r
		if err := change(t, &moved); err != nil {
			return err
		}
		moved.Changed = s.now()
		saved, err := s.db.SaveRequest(ctx, t, moved, from)
		if err == nil && !saved {
			err = s.late(r)
		}
		moved.Version++
		return err
	})
	return moved, err
}

// late is the error for whoever comes after somebody else.
func (s *Service) late(r db.Request) error {
	ago := func(t time.Time) string { return human.Duration(s.now().Sub(t)) + " ago" }
	var text string
	switch r.State {
	case db.RequestApproved, db.RequestProvisioned, db.RequestClaimed:
		text = fmt.Sprintf("%s approved this request %s.", r.DecidedBy, ago(r.Decided))
	case db.RequestRejected:
		text = fmt.Sprintf("%s rejected this request %s.", r.DecidedBy, ago(r.Decided))
	case db.RequestWithdrawn:
		text = "This request was withdrawn " + ago(r.Changed) + " by who made it."
	case db.RequestExpired:
		text = "This request expired " + ago(r.Changed) + "."
	case db.RequestVerified:
		text = "This request was changed a moment ago. Look at it again before you decide."
	default:
		text = "The address of this request is not confirmed yet."
	}
	return &pierre.Error{Kind: pierre.KindConflict, Msg: text}
}

// isLate reports whether err means that somebody else was faster.
func isLate(err error) bool { return pierre.KindOf(err) == pierre.KindConflict }
