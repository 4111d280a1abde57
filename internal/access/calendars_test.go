package access_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

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
