package adminapi

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An UpdateRequest changes the fields that are there. null resets a limit to the tier's, ends an
// expiry, and allows all tools.
type UpdateRequest struct {
	Tier *pierre.Tier `json:"tier,omitempty"`

	Settings
}

// Validate reports what is wrong whatever the key is.
func (u UpdateRequest) Validate() error {
	if reflect.ValueOf(u).IsZero() {
		return pierre.Invalid("", "The request changes nothing; give at least one of %s.", strings.Join(u.members(), ", "))
	}
	return nil
}

// members returns the names of all that a request may change.
func (u UpdateRequest) members() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(u)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[UpdateRequest](w, r)
	if err == nil {
		err = req.knownTools(s.opts.Tools)
	}
	if err != nil {
		return err
	}
	id, err := keyID(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	var plan *pierre.Plan
	if req.Tier != nil {
		to, err := s.store.Plan(r.Context(), *req.Tier)
		if err != nil {
			return err
		}
		plan = &to
	}
	var before []string
	k, err := s.store.UpdateAPIKey(r.Context(), act, id, func(k *pierre.APIKey) error {
		before = k.InForce().Tools
		return req.change(k, plan, act.At)
	})
	if err != nil {
		return err
	}
	if pierre.Narrowed(before, k.InForce().Tools) {
		s.opts.Keys.Revoked(k.ID)
	} else {
		s.opts.Keys.Changed(k.ID)
	}
	return web.WriteJSON(w, http.StatusOK, KeyAnswer{Success: true, APIKey: viewOf(k, s.now())})
}

// change changes k. A key that is over for good stays as it was.
func (u UpdateRequest) change(k *pierre.APIKey, to *pierre.Plan, now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key is revoked and cannot be changed; provision a new one."}
	case k.ReplacedBy != "":
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key was rotated; change its successor " + string(k.ReplacedBy) + "."}
	}
	if to != nil {
		k.Move(*to, now)
		if u.RateLimitRequests.Given { // its period, too, is not of the limit before
			k.Limit = pierre.Limit{}
		}
	}
	return u.apply(k, now)
}
