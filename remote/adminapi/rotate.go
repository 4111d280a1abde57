package adminapi

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const maxGraceSeconds = 30 * 24 * 60 * 60

// A RotateRequest says how long the old key lives on. There is no default: 0 may break its holder, anything else
// leaves a leaked key open.
type RotateRequest struct {
	GraceSeconds *int64 `json:"grace_seconds"`
}

// Validate reports what is wrong with the request.
func (q RotateRequest) Validate() error {
	if q.GraceSeconds == nil || *q.GraceSeconds < 0 || *q.GraceSeconds > maxGraceSeconds {
		return pierre.Invalid("grace_seconds",
			"grace_seconds is required: how long the old key stays valid, from 0 (it ends at once) to %d (30 days).", maxGraceSeconds)
	}
	return nil
}

// rotate makes a successor with the old key's user, tier, rules and expiry.
func (s *Server) rotate(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[RotateRequest](w, r)
	if err != nil {
		return err
	}
	act, err := s.actOnce(r, caller, req)
	if err != nil {
		return err
	}
	id, err := keyID(r)
	if err != nil {
		return err
	}
	var fresh access.Key
	var end ReplacedKey
	sealed, repeated, err := s.store.RotateAPIKey(r.Context(), act, id,
		func(old *pierre.APIKey) (pierre.APIKey, error) {
			next := *old
			fresh = access.GenerateKey(old.Plan.Mode)
			equip(&next, fresh)
			next.LastUsed = time.Time{}
			if err := old.Replace(next.ID, time.Duration(*req.GraceSeconds)*time.Second, act.At); err != nil {
				return pierre.APIKey{}, err
			}
			end = ReplacedKey{old.ID, endOf(*old)}
			return next, nil
		},
		func(next pierre.APIKey) ([]byte, error) {
			answer := freshAnswer(next, fresh)
			answer.Replaces = &end
			return s.seal(act, answer)
		})
	if err != nil {
		return err
	}
	if *req.GraceSeconds == 0 {
		s.opts.Keys.Revoked(id)
	} else {
		s.opts.Keys.Changed(id)
	}
	return s.answerOnce(w, act, sealed, repeated)
}

// endOf returns when a replaced key ends.
func endOf(k pierre.APIKey) *time.Time {
	if !k.Revoked.IsZero() {
		return instant(k.Revoked)
	}
	return instant(k.Expires)
}
