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
	var before []string
	k, err := s.store.UpdateAPIKey(r.Context(), act, id, func(k *pierre.APIKey) error {
		before = k.Tools
		return req.change(k, act.At)
	})
	if err != nil {
		return err
	}
	if pierre.Narrowed(before, k.Tools) {
		s.opts.Keys.Revoked(k.ID)
	} else {
		s.opts.Keys.Changed(k.ID)
	}
	return web.WriteJSON(w, http.StatusOK, KeyAnswer{true, viewOf(k, s.now())})
}

// change changes k. A key that is over for good stays as it was.
func (u UpdateRequest) change(k *pierre.APIKey, now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key is revoked and cannot be changed; provision a new one."}
	case k.ReplacedBy != "":
		return &pierre.Error{Kind: pierre.KindConflict, Msg: "This key was rotated; change its successor " + string(k.ReplacedBy) + "."}
	}
	if err := u.changeTier(k, now); err != nil {
		return err
	}
	return u.apply(k, now)
}

// changeTier sets the new tier's limit and lifetime; what the request says of them itself is applied after it. A limit that
// was chosen for this key stays, until the request resets it.
func (u UpdateRequest) changeTier(k *pierre.APIKey, now time.Time) error {
	if u.Tier == nil {
		return nil
	}
	tier, err := pierre.ParseTier(string(*u.Tier))
	if err != nil {
		return err
	}
	if chosen := k.Limit != k.Tier.Limit(); !chosen || u.RateLimitRequests.Given {
		k.Limit = tier.Limit()
	}
	k.Expires = lifetime(k, tier, now)
	k.Tier = tier
	return nil
}

// lifetime returns when k expires in the new tier. A key that becomes a trial's ends with a trial's 14 days at the latest.
// One that was a trial's does not end with them any more; an expiry beyond them was chosen for this key, and stays.
func lifetime(k *pierre.APIKey, tier pierre.Tier, now time.Time) time.Time {
	end := now.Add(pierre.TrialLifetime).Truncate(time.Second)
	within := !k.Expires.IsZero() && !k.Expires.After(end)
	switch {
	case tier == k.Tier:
		return k.Expires
	case tier == pierre.TierTrial && !within:
		return end
	case k.Tier == pierre.TierTrial && within:
		return time.Time{}
	default:
		return k.Expires
	}
}
