package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func keyPath(r *http.Request) string { return "/admin/keys/" + url.PathEscape(r.PathValue("id")) }

// changeLimits changes what the form of a key's page says. An empty limit is the tier's.
func (s *Service) changeLimits(w http.ResponseWriter, r *http.Request) error {
	values, err := form(w, r)
	if err != nil {
		return err
	}
	req, err := updateOf(values)
	if err == nil {
		_, err = s.as(r).Update(r.Context(), pierre.KeyID(r.PathValue("id")), req)
		err = of(err)
	}
	if problems := wrong(err); problems != nil {
		return s.showKey(w, r, http.StatusUnprocessableEntity, ui.Form{Values: values, Errors: problems})
	}
	if err != nil {
		return err
	}
	return done(w, r, keyPath(r), "The key was changed. Its next call is held to that.")
}

func updateOf(v url.Values) (req adminapi.UpdateRequest, err error) {
	if tier := pierre.Tier(v.Get("tier")); tier != "" {
		req.Tier = &tier
	}
	if name := v.Get("name"); name != "" {
		req.Name = &name
	}
	req.RateLimitRequests = adminapi.Nullable[int64]{Given: true}
	if text := strings.NewReplacer(",", "", " ", "").Replace(v.Get("rate_limit_requests")); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return req, pierre.Invalid("rate_limit_requests", "Write a whole number such as 10000, or nothing for the tier's limit.")
		}
		req.RateLimitRequests.Value = &n
		if period := pierre.Period(v.Get("rate_limit_period")); period != "" {
			req.RateLimitPeriod = &period
		}
	}
	req.ExpiresAt = adminapi.Nullable[string]{Given: true}
	if day := v.Get("expires_at"); day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return req, pierre.Invalid("expires_at", "Write a date such as 2027-01-31, or nothing for a key that does not expire.")
		}
		req.ExpiresAt.Value = new(at.Format(time.RFC3339))
	}
	return req, nil
}

type rotatedPage struct {
	Key   ui.Copy
	Name  string
	Back  string
	Until *time.Time // the old key works; nil: not any more
}

// rotate shows the new key once.
func (s *Service) rotate(w http.ResponseWriter, r *http.Request) error {
	values, err := form(w, r)
	if err != nil {
		return err
	}
	grace, err := strconv.ParseInt(values.Get("grace"), 10, 32)
	if err != nil {
		return pierre.Invalid("grace", "Choose when the old key ends.")
	}
	id := pierre.KeyID(r.PathValue("id"))
	old, err := s.as(r).Key(r.Context(), id)
	if err != nil {
		return of(err)
	}
	fresh, err := s.as(r).Rotate(r.Context(), id, adminapi.RotateRequest{GraceSeconds: &grace}, "")
	if err != nil {
		return of(err)
	}
	page := rotatedPage{Key: ui.Copy{ID: "key", Text: fresh.APIKey.Reveal()}, Name: titleOf(old), Back: "/admin/keys/" + string(fresh.APIKeyID)}
	if fresh.Replaces != nil && grace > 0 {
		page.Until = fresh.Replaces.ValidUntil
	}
	return s.pages.Page(w, r, http.StatusOK, "console/rotated", page)
}

// revokeWord confirms that a key is to be revoked.
const revokeWord = "REVOKE"

func (s *Service) revoke(w http.ResponseWriter, r *http.Request) error {
	values, err := form(w, r)
	if err != nil {
		return err
	}
	if values.Get("word") != revokeWord {
		return pierre.Invalid("word", "The key was not revoked: type %s to confirm.", revokeWord)
	}
	if _, err := s.as(r).Revoke(r.Context(), pierre.KeyID(r.PathValue("id"))); err != nil {
		return of(err)
	}
	return done(w, r, keyPath(r), "The key was revoked. It is refused from now on.")
}
