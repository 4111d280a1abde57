package access_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// An athleteStore is the real store, and counts how often it is asked.
type athleteStore struct {
	*store.Store

	asked  int
	before func() // is called between the store's answer and its return
}

func (s *athleteStore) EnsureAthlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName, most int, now time.Time) (pierre.UserID, error) {
	s.asked++
	id, err := s.Store.EnsureAthlete(ctx, customer, name, most, now)
	if s.before != nil {
		s.before()
	}
	return id, err
}

func named(name string) http.Header { return http.Header{pierre.HeaderAthlete: {name}} }

func TestAthletes(t *testing.T) {
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	var passed atomic.Int64 // s since then; the cache reads the clock on goroutines of its own
	clock := func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Second) }
	s := &athleteStore{Store: storetest.New(t)}
	acme, err := s.EnsureUser(t.Context(), "acme@example.com", now)
	if err != nil {
		t.Fatal(err)
	}
	athletes := access.NewAthletes(s, 2, clock)
	app := access.Principal{Customer: acme.ID, KeyID: "key_a", Type: pierre.KeyApplication}
	act := func(name string) pierre.UserID {
		t.Helper()
		p, err := athletes.ActFor(t.Context(), app, named(name))
		if err != nil || p.UserID == "" || p.Customer != acme.ID || p.KeyID != "key_a" {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
		return p.UserID
	}
	ana := act("ana")
	if act("ana") != ana || act("bob") == ana || s.asked != 2 {
		t.Errorf("the store was asked %d times", s.asked)
	}
	passed.Add(11)
	if act("ana") != ana || s.asked != 3 {
		t.Errorf("after 11 seconds, the store was asked %d times in all, want 3", s.asked)
	}
	_, err = athletes.ActFor(t.Context(), app, named("cy"))
	if pierre.KindOf(err) != pierre.KindDenied || !strings.Contains(err.Error(), "admits 2") {
		t.Errorf("one athlete too many: %v", err)
	}

	remove := func() {
		id, err := s.DeleteAthlete(t.Context(), pierre.Act{Person: "key_a", At: clock()}, acme.ID, "ana")
		if err != nil {
			t.Error(err)
		}
		athletes.AthleteDeleted(id)
	}
	remove()
	next := act("ana")
	if next == ana {
		t.Error("a deleted athlete is remembered")
	}
	// It is deleted while somebody looks for it: what was found is not remembered.
	passed.Add(11)
	s.before = func() { s.before = nil; remove() }
	act("ana")
	if last := act("ana"); last == next {
		t.Error("an athlete is remembered that was deleted while it was looked for")
	}
}

// Where no athlete is made, those of other customers and mistyped ones are not found.
func TestKnownAthletes(t *testing.T) {
	s := storetest.New(t)
	ids := storetest.Users(t, s, time.Now(), "acme@example.com", "other@example.com")
	all := access.NewAthletes(s, 2, time.Now)
	app, other := access.Principal{Customer: ids[0], Type: pierre.KeyApplication}, access.Principal{Customer: ids[1], Type: pierre.KeyApplication}
	known := all.Known()
	if _, err := known.ActFor(t.Context(), app, named("ana")); pierre.KindOf(err) != pierre.KindNotFound {
		t.Errorf("before she is made: %v", err)
	}
	made, err := all.ActFor(t.Context(), app, named("ana"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := known.ActFor(t.Context(), app, named("ana")); err != nil || p.UserID != made.UserID {
		t.Errorf("%+v, %v", p, err)
	}
	for name, c := range map[string]struct {
		who  access.Principal
		h    http.Header
		kind pierre.Kind
	}{
		"mistyped":           {app, named("Ana"), pierre.KindNotFound},
		"another customer's": {other, named("ana"), pierre.KindNotFound},
		"none named":         {app, http.Header{}, pierre.KindMalformed},
		"a person's key":     {access.Principal{Customer: ids[0], UserID: ids[0]}, named("ana"), pierre.KindMalformed},
	} {
		if p, err := known.ActFor(t.Context(), c.who, c.h); pierre.KindOf(err) != c.kind {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if page, err := s.Athletes(t.Context(), pierre.AthleteQuery{Customer: ids[1]}); err != nil || len(page.Athletes) != 0 {
		t.Errorf("%+v was made, %v", page, err)
	}
}

func TestAthletesOfPersons(t *testing.T) {
	athletes := access.NewAthletes(storetest.New(t), 2, time.Now)
	person := access.Principal{UserID: "user_a", Customer: "user_a", Type: pierre.KeyPersonal}
	if p, err := athletes.ActFor(t.Context(), person, http.Header{}); err != nil || p.UserID != "user_a" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, h := range []http.Header{named("ana"), named(""), {pierre.HeaderAthlete: {"a", "b"}}} {
		if _, err := athletes.ActFor(t.Context(), person, h); pierre.KindOf(err) != pierre.KindMalformed || !strings.Contains(err.Error(), "one person's") {
			t.Errorf("%v: %v", h, err)
		}
	}
	nobody := access.Principal{UserID: "user_a", Customer: "user_nobody", Type: pierre.KeyApplication}
	for _, h := range []http.Header{{}, named(""), named("a\n")} {
		if p, err := athletes.ActFor(t.Context(), nobody, h); pierre.KindOf(err) != pierre.KindMalformed || p.UserID != "" {
			t.Errorf("%v: %+v, %v", h, p, err)
		}
	}
	if p, err := athletes.ActFor(t.Context(), nobody, named("ana")); err == nil || p.UserID != "" {
		t.Errorf("the athlete of a customer that there is not: %+v, %v", p, err)
	}
}
