package access_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// unwritable is a store that cannot note who reads, and counts the questions to it.
type unwritable struct {
	*store.Store
	asked int
}

// CalendarReader implements [access.CalendarStore].
func (u *unwritable) CalendarReader(ctx context.Context, hash [32]byte, now time.Time, serves func(*pierre.APIKey) bool) (pierre.CalendarReader, error) {
	u.asked++
	return u.Store.CalendarReader(ctx, hash, now, serves)
}

// NoteCalendarRead implements [access.CalendarStore].
func (u *unwritable) NoteCalendarRead(context.Context, pierre.CalendarReader, time.Time) error {
	return errors.New("the disk is full")
}

// A calendar is served where the reading cannot be noted, and one that is read too often costs no more questions.
func TestCalendarsOfAnUnwritableStore(t *testing.T) {
	s := &unwritable{Store: storetest.New(t)}
	user, made := storetest.Users(t, s.Store, start, "ana@example.com")[0], access.GenerateToken(access.CalendarToken)
	if err := s.KeepCalendarSubscription(t.Context(), pierre.CalendarSubscription{UserID: user, Token: made.Hash(), Created: start}); err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	c := access.NewCalendars(s, func() time.Time { return start }, access.CalendarOptions{NoKeys: true, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	for i := range 120 {
		if got, err := c.Verify(t.Context(), made.Reveal()); err != nil || got.UserID != user {
			t.Fatalf("reading %d: %+v, %v", i, got, err)
		}
	}
	if text := logged.String(); !strings.Contains(text, "the disk is full") || strings.Contains(text, made.Reveal()) {
		t.Errorf("the log: %s", text)
	}
	for range 3 {
		if _, err := c.Verify(t.Context(), made.Reveal()); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("too often: %v", err)
		}
	}
	if s.asked != 120 {
		t.Errorf("the store was asked %d times", s.asked)
	}
}

// Wrong addresses of calendars are refused as wrong keys are, while right ones go on working, at a pace that programs have.
func TestCalendars(t *testing.T) {
	s := storetest.New(t)
	now := start
	users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
	token := func(user pierre.UserID) string {
		made := access.GenerateToken(access.CalendarToken)
		if err := s.KeepCalendarSubscription(t.Context(), pierre.CalendarSubscription{UserID: user, Token: made.Hash(), Created: now}); err != nil {
			t.Fatal(err)
		}
		return made.Reveal()
	}
	ana, bob := token(users[0]), token(users[1])
	c := access.NewCalendars(s, func() time.Time { return now }, access.CalendarOptions{NoKeys: true})
	from := func(addr, text string) pierre.Kind {
		t.Helper()
		_, err := c.Verify(access.WithClient(t.Context(), netip.MustParseAddr(addr)), text)
		if err == nil {
			return accepted
		}
		return pierre.KindOf(err)
	}
	for what, text := range map[string]string{"none": "", "cut off": ana[:len(ana)-1], "a key": guess(), "another kind": access.GenerateToken(access.AccessToken).Reveal()} {
		if got := from("192.0.2.9", text); got != pierre.KindNotFound {
			t.Errorf("%s: kind %v", what, got)
		}
	}
	wrong := func() string { return access.GenerateToken(access.CalendarToken).Reveal() }
	for i := range 60 {
		if got := from("192.0.2.1", wrong()); got != pierre.KindNotFound {
			t.Fatalf("wrong address %d: kind %v", i, got)
		}
	}
	if got := from("192.0.2.1", wrong()); got != pierre.KindRateLimited {
		t.Errorf("one too many: kind %v", got)
	}
	if got := from("192.0.2.1", ana); got != accepted {
		t.Errorf("a right one among wrong ones: kind %v", got)
	}
	if got := from("192.0.2.2", wrong()); got != pierre.KindNotFound {
		t.Errorf("somebody else's: kind %v", got)
	}
	for i := range 119 {
		if got := from("192.0.2.3", ana); got != accepted {
			t.Fatalf("reading %d: kind %v", i, got)
		}
	}
	_, err := c.Verify(t.Context(), ana)
	if pierre.KindOf(err) != pierre.KindRateLimited || pierre.RetryAfterOf(err, 0) <= 0 {
		t.Errorf("reading once more: %v", err)
	}
	if got := from("192.0.2.3", bob); got != accepted {
		t.Errorf("another's calendar: kind %v", got)
	}
	now = now.Add(time.Hour)
	if got := from("192.0.2.3", ana); got != accepted {
		t.Errorf("an hour later: kind %v", got)
	}
	if _, err := access.NewCalendars(s, time.Now, access.CalendarOptions{}).Verify(t.Context(), ana); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("of a user without a key: %v", err)
	}
}
