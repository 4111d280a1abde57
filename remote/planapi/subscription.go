package planapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// LogPath returns what logs show of a path: addresses of calendars are secret.
func LogPath(path string) string {
	if strings.HasPrefix(path, CalendarsPath) && path != subscriptionPath {
		return CalendarsPath + "….ics"
	}
	return path
}

// A Subscription says when an address was made and used.
type Subscription struct {
	Created time.Time  `json:"created_at"`
	Read    *time.Time `json:"last_read_at"` // to the minute; null: never
}

func subscriptionOf(c pierre.CalendarSubscription) Subscription {
	s := Subscription{Created: c.Created.Truncate(time.Second)}
	if !c.Read.IsZero() {
		s.Read = new(c.Read.Truncate(time.Minute))
	}
	return s
}

// A SubscriptionAnswer is about the address that there is, which is not shown again.
type SubscriptionAnswer struct {
	Success bool `json:"success"`
	Subscription
}

// A NewSubscription is the only answer that has an address.
type NewSubscription struct {
	SubscriptionAnswer

	Path     string        `json:"path"`                 // at the server, however it is reached
	URL      string        `json:"url,omitempty"`        // where the server knows how clients reach it
	Webcal   string        `json:"webcal_url,omitempty"` // the same, which a phone opens in its calendar
	Replaced *Subscription `json:"replaced"`             // whose address works no longer; null: there was none
}

func (s *Server) subscription(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	c, err := s.store.CalendarSubscription(r.Context(), who.UserID)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "No calendar program can subscribe yet: POST here makes an address.", Err: err}
	}
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, SubscriptionAnswer{true, subscriptionOf(c)})
}

// subscribe makes an address, in the place of an earlier one.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	if err := s.fromAnywhere(r, who.KeyID); err != nil {
		return err
	}
	var replaced *Subscription
	before, err := s.store.CalendarSubscription(r.Context(), who.UserID)
	switch {
	case err == nil:
		replaced = new(subscriptionOf(before))
	case pierre.KindOf(err) != pierre.KindNotFound:
		return err
	}
	token := access.GenerateToken(access.CalendarToken)
	c := pierre.CalendarSubscription{UserID: who.UserID, Token: token.Hash(), Created: s.opts.Now().UTC()}
	if err := s.store.KeepCalendarSubscription(r.Context(), c); err != nil {
		return err
	}
	answer := NewSubscription{SubscriptionAnswer: SubscriptionAnswer{true, subscriptionOf(c)}, Path: CalendarsPath + token.Reveal() + ".ics", Replaced: replaced}
	if s.opts.PublicURL != "" {
		answer.URL = strings.TrimSuffix(s.opts.PublicURL, "/") + answer.Path
		_, rest, _ := strings.Cut(answer.URL, "://")
		answer.Webcal = "webcal://" + rest
	}
	return web.WriteJSON(w, http.StatusCreated, answer)
}

// fromAnywhere refuses a key that is restricted to networks: calendar programs read from others.
func (s *Server) fromAnywhere(r *http.Request, id pierre.KeyID) error {
	if id == "" { // a personal server has no keys
		return nil
	}
	key, err := s.store.APIKey(r.Context(), id)
	if err == nil && key.InForce().Networks != nil {
		err = &pierre.Error{Kind: pierre.KindDenied, Msg: "This API key may be used from some networks only, and the address of a calendar works from everywhere."}
	}
	return err
}

func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	who, err := s.reader(r)
	if err != nil {
		return err
	}
	if err := s.store.DeleteCalendarSubscription(r.Context(), who.UserID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// feed serves a calendar at its secret address. Programs ask again and again: they are told how long what they have is good,
// and nothing else if it has not changed.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) error {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		token = "" // is refused like any other that is not known
	}
	c, err := s.readers.Verify(r.Context(), token)
	if err != nil {
		return err
	}
	web.Claim(r.Context(), string(c.UserID))
	f, err := s.inTurn(r, s.calendar, c.UserID, c.Customer)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(f.content)
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Disposition", `inline; filename="training.ics"`)
	h.Set("Cache-Control", "private, max-age=900") // the calendar itself asks programs to come back after an hour
	h.Set("Etag", `"`+base64.RawURLEncoding.EncodeToString(sum[:16])+`"`)
	h.Set("X-Robots-Tag", "noindex")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
	return nil
}
